-- Purpose: the indexes of ../fulltext.cypher and ../vector.cypher for ArcadeDB, which declares them in SQL.
-- Parameters: none. Result: none. Cost: nothing when they exist; else one scan of the type.
CREATE PROPERTY Intent.search IF NOT EXISTS STRING;
CREATE PROPERTY ProductType.search IF NOT EXISTS STRING;
CREATE PROPERTY Product.search IF NOT EXISTS STRING;
CREATE INDEX kg_intent_words IF NOT EXISTS ON Intent (search) FULL_TEXT;
CREATE INDEX kg_type_words IF NOT EXISTS ON ProductType (search) FULL_TEXT;
CREATE INDEX kg_product_words IF NOT EXISTS ON Product (search) FULL_TEXT;
CREATE PROPERTY Intent.embedding IF NOT EXISTS ARRAY_OF_FLOATS;
CREATE PROPERTY ProductType.embedding IF NOT EXISTS ARRAY_OF_FLOATS;
CREATE INDEX kg_intent_vector IF NOT EXISTS ON Intent (embedding) LSM_VECTOR METADATA {dimensions: 256, similarity: 'COSINE'};
CREATE INDEX kg_type_vector IF NOT EXISTS ON ProductType (embedding) LSM_VECTOR METADATA {dimensions: 256, similarity: 'COSINE'};
