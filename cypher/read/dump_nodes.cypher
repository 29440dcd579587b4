// Purpose: every node that this project wrote and the served build has, whole: to compare two graphs.
// Parameters: none.
// Result: kind: label, id: string, props: map; in no order.
// Cost: one scan of each label; stream it.
MATCH (m:KgMeta {id: 'current'})
MATCH (n:Intent)
WHERE n.h IS NOT NULL AND n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
RETURN 'Intent' AS kind, n.id AS id, properties(n) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (n:ProductType)
WHERE n.h IS NOT NULL AND n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
RETURN 'ProductType' AS kind, n.id AS id, properties(n) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (n:Product)
WHERE n.h IS NOT NULL AND n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
RETURN 'Product' AS kind, n.id AS id, properties(n) AS props
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (n:Theme)
WHERE n.h IS NOT NULL AND n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
RETURN 'Theme' AS kind, n.id AS id, properties(n) AS props
