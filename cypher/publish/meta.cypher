// Purpose: say what the graph holds and which generation its readers see. One small transaction.
// Parameters: props: map of the properties of KgMeta to set; null removes one.
// Result: written: 1.
// Cost: one index seek.
MERGE (m:KgMeta {id: 'current'})
SET m += $props
RETURN count(m) AS written
