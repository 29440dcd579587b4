// Purpose: delete Product-SUBSTITUTES->Product relationships that are gone since a generation that nobody reads any more.
//   One with a property that is not ours stays.
// Parameters: rows: list of {s: source id, t: target id}; until: integer, the generation they are gone from;
//   ours: list of string, the properties that this project writes.
// Result: found: how many of them are still there; deleted: how many of those are gone now.
// Cost: two index seeks per row and the expansion of one end.
UNWIND $rows AS row
MATCH (s:Product {id: row.s})-[r:SUBSTITUTES]->(t:Product {id: row.t})
WHERE r.h IS NOT NULL AND r.until = $until
WITH r, all(k IN keys(r) WHERE k IN $ours) AS free
FOREACH (gone IN CASE WHEN free THEN [r] ELSE [] END | DELETE gone)
RETURN count(free) AS found, sum(CASE WHEN free THEN 1 ELSE 0 END) AS deleted
