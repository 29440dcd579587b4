// Purpose: range indexes for browsing: products of a type, intents of a kind. Both stores.
// Parameters: none. Result: none. Cost: nothing when they exist; else one scan of the label.
CREATE INDEX kg_product_type IF NOT EXISTS FOR (n:Product) ON (n.type_id);
CREATE INDEX kg_intent_kind IF NOT EXISTS FOR (n:Intent) ON (n.kind);
