// Purpose: create Intent-PAIRS_WITH->ProductType relationships that show from a generation on, none of which does yet.
//   Running it again makes them twice: what may have been done already is done by the file of this name in ../write.
// Parameters: as of that file.
// Result: written: how many of the rows are in the graph now; less than sent means that an id is no node.
// Cost: two index seeks per row.
UNWIND $rows AS row
MATCH (s:Intent {id: row.s})
MATCH (t:ProductType {id: row.t})
CREATE (s)-[r:PAIRS_WITH {since: $n}]->(t)
SET r += row.props, r.build = $build
RETURN count(r) AS written
