// Purpose: how much of ours is in the graph that no kept generation shows, how much of it the notes name, and how many
//   relationships of our types somebody else made.
// Parameters: oldest: integer, the oldest generation that is kept.
// Result: what: 'edges', 'nodes', 'noted edges', 'noted nodes' or 'foreign edges'; n: integer.
// Cost: scans of the relationships and of our labels; for checks.
MATCH ()-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH|IS_A|HAS_THEME|IN_THEME]->()
WHERE r.h IS NOT NULL AND r.until <= $oldest
WITH count(r) AS n
RETURN 'edges' AS what, n AS n
UNION ALL
MATCH (n:Intent|ProductType|Product|Theme)
WHERE n.h IS NOT NULL AND n.until <= $oldest
WITH count(n) AS n
RETURN 'nodes' AS what, n AS n
UNION ALL
MATCH (j:KgRetired)
WHERE j.until <= $oldest AND size(j.t) > 0
WITH coalesce(sum(size(j.s)), 0) AS n
RETURN 'noted edges' AS what, n AS n
UNION ALL
MATCH (j:KgRetired)
WHERE j.until <= $oldest AND size(j.t) = 0
WITH coalesce(sum(size(j.s)), 0) AS n
RETURN 'noted nodes' AS what, n AS n
UNION ALL
MATCH (:Intent|ProductType|Product|Theme)-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH|IS_A|HAS_THEME|IN_THEME]->()
WHERE r.h IS NULL
WITH count(r) AS n
RETURN 'foreign edges' AS what, n AS n
