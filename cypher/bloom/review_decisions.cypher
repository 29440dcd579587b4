// Purpose: the edges between types that somebody approved or rejected, as lines of the file of decisions: export the
//   table as CSV, fill in who, and append the lines. In Neo4j Browser: paste, run, Export CSV.
// Parameters: none.
// Result: action: 'accept' or 'reject'; relation; subject, target: ids; explanation: empty, so that an accepted edge
//   keeps the sentence it gets; who: string, empty when nobody filled in review_by; when: date in UTC,
//   year-month-day, empty when somebody wrote review by hand; why: string, from review_why; reason: the sentence as
//   it was; confidence. A text that a spreadsheet could take for a formula has an apostrophe before it, as the file
//   of decisions expects.
// Cost: reads the label ProductType and the edges between types that end in its nodes: tens of thousands in a second
//   or less, however many products there are.
MATCH (m:KgMeta {id: 'current'})
MATCH (b:ProductType)
WITH m, b
MATCH (a)-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b)
WHERE r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
  AND r.review IN ['approved', 'rejected']
WITH a, b, r, coalesce(r.review_by, '') AS who, coalesce(r.review_why, '') AS why, coalesce(r.explanation, '') AS reason
RETURN CASE r.review WHEN 'approved' THEN 'accept' ELSE 'reject' END AS action, type(r) AS relation,
  CASE WHEN left(a.id, 1) IN ['=', '+', '-', '@'] THEN "'" + a.id ELSE a.id END AS subject,
  CASE WHEN left(b.id, 1) IN ['=', '+', '-', '@'] THEN "'" + b.id ELSE b.id END AS target, '' AS explanation,
  CASE WHEN left(who, 1) IN ['=', '+', '-', '@'] THEN "'" + who ELSE who END AS who,
  CASE WHEN r.review_at IS NULL THEN '' ELSE left(toString(datetime({epochMillis: r.review_at})), 10) END AS `when`,
  CASE WHEN left(why, 1) IN ['=', '+', '-', '@'] THEN "'" + why ELSE why END AS why,
  CASE WHEN left(reason, 1) IN ['=', '+', '-', '@'] THEN "'" + reason ELSE reason END AS reason,
  r.confidence AS confidence
ORDER BY `when`, relation, subject, target
