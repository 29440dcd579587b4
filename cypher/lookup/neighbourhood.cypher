// Purpose: all that a product's page shows, in one round trip: its type, what goes with it, and the intents it
//   serves.
// Parameters: id: the Product's id; k: how many of each; contexts: list of string, the season, event and persona to
//   answer for: edges that hold in one of them, or always (they have none). Empty: all edges.
// Result, one row, none when the served build has no such product: id, name, brand: string; type: {id, name} or null;
//   complements, substitutes, pairings: list of {id, name, brand, type_id, price, in_stock, explanation, plausibility,
//   typicality, confidence, rank, contexts}; intents: list of the same without brand, type_id, price and in_stock,
//   those the product satisfies; its rank is the product's place among all that do. All best first.
// Cost: two index seeks and the relationships of one node.
MATCH (m:KgMeta {id: 'current'})
MATCH (s:Product {id: $id})
WHERE s.since <= m.generation AND (s.until IS NULL OR s.until > m.generation)
CALL (m, s) {
  MATCH (s)-[r:IS_A]->(t:ProductType)
  WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
  WITH t ORDER BY t.id LIMIT 1
  RETURN collect({id: t.id, name: t.name}) AS types
}
CALL (m, s) {
  MATCH (s)-[r:COMPLEMENTS]->(t:Product)
  WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
    AND (size($contexts) = 0 OR size(coalesce(r.contexts, [])) = 0 OR any(c IN r.contexts WHERE c IN $contexts))
  WITH r, t ORDER BY r.rank, r.confidence DESC, t.id LIMIT $k
  RETURN collect({id: t.id, name: t.title, brand: t.brand, type_id: t.type_id, price: t.price, in_stock: t.in_stock,
    explanation: r.explanation, plausibility: r.plausibility, typicality: r.typicality, confidence: r.confidence,
    rank: r.rank, contexts: r.contexts}) AS complements
}
CALL (m, s) {
  MATCH (s)-[r:SUBSTITUTES]->(t:Product)
  WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
    AND (size($contexts) = 0 OR size(coalesce(r.contexts, [])) = 0 OR any(c IN r.contexts WHERE c IN $contexts))
  WITH r, t ORDER BY r.rank, r.confidence DESC, t.id LIMIT $k
  RETURN collect({id: t.id, name: t.title, brand: t.brand, type_id: t.type_id, price: t.price, in_stock: t.in_stock,
    explanation: r.explanation, plausibility: r.plausibility, typicality: r.typicality, confidence: r.confidence,
    rank: r.rank, contexts: r.contexts}) AS substitutes
}
CALL (m, s) {
  MATCH (s)-[r:PAIRS_WITH]->(t:Product)
  WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
    AND (size($contexts) = 0 OR size(coalesce(r.contexts, [])) = 0 OR any(c IN r.contexts WHERE c IN $contexts))
  WITH r, t ORDER BY r.rank, r.confidence DESC, t.id LIMIT $k
  RETURN collect({id: t.id, name: t.title, brand: t.brand, type_id: t.type_id, price: t.price, in_stock: t.in_stock,
    explanation: r.explanation, plausibility: r.plausibility, typicality: r.typicality, confidence: r.confidence,
    rank: r.rank, contexts: r.contexts}) AS pairings
}
CALL (m, s) {
  MATCH (s)<-[r:SATISFIED_BY]-(t:Intent)
  WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
    AND (size($contexts) = 0 OR size(coalesce(r.contexts, [])) = 0 OR any(c IN r.contexts WHERE c IN $contexts))
  WITH r, t ORDER BY r.rank, r.confidence DESC, t.id LIMIT $k
  RETURN collect({id: t.id, name: t.name, explanation: r.explanation, plausibility: r.plausibility,
    typicality: r.typicality, confidence: r.confidence, rank: r.rank, contexts: r.contexts}) AS intents
}
RETURN s.id AS id, s.title AS name, s.brand AS brand, head(types) AS type, complements AS complements,
  substitutes AS substitutes, pairings AS pairings, intents AS intents
