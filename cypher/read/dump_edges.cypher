// Purpose: every relationship that this project wrote and the served build has, whole: to compare two graphs.
// Parameters: none.
// Result: kind: 'Source-TYPE->Target', s: source id, t: target id, props: map; in no order.
// Cost: one scan of the relationships; stream it.
MATCH (m:KgMeta {id: 'current'})
MATCH (s:Intent)-[r:SATISFIED_BY]->(t:ProductType)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN 'Intent-SATISFIED_BY->ProductType' AS kind, s.id AS s, t.id AS t, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (s:Intent)-[r:SATISFIED_BY]->(t:Product)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN 'Intent-SATISFIED_BY->Product' AS kind, s.id AS s, t.id AS t, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (s:Intent)-[r:PAIRS_WITH]->(t:ProductType)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN 'Intent-PAIRS_WITH->ProductType' AS kind, s.id AS s, t.id AS t, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (s:Intent)-[r:PAIRS_WITH]->(t:Product)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN 'Intent-PAIRS_WITH->Product' AS kind, s.id AS s, t.id AS t, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (s:ProductType)-[r:COMPLEMENTS]->(t:ProductType)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN 'ProductType-COMPLEMENTS->ProductType' AS kind, s.id AS s, t.id AS t, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (s:ProductType)-[r:SUBSTITUTES]->(t:ProductType)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN 'ProductType-SUBSTITUTES->ProductType' AS kind, s.id AS s, t.id AS t, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (s:ProductType)-[r:PAIRS_WITH]->(t:ProductType)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN 'ProductType-PAIRS_WITH->ProductType' AS kind, s.id AS s, t.id AS t, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (s:Product)-[r:COMPLEMENTS]->(t:Product)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN 'Product-COMPLEMENTS->Product' AS kind, s.id AS s, t.id AS t, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (s:Product)-[r:SUBSTITUTES]->(t:Product)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN 'Product-SUBSTITUTES->Product' AS kind, s.id AS s, t.id AS t, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (s:Product)-[r:PAIRS_WITH]->(t:Product)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN 'Product-PAIRS_WITH->Product' AS kind, s.id AS s, t.id AS t, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (s:Product)-[r:IS_A]->(t:ProductType)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN 'Product-IS_A->ProductType' AS kind, s.id AS s, t.id AS t, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (s:Intent)-[r:HAS_THEME]->(t:Theme)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN 'Intent-HAS_THEME->Theme' AS kind, s.id AS s, t.id AS t, properties(r) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (s:ProductType)-[r:IN_THEME]->(t:Theme)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
RETURN 'ProductType-IN_THEME->Theme' AS kind, s.id AS s, t.id AS t, properties(r) AS props
