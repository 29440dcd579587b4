// Purpose: which of some ids are no Theme node: names the culprits when fewer rows were written than sent.
// Parameters: ids: list of string.
// Result: id: string; at most five.
// Cost: one index seek per id.
UNWIND $ids AS id
OPTIONAL MATCH (n:Theme {id: id})
WITH id, n
WHERE n IS NULL
RETURN DISTINCT id AS id
LIMIT 5
