// Purpose: products to offer with a whole cart: what its products are used together with, less what it has already.
//   Left out are the products of the cart, their variants, and whatever can stand in for one of them: products of a
//   type that the cart has, and their substitutes.
// Parameters: ids: list of Product ids, those of no product do nothing; k: how many; per_type: how many of one
//   product type; contexts: list of string, the season, event and persona to answer for: edges that hold in one of
//   them, or always (they have none). Empty: all edges.
// Result, first what most of the cart's products want, then the surest, then by rank: id, name, brand, type_id:
//   string; price: float or null; in_stock: boolean; confidence: 0..1, of the surest edge; wanted_by: list of {id,
//   name, explanation, confidence, rank, contexts}, the products of the cart that want it, the surest first.
// Cost: an index seek and the relationships of one node for each product of the cart.
MATCH (m:KgMeta {id: 'current'})
UNWIND $ids AS id
MATCH (s:Product {id: id})
OPTIONAL MATCH (s)-[r:SUBSTITUTES]->(t:Product)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH m.generation AS generation, collect(DISTINCT s.id) AS ids, collect(DISTINCT s.type_id) AS types,
  collect(DISTINCT s.group_id) AS groups, collect(DISTINCT t.id) AS replaced
UNWIND ids AS id
MATCH (s:Product {id: id})-[r:COMPLEMENTS]->(t:Product)
WHERE r.since <= generation AND (r.until IS NULL OR r.until > generation)
  AND (size($contexts) = 0 OR size(coalesce(r.contexts, [])) = 0 OR any(c IN r.contexts WHERE c IN $contexts))
  AND NOT t.id IN ids AND NOT t.id IN replaced
  AND (coalesce(t.type_id, '') = '' OR NOT t.type_id IN types)
  AND (coalesce(t.group_id, '') = '' OR NOT t.group_id IN groups)
WITH s, t, r
ORDER BY r.confidence DESC, r.rank, s.id
WITH t, max(r.confidence) AS confidence, min(r.rank) AS place, collect({id: s.id, name: s.title,
  explanation: r.explanation, confidence: r.confidence, rank: r.rank, contexts: r.contexts}) AS wanted_by
ORDER BY size(wanted_by) DESC, confidence DESC, place, t.id
WITH t.type_id AS type_id,
  collect({product: t, confidence: confidence, place: place, wanted_by: wanted_by})[0..$per_type] AS best
UNWIND best AS hit
WITH type_id, hit.product AS t, hit.confidence AS confidence, hit.place AS place, hit.wanted_by AS wanted_by
RETURN t.id AS id, t.title AS name, t.brand AS brand, type_id AS type_id, t.price AS price, t.in_stock AS in_stock,
  confidence AS confidence, wanted_by AS wanted_by
ORDER BY size(wanted_by) DESC, confidence DESC, place, id
LIMIT $k
