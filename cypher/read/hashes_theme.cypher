// Purpose: the content hash of every Theme node that this project wrote, to load only what changed.
// Parameters: none.
// Result: id: string, h: string; in no order.
// Cost: one scan of the label; stream it.
MATCH (n:Theme)
WHERE n.h IS NOT NULL
RETURN n.id AS id, n.h AS h
