// Purpose: mark ProductType-SUBSTITUTES->ProductType relationships that this project wrote (they carry h) as gone from a generation on.
// Parameters: rows: list of {s: source id, t: target id}; n: integer, the first generation without them.
// Result: written: how many are marked now.
// Cost: two index seeks per row and the expansion of one end.
UNWIND $rows AS row
MATCH (s:ProductType {id: row.s})-[r:SUBSTITUTES]->(t:ProductType {id: row.t})
WHERE r.h IS NOT NULL AND coalesce(r.until, $n) = $n
SET r.until = $n
RETURN count(r) AS written
