// Purpose: why two product types are joined: every edge between them, in both directions.
// Parameters: a, b: words of a ProductType's name, or the name as Bloom suggests it. Those that fit best are taken.
// Result: a, b: the ProductTypes; path: an edge between them, null when there is none.
// Cost: two full-text searches and the relationships of one node.
MATCH (m:KgMeta {id: 'current'})
WITH m, reduce(s = replace(replace(toLower($a), "'", ''), '’', ''), c IN [
  '+', '-', '&', '|', '!', '(', ')', '{', '}', '[', ']', '^', '"', '~', '*', '?', ':', '\\', '/', ','
] | replace(s, c, ' ')) AS asked
WITH m, reduce(q = '', w IN [w IN split(asked, ' ') WHERE w <> ''] |
  q + '+' + CASE WHEN size(w) < 4 THEN w WHEN w ENDS WITH 'ies' THEN left(w, size(w) - 1) + '~2'
    WHEN w ENDS WITH 's' THEN left(w, size(w) - 1) + '~1' ELSE w + '~1' END + ' ') AS query
WHERE query <> ''
CALL db.index.fulltext.queryNodes('kg_type_words', query) YIELD node AS a, score
WITH m, a, score
WHERE a.since <= m.generation AND (a.until IS NULL OR a.until > m.generation)
WITH m, a
ORDER BY CASE WHEN toLower(a.name) = toLower($a) THEN 0 ELSE 1 END, score DESC, a.id
LIMIT 1
WITH m, a, reduce(s = replace(replace(toLower($b), "'", ''), '’', ''), c IN [
  '+', '-', '&', '|', '!', '(', ')', '{', '}', '[', ']', '^', '"', '~', '*', '?', ':', '\\', '/', ','
] | replace(s, c, ' ')) AS asked
WITH m, a, reduce(q = '', w IN [w IN split(asked, ' ') WHERE w <> ''] |
  q + '+' + CASE WHEN size(w) < 4 THEN w WHEN w ENDS WITH 'ies' THEN left(w, size(w) - 1) + '~2'
    WHEN w ENDS WITH 's' THEN left(w, size(w) - 1) + '~1' ELSE w + '~1' END + ' ') AS query
WHERE query <> ''
CALL db.index.fulltext.queryNodes('kg_type_words', query) YIELD node AS b, score
WITH m, a, b, score
WHERE b.since <= m.generation AND (b.until IS NULL OR b.until > m.generation)
WITH m, a, b
ORDER BY CASE WHEN toLower(b.name) = toLower($b) THEN 0 ELSE 1 END, score DESC, b.id
LIMIT 1
OPTIONAL MATCH path = (a)-[r:COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]-(b)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN a, b, path
ORDER BY type(r), r.confidence DESC
LIMIT 20
