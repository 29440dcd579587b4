"""From what a model or a shopper says to what the catalogue holds, or to NIL: candidates, features, decision."""
