// Purpose: everything the graph shows about a pair in one direction; why_pair tells both, and what lies behind.
// Parameters: a, b: ids of an intent, product type or product.
// Result: relation, source_kind, source_id, source_name, target_kind, target_id, target_name: string;
//   props: map with explanation, plausibility, typicality, confidence, rank, contexts, samples, agreed, lift, pairs,
//   reviewer, model, prompt_hash, build, since (the generation it first showed in), h, and at product level via_source,
//   via_target: the pair of types it was projected from.
// Cost: nine index seeks and the expansion of one end.
MATCH (m:KgMeta {id: 'current'})
MATCH (a:Intent {id: $a})-[r:SATISFIED_BY|PAIRS_WITH]->(b:ProductType {id: $b})
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN type(r) AS relation, 'Intent' AS source_kind, a.id AS source_id, a.name AS source_name,
  'ProductType' AS target_kind, b.id AS target_id, b.name AS target_name, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (a:Intent {id: $a})-[r:SATISFIED_BY|PAIRS_WITH]->(b:Product {id: $b})
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN type(r) AS relation, 'Intent' AS source_kind, a.id AS source_id, a.name AS source_name,
  'Product' AS target_kind, b.id AS target_id, b.title AS target_name, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (a:ProductType {id: $a})-[r:COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b:ProductType {id: $b})
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN type(r) AS relation, 'ProductType' AS source_kind, a.id AS source_id, a.name AS source_name,
  'ProductType' AS target_kind, b.id AS target_id, b.name AS target_name, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (a:Product {id: $a})-[r:COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b:Product {id: $b})
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN type(r) AS relation, 'Product' AS source_kind, a.id AS source_id, a.title AS source_name,
  'Product' AS target_kind, b.id AS target_id, b.title AS target_name, properties(r) AS props
