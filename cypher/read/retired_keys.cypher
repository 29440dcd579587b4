// Purpose: what one note says was marked as gone.
// Parameters: id: string.
// Result: s, t: lists of ids, t empty for nodes.
// Cost: one index seek.
MATCH (j:KgRetired {id: $id})
RETURN j.s AS s, j.t AS t
