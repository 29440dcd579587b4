// Purpose: vector indexes over `embedding`, the static embedding of a name. Neo4j; ArcadeDB has the same indexes under the
//   same names from arcadedb/search.sql.
// Parameters: none. Result: none. Cost: nothing when they exist; else one scan of the label.
CREATE VECTOR INDEX kg_intent_vector IF NOT EXISTS FOR (n:Intent) ON (n.embedding)
OPTIONS {indexConfig: {`vector.dimensions`: 256, `vector.similarity_function`: 'cosine'}};
CREATE VECTOR INDEX kg_type_vector IF NOT EXISTS FOR (n:ProductType) ON (n.embedding)
OPTIONS {indexConfig: {`vector.dimensions`: 256, `vector.similarity_function`: 'cosine'}};
