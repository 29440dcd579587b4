"""Mention -> product type: names, synonyms, spelling, broader and narrower kinds, or NIL."""
