// Purpose: products that are out of stock, the most popular first, and what can replace them.
// Parameters: none.
// Result: p: the Product; path: it and a substitute, best first; null when there is none.
// Cost: reads the label Product once: about a second on a million products.
MATCH (m:KgMeta {id: 'current'})
MATCH (p:Product)
WHERE p.in_stock = false AND p.since <= m.generation AND (p.until IS NULL OR p.until > m.generation)
WITH m, p
ORDER BY p.popularity DESC, p.id
LIMIT 25
OPTIONAL MATCH path = (p)-[r:SUBSTITUTES]->(:Product)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN p, path
ORDER BY p.popularity DESC, p.id, r.rank
LIMIT 150
