// Purpose: products that satisfy an intent, and those that go well with it.
// Parameters: intent: words of an Intent's name, or the name as Bloom suggests it. The one that fits best is taken.
// Result: i: the Intent; path: it and what it is joined to, best first; null when there is nothing.
// Cost: one full-text search and the relationships of one node.
MATCH (m:KgMeta {id: 'current'})
WITH m, reduce(s = replace(replace(toLower($intent), "'", ''), '’', ''), c IN [
  '+', '-', '&', '|', '!', '(', ')', '{', '}', '[', ']', '^', '"', '~', '*', '?', ':', '\\', '/', ','
] | replace(s, c, ' ')) AS asked
WITH m, reduce(q = '', w IN [w IN split(asked, ' ') WHERE w <> ''] |
  q + '+' + CASE WHEN size(w) < 4 THEN w WHEN w ENDS WITH 'ies' THEN left(w, size(w) - 1) + '~2'
    WHEN w ENDS WITH 's' THEN left(w, size(w) - 1) + '~1' ELSE w + '~1' END + ' ') AS query
WHERE query <> ''
CALL db.index.fulltext.queryNodes('kg_intent_words', query) YIELD node AS i, score
WITH m, i, score
WHERE i.since <= m.generation AND (i.until IS NULL OR i.until > m.generation)
WITH m, i
ORDER BY CASE WHEN toLower(i.name) = toLower($intent) THEN 0 ELSE 1 END, score DESC, i.id
LIMIT 1
OPTIONAL MATCH path = (i)-[r:SATISFIED_BY|PAIRS_WITH]->(b:Product)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN i, path
ORDER BY r.rank, r.confidence DESC, b.id
LIMIT 50
