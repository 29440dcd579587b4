// Purpose: how many nodes and relationships of each kind there are.
// Parameters: none.
// Result: kind: label or 'Source-TYPE->Target', n: integer.
// Cost: counts everything: seconds on millions; for a figure at no cost read KgMeta (read/current.cypher).
MATCH (n:Intent)
WITH count(n) AS n
RETURN 'Intent' AS kind, n AS n
UNION ALL
MATCH (n:ProductType)
WITH count(n) AS n
RETURN 'ProductType' AS kind, n AS n
UNION ALL
MATCH (n:Product)
WITH count(n) AS n
RETURN 'Product' AS kind, n AS n
UNION ALL
MATCH (n:Theme)
WITH count(n) AS n
RETURN 'Theme' AS kind, n AS n
UNION ALL
MATCH (:Intent)-[r:SATISFIED_BY]->(:ProductType)
WITH count(r) AS n
RETURN 'Intent-SATISFIED_BY->ProductType' AS kind, n AS n
UNION ALL
MATCH (:Intent)-[r:SATISFIED_BY]->(:Product)
WITH count(r) AS n
RETURN 'Intent-SATISFIED_BY->Product' AS kind, n AS n
UNION ALL
MATCH (:Intent)-[r:PAIRS_WITH]->(:ProductType)
WITH count(r) AS n
RETURN 'Intent-PAIRS_WITH->ProductType' AS kind, n AS n
UNION ALL
MATCH (:Intent)-[r:PAIRS_WITH]->(:Product)
WITH count(r) AS n
RETURN 'Intent-PAIRS_WITH->Product' AS kind, n AS n
UNION ALL
MATCH (:ProductType)-[r:COMPLEMENTS]->(:ProductType)
WITH count(r) AS n
RETURN 'ProductType-COMPLEMENTS->ProductType' AS kind, n AS n
UNION ALL
MATCH (:ProductType)-[r:SUBSTITUTES]->(:ProductType)
WITH count(r) AS n
RETURN 'ProductType-SUBSTITUTES->ProductType' AS kind, n AS n
UNION ALL
MATCH (:ProductType)-[r:PAIRS_WITH]->(:ProductType)
WITH count(r) AS n
RETURN 'ProductType-PAIRS_WITH->ProductType' AS kind, n AS n
UNION ALL
MATCH (:Product)-[r:COMPLEMENTS]->(:Product)
WITH count(r) AS n
RETURN 'Product-COMPLEMENTS->Product' AS kind, n AS n
UNION ALL
MATCH (:Product)-[r:SUBSTITUTES]->(:Product)
WITH count(r) AS n
RETURN 'Product-SUBSTITUTES->Product' AS kind, n AS n
UNION ALL
MATCH (:Product)-[r:PAIRS_WITH]->(:Product)
WITH count(r) AS n
RETURN 'Product-PAIRS_WITH->Product' AS kind, n AS n
UNION ALL
MATCH (:Product)-[r:IS_A]->(:ProductType)
WITH count(r) AS n
RETURN 'Product-IS_A->ProductType' AS kind, n AS n
UNION ALL
MATCH (:Intent)-[r:HAS_THEME]->(:Theme)
WITH count(r) AS n
RETURN 'Intent-HAS_THEME->Theme' AS kind, n AS n
UNION ALL
MATCH (:ProductType)-[r:IN_THEME]->(:Theme)
WITH count(r) AS n
RETURN 'ProductType-IN_THEME->Theme' AS kind, n AS n
