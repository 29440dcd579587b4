// Purpose: delete relationships of ours that only generations before the oldest kept one show and that no note names.
//   One with a property that is not ours stays.
// Parameters: oldest: integer, the oldest generation that is kept; ours: list of string, the properties that this
//   project writes; k: how many at most.
// Result: deleted: how many are gone; call it again until it is 0.
// Cost: one scan of the relationships; for repairs.
MATCH ()-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH|IS_A|HAS_THEME|IN_THEME]->()
WHERE r.h IS NOT NULL AND r.until <= $oldest AND all(k IN keys(r) WHERE k IN $ours)
WITH r LIMIT $k
DELETE r
RETURN count(r) AS deleted
