// Purpose: intents with fewer than three products, the most popular first.
// Parameters: none.
// Result: i: the Intent; path: it and a product; null when it has none.
// Cost: reads the label Intent and the products of each.
MATCH (m:KgMeta {id: 'current'})
MATCH (i:Intent)
WHERE i.since <= m.generation AND (i.until IS NULL OR i.until > m.generation)
OPTIONAL MATCH path = (i)-[r:SATISFIED_BY|PAIRS_WITH]->(:Product)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH i, collect(path) AS paths
WHERE size(paths) < 3
UNWIND CASE WHEN size(paths) = 0 THEN [null] ELSE paths END AS path
RETURN i, path
ORDER BY i.popularity DESC, i.id
LIMIT 100
