// Purpose: the published generations that readers can be sent back to, newest first.
// Parameters: none.
// Result: id: integer; build: string; published_at: epoch milliseconds; counts: JSON text.
// Cost: one scan of a label with a handful of nodes.
MATCH (g:KgGeneration)
RETURN g.id AS id, g.build AS build, g.published_at AS published_at, g.counts AS counts
ORDER BY id DESC
