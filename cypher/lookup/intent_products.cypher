// Purpose: products that satisfy an intent, with the reason.
// Parameters: id: the Intent's id; k: how many; contexts: list of string, the season, event and persona to answer
//   for: edges that hold in one of them, or always (they have none). Empty: all edges.
// Result, best first: subject: string, what was asked about; id, name, brand, type_id: string; price: float or null;
//   in_stock: boolean; explanation: string; plausibility, typicality, confidence: 0..1; rank: integer from 1;
//   contexts: list of string.
// Cost: two index seeks and the relationships of one node.
MATCH (m:KgMeta {id: 'current'})
MATCH (s:Intent {id: $id})-[r:SATISFIED_BY]->(t:Product)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
  AND (size($contexts) = 0 OR size(coalesce(r.contexts, [])) = 0 OR any(c IN r.contexts WHERE c IN $contexts))
RETURN s.name AS subject,
  t.id AS id, t.title AS name, t.brand AS brand, t.type_id AS type_id, t.price AS price, t.in_stock AS in_stock,
  r.explanation AS explanation, r.plausibility AS plausibility, r.typicality AS typicality,
  r.confidence AS confidence, r.rank AS rank, r.contexts AS contexts
ORDER BY rank, confidence DESC, id
LIMIT $k
