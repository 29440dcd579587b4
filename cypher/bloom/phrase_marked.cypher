// Purpose: edges between types that somebody approved or rejected here, the newest first.
// Parameters: none.
// Result: path: the edge with both ends; its review says approved or rejected.
// Cost: reads the label ProductType and the edges between types that end in its nodes: tens of thousands in a second
//   or less, however many products there are.
MATCH (m:KgMeta {id: 'current'})
MATCH (b:ProductType)
WITH m, b
MATCH path = (a)-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
  AND r.review IS NOT NULL
RETURN path
ORDER BY r.review_at DESC, b.id
LIMIT 100
