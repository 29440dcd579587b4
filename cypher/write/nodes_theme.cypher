// Purpose: create or change Theme nodes. Running it again with the same rows changes nothing.
//   A node of somebody else's (it has no h) is left as it is, and missing from the count.
// Parameters: rows: list of {id: string, props: map of every property but id; null removes one};
//   n: integer, the generation that a new node first shows in.
// Result: written: how many of the rows are nodes now; less than sent means that rows were doubled or not ours.
// Cost: one index seek per row.
UNWIND $rows AS row
MERGE (n:Theme {id: row.id})
ON CREATE SET n.since = $n, n.h = row.props.h
WITH n, row
WHERE n.h IS NOT NULL
SET n += row.props, n.since = coalesce(n.since, $n), n.until = null
RETURN count(DISTINCT n) AS written
