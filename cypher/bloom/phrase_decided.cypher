// Purpose: edges between types that a person decided in the file of decisions: accepted, edited, pinned or made.
// Parameters: none.
// Result: path: the edge with both ends; its reviewer says who.
// Cost: reads the label ProductType and the edges between types that end in its nodes: tens of thousands in a second
//   or less, however many products there are.
MATCH (m:KgMeta {id: 'current'})
MATCH (b:ProductType)
WITH m, b
MATCH path = (a)-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
  AND (coalesce(r.reviewer, '') <> '' OR r.model = 'human')
RETURN path
ORDER BY r.reviewer, b.id
LIMIT 100
