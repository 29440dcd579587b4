// Purpose: show every version of the selected edges that is still kept: those that are not served any more are drawn
//   faint.
// Parameters: relationships: list of string, the element ids of the selected relationships; Bloom fills it in.
// Result: path: a version with both ends, the newest first.
// Cost: one seek per selected relationship and the relationships of one end.
MATCH (m:KgMeta {id: 'current'})
MATCH (a)-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b)
WHERE elementId(r) IN $relationships AND r.h IS NOT NULL
MATCH path = (a)-[v:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b)
WHERE type(v) = type(r) AND v.since <= m.generation
RETURN path
ORDER BY v.since DESC
LIMIT 100
