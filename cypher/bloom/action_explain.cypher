// Purpose: show where the selected edges come from: for one that ends in a product, the edge between types that it
//   was made from, and the types of its ends.
// Parameters: relationships: list of string, the element ids of the selected relationships; Bloom fills it in.
// Result: path: the selected edge; knowledge: the edge between types; source, target: a product and its type. Null
//   when there is none.
// Cost: one seek per selected relationship and for its type, and the relationships of that.
MATCH (m:KgMeta {id: 'current'})
MATCH path = (a)-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b)
WHERE elementId(r) IN $relationships AND r.h IS NOT NULL
OPTIONAL MATCH knowledge = (s)-[k:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(t:ProductType {id: r.via_target})
WHERE s.id = r.via_source AND type(k) = type(r)
  AND k.since <= m.generation AND (k.until IS NULL OR k.until > m.generation)
OPTIONAL MATCH source = (a)-[x:IS_A]->(s)
WHERE x.since <= m.generation AND (x.until IS NULL OR x.until > m.generation)
OPTIONAL MATCH target = (b)-[y:IS_A]->(t)
WHERE y.since <= m.generation AND (y.until IS NULL OR y.until > m.generation)
RETURN path, knowledge, source, target
LIMIT 100
