"""Product knowledge graph builder: distil, link, curate, load, look up."""
