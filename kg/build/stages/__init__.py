"""The stages, one module each: what a stage reads, what its shards depend on, what it writes."""
