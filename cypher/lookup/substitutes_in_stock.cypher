// Purpose: products in stock that can stand in for a product and keep its diets and its audience, with what changes.
// Parameters: id: the Product's id; k: how many; contexts: list of string, the season, event and persona to answer
//   for: edges that hold in one of them, or always (they have none). Empty: all edges. stand_ins: list of string, what
//   a value stands for besides itself: 'vegan>vegetarian' a vegan product is vegetarian, '>organic' organic need not be
//   kept. Empty: every diet of the product must be named by the substitute; docs/lookups.md has the shipped list.
// Result, best first: subject: string, what was asked about; id, name, brand, type_id: string; price: float or null;
//   in_stock: true; explanation: string; plausibility, typicality, confidence: 0..1; rank: integer from 1; contexts:
//   list of string; changes: list of {attribute, before, after} for brand, size, flavour, form, scent, diet, audience
//   and price, where they differ; null: not known.
// Cost: two index seeks and the relationships of one node.
MATCH (m:KgMeta {id: 'current'})
MATCH (s:Product {id: $id})-[r:SUBSTITUTES]->(t:Product)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
  AND (size($contexts) = 0 OR size(coalesce(r.contexts, [])) = 0 OR any(c IN r.contexts WHERE c IN $contexts))
  AND t.in_stock
WITH s, t, r,
  [v IN split(toLower(coalesce(s.diet, '')), ';') | trim(v)] AS diets,
  [v IN split(toLower(coalesce(t.diet, '')), ';') | trim(v)] + [''] AS kept,
  [v IN split(toLower(coalesce(s.audience, '')), ';') | trim(v)] AS audience,
  [v IN split(toLower(coalesce(t.audience, '')), ';') | trim(v)] AS served
WHERE all(d IN diets WHERE d IN kept OR any(v IN kept WHERE v + '>' + d IN $stand_ins))
  AND any(a IN audience WHERE a = '' OR a IN served OR any(v IN served WHERE v + '>' + a IN $stand_ins))
WITH s, t, r, [name IN ['brand', 'size', 'flavour', 'form', 'scent', 'diet', 'audience', 'price']
  WHERE coalesce(toString(s[name]), '') <> coalesce(toString(t[name]), '') |
  {attribute: name, before: s[name], after: t[name]}] AS changes
RETURN s.title AS subject,
  t.id AS id, t.title AS name, t.brand AS brand, t.type_id AS type_id, t.price AS price, t.in_stock AS in_stock,
  r.explanation AS explanation, r.plausibility AS plausibility, r.typicality AS typicality,
  r.confidence AS confidence, r.rank AS rank, r.contexts AS contexts, changes AS changes
ORDER BY rank, confidence DESC, id
LIMIT $k
