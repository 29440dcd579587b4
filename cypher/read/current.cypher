// Purpose: what the graph holds and which generation its readers see; no row when nothing was ever loaded.
// Parameters: none.
// Result: build: string, the served build; generation: integer, its number, null before the first; newest,
//   newest_build: the last one published; schema: integer; counts: JSON text, kind -> how many; staging: string, the
//   build that is being loaded or was when its load was cut off, else null.
// Cost: one index seek.
MATCH (m:KgMeta {id: 'current'})
RETURN m.build AS build, m.generation AS generation, m.newest AS newest, m.newest_build AS newest_build,
  m.schema AS schema, m.counts AS counts, m.staging AS staging
