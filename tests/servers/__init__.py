"""What the tests need around the project: a real Neo4j, files to load."""
