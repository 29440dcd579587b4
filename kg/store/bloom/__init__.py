"""The perspective for Neo4j Bloom: what merchandisers see of the graph, ask it and note on it."""
