// Purpose: forget generations, before what only they show is deleted.
// Parameters: kept: list of integer, those to keep.
// Result: deleted: how many are forgotten.
// Cost: one scan of a label with a handful of nodes.
MATCH (g:KgGeneration)
WHERE NOT g.id IN $kept
DELETE g
RETURN count(g) AS deleted
