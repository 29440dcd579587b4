// Purpose: mark the selected edges as approved: a person finds it right. review, review_at and review_by are the
//   reader's own: no load touches them, and a changed edge keeps them.
// Parameters: relationships: list of string, the element ids of the selected relationships; Bloom fills it in.
// Result: path: the edge with both ends. review_at is in epoch milliseconds.
// Cost: one seek per selected relationship.
MATCH path = (a)-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b)
WHERE elementId(r) IN $relationships AND r.h IS NOT NULL
SET r.review = 'approved', r.review_at = timestamp()
RETURN path
LIMIT 1000
