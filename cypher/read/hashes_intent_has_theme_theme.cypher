// Purpose: the content hash of every Intent-HAS_THEME->Theme relationship that this project wrote and that is not gone.
// Parameters: none.
// Result: s: source id, t: target id, h: string, since: integer, the generation it first shows in; in no order.
// Cost: one scan of the relationships; stream it.
MATCH (s:Intent)-[r:HAS_THEME]->(t:Theme)
WHERE r.h IS NOT NULL AND r.until IS NULL
RETURN s.id AS s, t.id AS t, r.h AS h, coalesce(r.since, 0) AS since
