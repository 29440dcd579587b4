// Purpose: which of some ids are no ProductType node of ours: names the culprits when fewer rows were written than sent.
// Parameters: ids: list of string.
// Result: id: string; foreign: boolean, there is a node, but somebody else made it; at most five.
// Cost: one index seek per id.
UNWIND $ids AS id
OPTIONAL MATCH (n:ProductType {id: id})
WITH id, n
WHERE n.h IS NULL
RETURN DISTINCT id AS id, n IS NOT NULL AS foreign
LIMIT 5
