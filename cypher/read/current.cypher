// Purpose: which build the graph holds; no row when none was ever loaded whole.
// Parameters: none.
// Result: build: string, schema: integer, counts: JSON text, kind of node or relationship -> how many.
// Cost: one index seek.
MATCH (m:KgMeta {id: 'current'})
RETURN m.build AS build, m.schema AS schema, m.counts AS counts
