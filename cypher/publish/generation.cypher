// Purpose: note a published generation, which readers can be sent back to.
// Parameters: id: integer, its number; props: {build: string, published_at: epoch milliseconds, counts: JSON text}.
// Result: written: 1.
// Cost: one index seek.
MERGE (g:KgGeneration {id: $id})
SET g += $props
RETURN count(g) AS written
