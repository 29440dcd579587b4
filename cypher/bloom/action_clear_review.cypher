// Purpose: take the mark off the selected edges.
// Parameters: relationships: list of string, the element ids of the selected relationships; Bloom fills it in.
// Result: path: the edge with both ends.
// Cost: one seek per selected relationship.
MATCH path = (a)-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b)
WHERE elementId(r) IN $relationships AND r.h IS NOT NULL
SET r.review = null, r.review_at = null, r.review_by = null
RETURN path
LIMIT 1000
