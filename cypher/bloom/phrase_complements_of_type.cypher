// Purpose: product types that are bought together with a product type.
// Parameters: type: words of a ProductType's name, or the name as Bloom suggests it. The one that fits best is
//   taken.
// Result: t: the ProductType; path: it and what it is joined to, best first; null when there is nothing.
// Cost: one full-text search and the relationships of one node.
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
OPTIONAL MATCH path = (t)-[r:COMPLEMENTS]->(b:ProductType)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN t, path
ORDER BY r.rank, r.confidence DESC, b.id
LIMIT 50
