// Purpose: edges between types that a person should look at first: by doubt (the entropy of confidence, most at 0.5)
//   times the reach of both ends, as the review sheet orders its claims. Edges that are marked or decided are left
//   out.
// Parameters: none.
// Result: path: the edge with both ends, most urgent first.
// Cost: reads the label ProductType and the edges between types that end in its nodes: tens of thousands in a second
//   or less, however many products there are. And the label Intent.
MATCH (m:KgMeta {id: 'current'})
OPTIONAL MATCH (i:Intent)
WITH m, coalesce(max(i.popularity), 0.0) AS top
MATCH (b:ProductType)
WITH m, top, b
MATCH path = (a)-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
  AND r.review IS NULL AND coalesce(r.reviewer, '') = '' AND r.confidence > 0 AND r.confidence < 1
WITH path, a, b,
  coalesce(a.reach, CASE WHEN top > 0 THEN a.popularity / top ELSE 0.0 END) + coalesce(b.reach, 0.0) AS reach,
  -(r.confidence * log(r.confidence) + (1 - r.confidence) * log(1 - r.confidence)) AS doubt
RETURN path
ORDER BY doubt * (reach + 0.02) DESC, a.id, b.id
LIMIT 25
