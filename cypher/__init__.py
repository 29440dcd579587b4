"""All the Cypher there is, as files: read them with :mod:`kg.store.queries`, or run them from any language."""
