// Purpose: the content hash of every ProductType-IN_THEME->Theme relationship that this project wrote, to load only what changed.
// Parameters: none.
// Result: s: source id, t: target id, h: string; in no order.
// Cost: one scan of the relationships; stream it.
MATCH (s:ProductType)-[r:IN_THEME]->(t:Theme)
WHERE r.h IS NOT NULL
RETURN s.id AS s, t.id AS t, r.h AS h
