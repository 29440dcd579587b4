// Purpose: create Intent-HAS_THEME->Theme relationships that show from a generation on, or change those that do already.
//   Running it again with the same rows changes nothing.
// Parameters: rows: list of {s: source id, t: target id, props: map; null removes a property}, one row a pair;
//   n: integer, the generation; build: string, the build that created or changed them.
// Result: written: how many of the rows are in the graph now; less than sent means that an id is no node.
// Cost: two index seeks per row and the expansion of one end.
UNWIND $rows AS row
MATCH (s:Intent {id: row.s})
MATCH (t:Theme {id: row.t})
MERGE (s)-[r:HAS_THEME {since: $n}]->(t)
SET r += row.props, r.build = $build, r.until = null
RETURN count(r) AS written
