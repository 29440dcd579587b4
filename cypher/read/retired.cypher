// Purpose: notes of what was marked as gone and only generations before `oldest` show; relationships before nodes.
// Parameters: oldest: integer, the oldest generation that is kept.
// Result: id: string; until: integer; kind: string.
// Cost: one scan of the notes.
MATCH (j:KgRetired)
WHERE j.until <= $oldest
RETURN j.id AS id, j.until AS until, j.kind AS kind, size(j.t) = 0 AS nodes
ORDER BY nodes, until, id
