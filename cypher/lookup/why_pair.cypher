// Purpose: everything the graph shows about a pair, in both directions, and the edges between types behind those
//   between products.
// Parameters: a, b: ids of an intent, product type or product.
// Result: columns as of why, in no order. The ids of an edge that lies behind are its own, not a and b.
// Cost: some twenty index seeks and the expansion of one end of each.
MATCH (m:KgMeta {id: 'current'})
UNWIND [{a: $a, b: $b}, {a: $b, b: $a}] AS pair
MATCH (a:Intent {id: pair.a})-[r:SATISFIED_BY|PAIRS_WITH]->(b:ProductType {id: pair.b})
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN type(r) AS relation, 'Intent' AS source_kind, a.id AS source_id, a.name AS source_name,
  'ProductType' AS target_kind, b.id AS target_id, b.name AS target_name, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
UNWIND [{a: $a, b: $b}, {a: $b, b: $a}] AS pair
MATCH (a:Intent {id: pair.a})-[r:SATISFIED_BY|PAIRS_WITH]->(b:Product {id: pair.b})
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN type(r) AS relation, 'Intent' AS source_kind, a.id AS source_id, a.name AS source_name,
  'Product' AS target_kind, b.id AS target_id, b.title AS target_name, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
UNWIND [{a: $a, b: $b}, {a: $b, b: $a}] AS pair
MATCH (a:ProductType {id: pair.a})-[r:COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b:ProductType {id: pair.b})
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN type(r) AS relation, 'ProductType' AS source_kind, a.id AS source_id, a.name AS source_name,
  'ProductType' AS target_kind, b.id AS target_id, b.name AS target_name, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
UNWIND [{a: $a, b: $b}, {a: $b, b: $a}] AS pair
MATCH (a:Product {id: pair.a})-[r:COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b:Product {id: pair.b})
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN type(r) AS relation, 'Product' AS source_kind, a.id AS source_id, a.title AS source_name,
  'Product' AS target_kind, b.id AS target_id, b.title AS target_name, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
UNWIND [{a: $a, b: $b}, {a: $b, b: $a}] AS pair
MATCH (a:Intent {id: pair.a})-[p:SATISFIED_BY|PAIRS_WITH]->(:Product {id: pair.b})
WHERE p.since <= m.generation AND (p.until IS NULL OR p.until > m.generation)
MATCH (a)-[r:SATISFIED_BY|PAIRS_WITH]->(b:ProductType {id: p.via_target})
WHERE type(r) = type(p) AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN type(r) AS relation, 'Intent' AS source_kind, a.id AS source_id, a.name AS source_name,
  'ProductType' AS target_kind, b.id AS target_id, b.name AS target_name, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
UNWIND [{a: $a, b: $b}, {a: $b, b: $a}] AS pair
MATCH (:Product {id: pair.a})-[p:COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(:Product {id: pair.b})
WHERE p.since <= m.generation AND (p.until IS NULL OR p.until > m.generation)
MATCH (a:ProductType {id: p.via_source})-[r:COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b:ProductType {id: p.via_target})
WHERE type(r) = type(p) AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN type(r) AS relation, 'ProductType' AS source_kind, a.id AS source_id, a.name AS source_name,
  'ProductType' AS target_kind, b.id AS target_id, b.name AS target_name, properties(r) AS props
