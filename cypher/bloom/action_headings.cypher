// Purpose: the headings of the selected intents, and the product types under each.
// Parameters: nodes: list of string, the element ids of the selected nodes; Bloom fills it in.
// Result: path: Intent, Theme and ProductType, in the order of the headings.
// Cost: one seek for each selected node, its headings and the types under them.
MATCH (m:KgMeta {id: 'current'})
MATCH (n)
WHERE elementId(n) IN $nodes
WITH m, n
MATCH path = (n)-[q:HAS_THEME]->(:Theme)<-[r:IN_THEME]-(:ProductType)
WHERE q.since <= m.generation AND (q.until IS NULL OR q.until > m.generation)
  AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN path
ORDER BY n.id, q.rank, r.rank
LIMIT 200
