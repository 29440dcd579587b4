// Purpose: what goes well with the selected products, types or intents.
// Parameters: nodes: list of string, the element ids of the selected nodes; Bloom fills it in.
// Result: path: the selected node and what it is joined to, best first.
// Cost: one seek and the relationships of each selected node.
MATCH (m:KgMeta {id: 'current'})
MATCH (n)
WHERE elementId(n) IN $nodes
WITH m, n
MATCH path = (n)-[r:PAIRS_WITH]->(b)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN path
ORDER BY r.rank, r.confidence DESC, b.id
LIMIT 200
