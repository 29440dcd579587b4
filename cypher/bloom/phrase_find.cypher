// Purpose: intents, product types and products by words.
// Parameters: words: every one must be in the name; plural or singular, and one letter may differ in words of four
//   and more.
// Result: n: Intent, ProductType or Product; at most 20 of each, those that fit best first.
// Cost: three full-text searches, at most 20 rows kept of each.
MATCH (m:KgMeta {id: 'current'})
WITH m, reduce(s = replace(replace(toLower($words), "'", ''), '’', ''), c IN [
  '+', '-', '&', '|', '!', '(', ')', '{', '}', '[', ']', '^', '"', '~', '*', '?', ':', '\\', '/', ','
] | replace(s, c, ' ')) AS asked
WITH m, reduce(q = '', w IN [w IN split(asked, ' ') WHERE w <> ''] |
  q + '+' + CASE WHEN size(w) < 4 THEN w WHEN w ENDS WITH 'ies' THEN left(w, size(w) - 1) + '~2'
    WHEN w ENDS WITH 's' THEN left(w, size(w) - 1) + '~1' ELSE w + '~1' END + ' ') AS query
WHERE query <> ''
UNWIND ['kg_intent_words', 'kg_type_words', 'kg_product_words'] AS index
CALL db.index.fulltext.queryNodes(index, query) YIELD node AS n, score
WITH m, index, n, score
WHERE n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
WITH index, n
ORDER BY score DESC, n.id
WITH index, collect(n)[0..20] AS found
UNWIND found AS n
RETURN n
LIMIT 60
