// Purpose: create or change Theme nodes. Running it again with the same rows changes nothing.
// Parameters: rows: list of {id: string, props: map of every property but id; null removes one}.
// Result: written: how many nodes exist now; less than the rows sent means that rows were doubled.
// Cost: one index seek per row.
UNWIND $rows AS row
MERGE (n:Theme {id: row.id})
SET n += row.props
RETURN count(DISTINCT n) AS written
