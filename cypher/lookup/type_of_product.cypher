// Purpose: the product type of a product.
// Parameters: id: the product's id.
// Result: id, name: string.
// Cost: one index seek.
MATCH (:Product {id: $id})-[:IS_A]->(t:ProductType)
RETURN t.id AS id, t.name AS name
ORDER BY id
LIMIT 1
