// Purpose: delete ProductType-IN_THEME->Theme relationships that this project wrote (they carry h).
// Parameters: rows: list of {s: source id, t: target id}.
// Result: deleted: how many relationships are gone.
// Cost: two index seeks per row and the expansion of one end.
UNWIND $rows AS row
MATCH (s:ProductType {id: row.s})-[r:IN_THEME]->(t:Theme {id: row.t})
WHERE r.h IS NOT NULL
DELETE r
RETURN count(r) AS deleted
