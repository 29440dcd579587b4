// Purpose: full-text indexes over `search`, the normalised words of a node, so that every store and every language
//   finds the same. Neo4j; ArcadeDB has the same indexes under the same names from arcadedb/search.sql.
// Parameters: none. Result: none. Cost: nothing when they exist; else one scan of the label.
CREATE FULLTEXT INDEX kg_intent_words IF NOT EXISTS FOR (n:Intent) ON EACH [n.search];
CREATE FULLTEXT INDEX kg_type_words IF NOT EXISTS FOR (n:ProductType) ON EACH [n.search];
CREATE FULLTEXT INDEX kg_product_words IF NOT EXISTS FOR (n:Product) ON EACH [n.search];
