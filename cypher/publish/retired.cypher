// Purpose: note what was marked as gone, in the transaction that marks it, so that it is found again without a search.
// Parameters: id: string, names the note; props: {until: integer, the first generation without it; kind: label or
//   'Source-TYPE->Target'; s: list of node or source ids; t: list of target ids, empty for nodes}.
// Result: written: 1.
// Cost: one index seek.
MERGE (j:KgRetired {id: $id})
SET j += $props
RETURN count(j) AS written
