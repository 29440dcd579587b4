// Purpose: an id is unique within its label; makes the index that every MATCH by id uses. Both stores.
// Parameters: none. Result: none. Cost: nothing when they exist; else one scan of the label.
CREATE CONSTRAINT kg_intent_id IF NOT EXISTS FOR (n:Intent) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT kg_type_id IF NOT EXISTS FOR (n:ProductType) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT kg_product_id IF NOT EXISTS FOR (n:Product) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT kg_theme_id IF NOT EXISTS FOR (n:Theme) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT kg_meta_id IF NOT EXISTS FOR (n:KgMeta) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT kg_generation_id IF NOT EXISTS FOR (n:KgGeneration) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT kg_retired_id IF NOT EXISTS FOR (n:KgRetired) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT kg_lock_id IF NOT EXISTS FOR (n:KgLock) REQUIRE n.id IS UNIQUE;
