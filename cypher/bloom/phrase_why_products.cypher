// Purpose: why two products are joined: the edges between them in both directions, and those between their types,
//   which they were made from.
// Parameters: a, b: words of a Product's title and brand, or the title as Bloom suggests it. Those that fit best are
//   taken.
// Result: a, b: the Products; direct: an edge between them; knowledge: the way over their types. Null when there is
//   none.
// Cost: two full-text searches and the relationships of one product and of one type.
MATCH (m:KgMeta {id: 'current'})
WITH m, reduce(s = replace(replace(toLower($a), "'", ''), '’', ''), c IN [
  '+', '-', '&', '|', '!', '(', ')', '{', '}', '[', ']', '^', '"', '~', '*', '?', ':', '\\', '/', ','
] | replace(s, c, ' ')) AS asked
WITH m, reduce(q = '', w IN [w IN split(asked, ' ') WHERE w <> ''] |
  q + '+' + CASE WHEN size(w) < 4 THEN w WHEN w ENDS WITH 'ies' THEN left(w, size(w) - 1) + '~2'
    WHEN w ENDS WITH 's' THEN left(w, size(w) - 1) + '~1' ELSE w + '~1' END + ' ') AS query
WHERE query <> ''
CALL db.index.fulltext.queryNodes('kg_product_words', query) YIELD node AS a, score
WITH m, a, score
WHERE a.since <= m.generation AND (a.until IS NULL OR a.until > m.generation)
WITH m, a
ORDER BY CASE WHEN toLower(a.title) = toLower($a) THEN 0 ELSE 1 END, score DESC, a.id
LIMIT 1
WITH m, a, reduce(s = replace(replace(toLower($b), "'", ''), '’', ''), c IN [
  '+', '-', '&', '|', '!', '(', ')', '{', '}', '[', ']', '^', '"', '~', '*', '?', ':', '\\', '/', ','
] | replace(s, c, ' ')) AS asked
WITH m, a, reduce(q = '', w IN [w IN split(asked, ' ') WHERE w <> ''] |
  q + '+' + CASE WHEN size(w) < 4 THEN w WHEN w ENDS WITH 'ies' THEN left(w, size(w) - 1) + '~2'
    WHEN w ENDS WITH 's' THEN left(w, size(w) - 1) + '~1' ELSE w + '~1' END + ' ') AS query
WHERE query <> ''
CALL db.index.fulltext.queryNodes('kg_product_words', query) YIELD node AS b, score
WITH m, a, b, score
WHERE b.since <= m.generation AND (b.until IS NULL OR b.until > m.generation)
WITH m, a, b
ORDER BY CASE WHEN toLower(b.title) = toLower($b) THEN 0 ELSE 1 END, score DESC, b.id
LIMIT 1
OPTIONAL MATCH direct = (a)-[r:COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]-(b)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
OPTIONAL MATCH knowledge = (a)-[x:IS_A]->(:ProductType)-[k:COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]-(:ProductType)
  <-[y:IS_A]-(b)
WHERE k.since <= m.generation AND (k.until IS NULL OR k.until > m.generation)
  AND x.since <= m.generation AND (x.until IS NULL OR x.until > m.generation)
  AND y.since <= m.generation AND (y.until IS NULL OR y.until > m.generation)
RETURN a, b, direct, knowledge
ORDER BY type(r), type(k)
LIMIT 20
