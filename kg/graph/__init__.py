"""Projection of type-level knowledge onto catalogue ids, with guards, and checks of the graph as a whole."""
