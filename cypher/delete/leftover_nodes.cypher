// Purpose: delete nodes of ours that are gone since before the oldest kept generation and that no note names.
//   A node stays when somebody's own relationship hangs on it or it has a property that is not ours.
// Parameters: oldest: integer, the oldest generation that is kept; ours: list of string, the properties that this
//   project writes; k: how many at most.
// Result: deleted: how many are gone; call it again until it is 0.
// Cost: one scan of our labels; for repairs.
MATCH (n:Intent|ProductType|Product|Theme)
WHERE n.h IS NOT NULL AND n.until <= $oldest AND NOT EXISTS { (n)--() } AND all(k IN keys(n) WHERE k IN $ours)
WITH n LIMIT $k
DELETE n
RETURN count(n) AS deleted
