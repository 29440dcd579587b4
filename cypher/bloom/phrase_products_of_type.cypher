// Purpose: the products of a product type, the most popular first.
// Parameters: type: words of a ProductType's name, or the name as Bloom suggests it. The one that fits best is
//   taken.
// Result: t: the ProductType; path: a Product and the type; null when there is none.
// Cost: one full-text search and the products of one type.
MATCH (m:KgMeta {id: 'current'})
WITH m, reduce(s = replace(replace(toLower($type), "'", ''), '’', ''), c IN [
  '+', '-', '&', '|', '!', '(', ')', '{', '}', '[', ']', '^', '"', '~', '*', '?', ':', '\\', '/', ','
] | replace(s, c, ' ')) AS asked
WITH m, reduce(q = '', w IN [w IN split(asked, ' ') WHERE w <> ''] |
  q + '+' + CASE WHEN size(w) < 4 THEN w WHEN w ENDS WITH 'ies' THEN left(w, size(w) - 1) + '~2'
    WHEN w ENDS WITH 's' THEN left(w, size(w) - 1) + '~1' ELSE w + '~1' END + ' ') AS query
WHERE query <> ''
CALL db.index.fulltext.queryNodes('kg_type_words', query) YIELD node AS t, score
WITH m, t, score
WHERE t.since <= m.generation AND (t.until IS NULL OR t.until > m.generation)
WITH m, t
ORDER BY CASE WHEN toLower(t.name) = toLower($type) THEN 0 ELSE 1 END, score DESC, t.id
LIMIT 1
OPTIONAL MATCH path = (p:Product)-[r:IS_A]->(t)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN t, path
ORDER BY p.in_stock DESC, p.popularity DESC, p.id
LIMIT 50
