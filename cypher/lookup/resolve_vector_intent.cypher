// Purpose: Intent nodes by meaning: those whose names' embeddings are nearest to one.
// Parameters: embedding: list of 256 float, of length 1, of the words asked for (kg.store.words.embedding makes one);
//   k: how many nodes the index is asked for; those that the served build does not show are left out of them.
// Result, nearest first: kind: label, id, name, detail, type_id: string; weight: float, popularity or reach;
//   similarity: the cosine, -1..1, the same on every store.
// Cost: one search of a vector index, k rows.
MATCH (m:KgMeta {id: 'current'})
CALL db.index.vector.queryNodes('kg_intent_vector', $k, $embedding) YIELD node AS n, score
WITH m, n
WHERE n.h IS NOT NULL AND n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
WITH n, reduce(dot = 0.0, i IN range(0, size($embedding) - 1) | dot + n.embedding[i] * $embedding[i]) AS similarity
RETURN 'Intent' AS kind, n.id AS id, n.name AS name, n.kind AS detail,
  null AS type_id, n.popularity AS weight, similarity AS similarity
ORDER BY similarity DESC, weight DESC, id
LIMIT $k
