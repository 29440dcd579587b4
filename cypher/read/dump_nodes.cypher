// Purpose: every node that this project wrote, whole: to compare two graphs.
// Parameters: none.
// Result: kind: label, id: string, props: map; in no order.
// Cost: one scan of each label; stream it.
MATCH (n:Intent) WHERE n.h IS NOT NULL RETURN 'Intent' AS kind, n.id AS id, properties(n) AS props
UNION ALL
MATCH (n:ProductType) WHERE n.h IS NOT NULL RETURN 'ProductType' AS kind, n.id AS id, properties(n) AS props
UNION ALL
MATCH (n:Product) WHERE n.h IS NOT NULL RETURN 'Product' AS kind, n.id AS id, properties(n) AS props
UNION ALL
MATCH (n:Theme) WHERE n.h IS NOT NULL RETURN 'Theme' AS kind, n.id AS id, properties(n) AS props
