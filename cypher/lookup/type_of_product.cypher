// Purpose: the product type of a product.
// Parameters: id: the product's id.
// Result: id, name: string.
// Cost: two index seeks and the relationships of one node.
MATCH (m:KgMeta {id: 'current'})
MATCH (:Product {id: $id})-[r:IS_A]->(t:ProductType)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN t.id AS id, t.name AS name
ORDER BY id
LIMIT 1
