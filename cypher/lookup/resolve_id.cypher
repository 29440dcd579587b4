// Purpose: what an id names; up to three rows, for an id may be an intent's and a product's at once.
// Parameters: id: string, exactly as in the catalogue.
// Result: kind: label, id, name, detail (an intent's kind, a type's category, a product's brand), type_id: string;
//   weight: float, popularity or reach.
// Cost: three index seeks.
MATCH (n:Intent {id: $id})
RETURN 'Intent' AS kind, n.id AS id, n.name AS name, n.kind AS detail,
  null AS type_id, n.popularity AS weight
UNION ALL
MATCH (n:ProductType {id: $id})
RETURN 'ProductType' AS kind, n.id AS id, n.name AS name, n.category AS detail,
  null AS type_id, n.reach AS weight
UNION ALL
MATCH (n:Product {id: $id})
RETURN 'Product' AS kind, n.id AS id, n.title AS name, n.brand AS detail,
  n.type_id AS type_id, n.popularity AS weight
