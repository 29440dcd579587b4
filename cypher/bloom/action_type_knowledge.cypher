// Purpose: what is known about the type of the selected products, or about the selected types: every edge between it
//   and other types or intents.
// Parameters: nodes: list of string, the element ids of the selected nodes; Bloom fills it in.
// Result: up: a selected product and its type, null for a type; path: an edge of the type, null when there is none.
// Cost: one seek for each selected node and the relationships of its type.
MATCH (m:KgMeta {id: 'current'})
MATCH (n)
WHERE elementId(n) IN $nodes
WITH m, n
OPTIONAL MATCH up = (n)-[q:IS_A]->(s:ProductType)
WHERE q.since <= m.generation AND (q.until IS NULL OR q.until > m.generation)
WITH m, up, coalesce(s, n) AS t
OPTIONAL MATCH path = (t)-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]-(b)
WHERE (b:ProductType OR b:Intent) AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN up, path
ORDER BY r.confidence DESC, b.id
LIMIT 200
