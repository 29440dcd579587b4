// Purpose: what a build changed between types: the edges that it brought, and those that it retired, which are drawn
//   faint.
// Parameters: build: a build's name, for example b4d3af76f463e. Retired edges are known for builds that can be
//   rolled back to.
// Result: path: the edge with both ends.
// Cost: reads the label ProductType and the edges between types that end in its nodes: tens of thousands in a second
//   or less, however many products there are. And the label KgGeneration, a handful.
MATCH (m:KgMeta {id: 'current'})
OPTIONAL MATCH (g:KgGeneration {build: $build})
WITH m, collect(g.id) AS generations
MATCH (b:ProductType)
WITH m, generations, b
MATCH path = (a)-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b)
WHERE r.since <= m.generation AND (r.build = $build OR r.since IN generations OR r.until IN generations)
RETURN path
ORDER BY r.until, r.confidence DESC, b.id
LIMIT 100
