"""Ask a language model what products are for; one extractor over a table of relation specs."""
