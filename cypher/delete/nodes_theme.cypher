// Purpose: delete Theme nodes that this project wrote (they carry h) and that nothing hangs on any more.
//   A node that somebody's own relationship is attached to stays.
// Parameters: rows: list of {id: string}.
// Result: deleted: how many nodes are gone.
// Cost: one index seek per row.
UNWIND $rows AS row
MATCH (n:Theme {id: row.id})
WHERE n.h IS NOT NULL AND NOT EXISTS { (n)--() }
DELETE n
RETURN count(n) AS deleted
