"""One file per published number; see docs/benchmarks.md."""
