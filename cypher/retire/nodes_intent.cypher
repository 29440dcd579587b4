// Purpose: mark Intent nodes that this project wrote (they carry h) as gone from a generation on.
// Parameters: rows: list of {id: string}; n: integer, the first generation without them.
// Result: written: how many are marked now.
// Cost: one index seek per row.
UNWIND $rows AS row
MATCH (n:Intent {id: row.id})
WHERE n.h IS NOT NULL AND coalesce(n.until, $n) = $n
SET n.until = $n
RETURN count(n) AS written
