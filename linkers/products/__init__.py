"""Mention or offer -> product of the catalogue, or NIL: an index of arrays, pair features, a calibrated decision."""
