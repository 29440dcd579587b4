// Purpose: remove a note of what was marked as gone, in the transaction that deletes it.
// Parameters: id: string.
// Result: deleted: 1, or 0 when it is gone already.
// Cost: one index seek.
MATCH (j:KgRetired {id: $id})
DELETE j
RETURN count(j) AS deleted
