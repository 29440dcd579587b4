"""The graph store: one driver seam, the loader, the look-ups."""
