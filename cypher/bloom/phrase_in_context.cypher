// Purpose: edges between types that hold in a season, at an event or for a persona.
// Parameters: context: one of the contexts of the configuration, for example summer.
// Result: path: the edge with both ends, surest first.
// Cost: reads the label ProductType and the edges between types that end in its nodes: tens of thousands in a second
//   or less, however many products there are.
MATCH (m:KgMeta {id: 'current'})
MATCH (b:ProductType)
WITH m, b
MATCH path = (a)-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
  AND any(c IN coalesce(r.contexts, []) WHERE toLower(c) = toLower($context))
RETURN path
ORDER BY r.confidence DESC, b.id
LIMIT 100
