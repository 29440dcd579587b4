// Purpose: Intent nodes by words.
// Parameters: words: a full-text query over normalised words (see kg.store.words; Lucene syntax); k: how many.
// Result, best first: kind: label, id, name, detail, type_id, search (its normalised words): string; weight: float,
//   popularity or reach. The engine's own score orders the rows; it means nothing across stores.
// Cost: one full-text search, k rows.
MATCH (m:KgMeta {id: 'current'})
CALL db.index.fulltext.queryNodes('kg_intent_words', $words) YIELD node AS n, score
WITH m, n, score
WHERE n.h IS NOT NULL AND n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
RETURN 'Intent' AS kind, n.id AS id, n.name AS name, n.kind AS detail,
  null AS type_id, n.search AS search, n.popularity AS weight, score AS score
ORDER BY score DESC, weight DESC, id
LIMIT $k
