// Purpose: put another version beside Intent-SATISFIED_BY->Product relationships, which show up to a generation; the new version shows from
//   it on. What somebody else noted on the old one goes along. Running it again with the same rows changes nothing.
// Parameters: as of ../write/edges_intent_satisfied_by_product.cypher; ours: list of string,
//   the properties that this project writes.
// Result: written: how many of the rows have a new version; less than sent means that there was no old one.
// Cost: two index seeks per row and two expansions of one end.
UNWIND $rows AS row
MATCH (s:Intent {id: row.s})-[old:SATISFIED_BY]->(t:Product {id: row.t})
WHERE old.h IS NOT NULL AND coalesce(old.since, 0) < $n AND coalesce(old.until, $n) = $n
SET old.until = $n
MERGE (s)-[r:SATISFIED_BY {since: $n}]->(t)
ON CREATE SET r += CASE WHEN any(name IN keys(old) WHERE NOT name IN $ours) THEN properties(old) ELSE {} END,
  r.since = $n, r.until = null
SET r += row.props, r.build = $build
RETURN count(DISTINCT r) AS written
