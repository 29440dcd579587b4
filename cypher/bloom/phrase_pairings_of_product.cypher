// Purpose: products that go well with a product.
// Parameters: product: words of a Product's title and brand, or the title as Bloom suggests it. The one that fits
//   best is taken.
// Result: p: the Product; path: it and what it is joined to, best first; null when there is nothing.
// Cost: one full-text search and the relationships of one node.
MATCH (m:KgMeta {id: 'current'})
WITH m, reduce(s = replace(replace(toLower($product), "'", ''), '’', ''), c IN [
  '+', '-', '&', '|', '!', '(', ')', '{', '}', '[', ']', '^', '"', '~', '*', '?', ':', '\\', '/', ','
] | replace(s, c, ' ')) AS asked
WITH m, reduce(q = '', w IN [w IN split(asked, ' ') WHERE w <> ''] |
  q + '+' + CASE WHEN size(w) < 4 THEN w WHEN w ENDS WITH 'ies' THEN left(w, size(w) - 1) + '~2'
    WHEN w ENDS WITH 's' THEN left(w, size(w) - 1) + '~1' ELSE w + '~1' END + ' ') AS query
WHERE query <> ''
CALL db.index.fulltext.queryNodes('kg_product_words', query) YIELD node AS p, score
WITH m, p, score
WHERE p.since <= m.generation AND (p.until IS NULL OR p.until > m.generation)
WITH m, p
ORDER BY CASE WHEN toLower(p.title) = toLower($product) THEN 0 ELSE 1 END, score DESC, p.id
LIMIT 1
OPTIONAL MATCH path = (p)-[r:PAIRS_WITH]->(b:Product)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN p, path
ORDER BY r.rank, r.confidence DESC, b.id
LIMIT 50
