// Purpose: how many nodes and relationships of each kind the served build shows.
// Parameters: none.
// Result: kind: label or 'Source-TYPE->Target', n: integer.
// Cost: reads everything: seconds on millions; for a figure at no cost read KgMeta (read/current.cypher).
MATCH (m:KgMeta {id: 'current'})
MATCH (n:Intent)
WHERE n.h IS NOT NULL AND n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
WITH count(n) AS n
RETURN 'Intent' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (n:ProductType)
WHERE n.h IS NOT NULL AND n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
WITH count(n) AS n
RETURN 'ProductType' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (n:Product)
WHERE n.h IS NOT NULL AND n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
WITH count(n) AS n
RETURN 'Product' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (n:Theme)
WHERE n.h IS NOT NULL AND n.since <= m.generation AND (n.until IS NULL OR n.until > m.generation)
WITH count(n) AS n
RETURN 'Theme' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (:Intent)-[r:SATISFIED_BY]->(:ProductType)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH count(r) AS n
RETURN 'Intent-SATISFIED_BY->ProductType' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (:Intent)-[r:SATISFIED_BY]->(:Product)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH count(r) AS n
RETURN 'Intent-SATISFIED_BY->Product' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (:Intent)-[r:PAIRS_WITH]->(:ProductType)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH count(r) AS n
RETURN 'Intent-PAIRS_WITH->ProductType' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (:Intent)-[r:PAIRS_WITH]->(:Product)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH count(r) AS n
RETURN 'Intent-PAIRS_WITH->Product' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (:ProductType)-[r:COMPLEMENTS]->(:ProductType)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH count(r) AS n
RETURN 'ProductType-COMPLEMENTS->ProductType' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (:ProductType)-[r:SUBSTITUTES]->(:ProductType)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH count(r) AS n
RETURN 'ProductType-SUBSTITUTES->ProductType' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (:ProductType)-[r:PAIRS_WITH]->(:ProductType)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH count(r) AS n
RETURN 'ProductType-PAIRS_WITH->ProductType' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (:Product)-[r:COMPLEMENTS]->(:Product)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH count(r) AS n
RETURN 'Product-COMPLEMENTS->Product' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (:Product)-[r:SUBSTITUTES]->(:Product)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH count(r) AS n
RETURN 'Product-SUBSTITUTES->Product' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (:Product)-[r:PAIRS_WITH]->(:Product)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH count(r) AS n
RETURN 'Product-PAIRS_WITH->Product' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (:Product)-[r:IS_A]->(:ProductType)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH count(r) AS n
RETURN 'Product-IS_A->ProductType' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (:Intent)-[r:HAS_THEME]->(:Theme)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH count(r) AS n
RETURN 'Intent-HAS_THEME->Theme' AS kind, n AS n
UNION ALL
MATCH (m:KgMeta {id: 'current'})
MATCH (:ProductType)-[r:IN_THEME]->(:Theme)
WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH count(r) AS n
RETURN 'ProductType-IN_THEME->Theme' AS kind, n AS n
