"""How good a linker of products is: labelled sets, measures, floors, and a page to read."""
