// Purpose: what an id names; up to three rows, for an id may be an intent's and a product's at once.
// Parameters: id: string, exactly as in the catalogue.
// Result: kind: label, id, name, detail (an intent's kind, a type's category, a product's brand), type_id, type_name (a
//   product's type): string; weight: float, popularity or reach. No row for what the served build does not have.
// Cost: four index seeks.
MATCH (m:KgMeta {id: 'current'})
CALL (m) {
  MATCH (n:Intent {id: $id})
  WHERE n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
  RETURN 'Intent' AS kind, n.id AS id, n.name AS name, n.kind AS detail,
    null AS type_id, null AS type_name, n.popularity AS weight
  UNION ALL
  MATCH (n:ProductType {id: $id})
  WHERE n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
  RETURN 'ProductType' AS kind, n.id AS id, n.name AS name, n.category AS detail,
    null AS type_id, null AS type_name, n.reach AS weight
  UNION ALL
  MATCH (n:Product {id: $id})
  WHERE n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
  OPTIONAL MATCH (n)-[a:IS_A]->(t:ProductType)
  WHERE a.since <= m.generation AND (a.until IS NULL OR a.until > m.generation)
  RETURN 'Product' AS kind, n.id AS id, n.title AS name, n.brand AS detail,
    t.id AS type_id, t.name AS type_name, n.popularity AS weight
}
RETURN kind AS kind, id AS id, name AS name, detail AS detail, type_id AS type_id, type_name AS type_name,
  weight AS weight
