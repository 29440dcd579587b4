// Purpose: the content hash of every Product node that this project wrote and that is not gone, to load only what changed.
// Parameters: none.
// Result: id: string, h: string, since: integer, the generation it first shows in; in no order.
// Cost: one scan of the label; stream it.
MATCH (n:Product)
WHERE n.h IS NOT NULL AND n.until IS NULL
RETURN n.id AS id, n.h AS h, coalesce(n.since, 0) AS since
