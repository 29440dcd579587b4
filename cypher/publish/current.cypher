// Purpose: name the build that the graph holds. The last step of a load, and one small transaction.
// Parameters: props: {build: string, schema: integer, counts: JSON text}.
// Result: written: 1.
// Cost: one index seek.
MERGE (m:KgMeta {id: 'current'})
SET m += $props
RETURN count(m) AS written
