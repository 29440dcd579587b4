// Purpose: delete Theme nodes that are gone since a generation that nobody reads any more.
//   A node stays when somebody's own relationship hangs on it or it has a property that is not ours.
// Parameters: rows: list of {id: string}; until: integer, the generation they are gone from;
//   ours: list of string, the properties that this project writes.
// Result: found: how many of them are still there; deleted: how many of those are gone now.
// Cost: one index seek per row.
UNWIND $rows AS row
MATCH (n:Theme {id: row.id})
WHERE n.h IS NOT NULL AND n.until = $until
WITH n, NOT EXISTS { (n)--() } AND all(k IN keys(n) WHERE k IN $ours) AS free
FOREACH (gone IN CASE WHEN free THEN [n] ELSE [] END | DELETE gone)
RETURN count(free) AS found, sum(CASE WHEN free THEN 1 ELSE 0 END) AS deleted
