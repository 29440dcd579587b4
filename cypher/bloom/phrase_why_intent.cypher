// Purpose: why an intent calls for a product type: every edge between them, and the heading it stands under.
// Parameters: intent: words of an Intent's name, or the name as Bloom suggests it; type: words of a ProductType's
//   name, or the name as Bloom suggests it. Those that fit best are taken.
// Result: i: the Intent; t: the ProductType; direct: the edge between them; heading: the way through a Theme. Null
//   when there is none.
// Cost: two full-text searches and the relationships of one node.
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
WITH m, i, reduce(s = replace(replace(toLower($type), "'", ''), '’', ''), c IN [
  '+', '-', '&', '|', '!', '(', ')', '{', '}', '[', ']', '^', '"', '~', '*', '?', ':', '\\', '/', ','
] | replace(s, c, ' ')) AS asked
WITH m, i, reduce(q = '', w IN [w IN split(asked, ' ') WHERE w <> ''] |
  q + '+' + CASE WHEN size(w) < 4 THEN w WHEN w ENDS WITH 'ies' THEN left(w, size(w) - 1) + '~2'
    WHEN w ENDS WITH 's' THEN left(w, size(w) - 1) + '~1' ELSE w + '~1' END + ' ') AS query
WHERE query <> ''
CALL db.index.fulltext.queryNodes('kg_type_words', query) YIELD node AS t, score
WITH m, i, t, score
WHERE t.since <= m.generation AND (t.until IS NULL OR t.until > m.generation)
WITH m, i, t
ORDER BY CASE WHEN toLower(t.name) = toLower($type) THEN 0 ELSE 1 END, score DESC, t.id
LIMIT 1
OPTIONAL MATCH direct = (i)-[r:SATISFIED_BY|PAIRS_WITH]->(t)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
OPTIONAL MATCH heading = (i)-[q:HAS_THEME]->(:Theme)<-[u:IN_THEME]-(t)
WHERE q.since <= m.generation AND (q.until IS NULL OR q.until > m.generation)
  AND u.since <= m.generation AND (u.until IS NULL OR u.until > m.generation)
RETURN i, t, direct, heading
ORDER BY type(r)
LIMIT 20
