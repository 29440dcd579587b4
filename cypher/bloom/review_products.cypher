// Purpose: the edges of products that somebody approved or rejected, with the edge between types that each was made
//   from: decisions are about types, so a person has to say what follows. In Neo4j Browser: paste, run, Export CSV.
// Parameters: none.
// Result: review: 'approved' or 'rejected'; relation; source, source_name, target, target_name, via_source,
//   via_target: ids and names; who, when, why, explanation, confidence: as in review_decisions.
// Cost: reads the label Product and every edge that ends in its nodes, once: some ten seconds on ten million edges.
MATCH (m:KgMeta {id: 'current'})
MATCH (a)-[r:SATISFIED_BY|COMPLEMENTS|SUBSTITUTES|PAIRS_WITH]->(b:Product)
WHERE r.review IN ['approved', 'rejected'] AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation)
WITH r, a.id AS s, coalesce(a.title, a.name, '') AS s_name, b.id AS t, coalesce(b.title, '') AS t_name,
  coalesce(r.review_by, '') AS who, coalesce(r.review_why, '') AS why, coalesce(r.explanation, '') AS reason
RETURN r.review AS review, type(r) AS relation,
  CASE WHEN left(s, 1) IN ['=', '+', '-', '@'] THEN "'" + s ELSE s END AS source,
  CASE WHEN left(s_name, 1) IN ['=', '+', '-', '@'] THEN "'" + s_name ELSE s_name END AS source_name,
  CASE WHEN left(t, 1) IN ['=', '+', '-', '@'] THEN "'" + t ELSE t END AS target,
  CASE WHEN left(t_name, 1) IN ['=', '+', '-', '@'] THEN "'" + t_name ELSE t_name END AS target_name,
  r.via_source AS via_source, r.via_target AS via_target,
  CASE WHEN left(who, 1) IN ['=', '+', '-', '@'] THEN "'" + who ELSE who END AS who,
  CASE WHEN r.review_at IS NULL THEN '' ELSE left(toString(datetime({epochMillis: r.review_at})), 10) END AS `when`,
  CASE WHEN left(why, 1) IN ['=', '+', '-', '@'] THEN "'" + why ELSE why END AS why,
  CASE WHEN left(reason, 1) IN ['=', '+', '-', '@'] THEN "'" + reason ELSE reason END AS explanation,
  r.confidence AS confidence
ORDER BY `when`, relation, source, target
