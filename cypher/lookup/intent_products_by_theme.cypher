// Purpose: the best products for an intent, and what goes well with it, under the headings they are shown by.
// Parameters: id: the Intent's id; k: how many; contexts: list of string, the season, event and persona to answer
//   for: edges that hold in one of them, or always (they have none). Empty: all edges.
// Result, heading by heading, best first: subject: string, the intent's name; theme: string, theme_rank: integer from
//   1, both null for what stands under no heading (it comes last); relation: 'SATISFIED_BY' or 'PAIRS_WITH'; id, name,
//   brand, type_id: string; price: float or null; in_stock: boolean; explanation: string; plausibility, typicality,
//   confidence: 0..1; rank: integer from 1; contexts: list of string. The k best are chosen before they are grouped;
//   each product stands there once.
// Cost: two index seeks, the relationships of one node, and the types under its headings.
MATCH (m:KgMeta {id: 'current'})
MATCH (s:Intent {id: $id})-[r:SATISFIED_BY|PAIRS_WITH]->(t:Product)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
  AND (size($contexts) = 0 OR size(coalesce(r.contexts, [])) = 0 OR any(c IN r.contexts WHERE c IN $contexts))
WITH m.generation AS generation, s, t, r
ORDER BY r.rank, type(r) DESC
WITH generation, s, t, collect(r)[0] AS r
ORDER BY r.rank, r.confidence DESC, t.id
LIMIT $k
WITH generation, s, collect({t: t, r: r}) AS best
WITH s, best, [(s)-[a:HAS_THEME]->(h:Theme)<-[b:IN_THEME]-(y:ProductType)
  WHERE a.since <= generation AND (a.until IS NULL OR a.until > generation)
    AND b.since <= generation AND (b.until IS NULL OR b.until > generation)
  | {type_id: y.id, name: h.name, rank: a.rank}] AS headings
UNWIND best AS hit
WITH s, hit.t AS t, hit.r AS r, head([x IN headings WHERE x.type_id = hit.r.via_target]) AS heading
RETURN s.name AS subject, heading.name AS theme, heading.rank AS theme_rank, type(r) AS relation,
  t.id AS id, t.title AS name, t.brand AS brand, t.type_id AS type_id, t.price AS price, t.in_stock AS in_stock,
  r.explanation AS explanation, r.plausibility AS plausibility, r.typicality AS typicality,
  r.confidence AS confidence, r.rank AS rank, r.contexts AS contexts
ORDER BY coalesce(theme_rank, 1000), rank, confidence DESC, id
