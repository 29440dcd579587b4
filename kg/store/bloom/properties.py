"""The properties that Bloom shows of nodes and relationships, and what kind of value each holds."""

from __future__ import annotations

from dataclasses import dataclass

from kg.model import NodeKind, Relation
from kg.store.kinds import EDGE_KINDS, NODE_KINDS

__all__ = ["REVIEW", "Property", "of_label", "of_relation"]

REVIEW = ("review", "review_at", "review_by", "review_why")
"""What a reader notes on an edge. These names are the reader's: the loader neither writes nor removes them."""

_KIND = {
    **dict.fromkeys(("popularity", "reach", "price", "plausibility", "typicality", "confidence", "lift"), "number"),
    **dict.fromkeys(("products", "rank", "samples", "agreed", "pairs", "since", "until", "review_at"), "bigint"),
    **dict.fromkeys(("contexts", "embedding"), "array"),
    "in_stock": "boolean",
}
# What keeps the graph in order, and says nothing to somebody who reads it. `search` stays: Bloom finds only by what a
# perspective shows, and this is what its full-text search reads.
_HIDDEN = frozenset({
    "h", "since", "until", "embedding", "group_id", "type_id", "intent_id", "model", "prompt_hash", "via_source",
    "via_target",
})  # fmt: skip
_KNOWLEDGE = frozenset((Relation.SATISFIED_BY, Relation.COMPLEMENTS, Relation.SUBSTITUTES, Relation.PAIRS_WITH))
# Bloom hides properties of nodes only. Of relationships it is told those it may show; a style is based on `until`.
_OF_EDGES = frozenset(("until", "model"))


@dataclass(frozen=True, slots=True)
class Property:
    """A property. ``kind`` is Bloom's word: string, number, bigint, boolean or array."""

    name: str
    kind: str
    hidden: bool = False


def of_label(label: NodeKind) -> list[Property]:
    """Return the properties of a label's nodes, in their order in the graph."""
    (table,) = (table for table in NODE_KINDS if table.label is label)
    return [_property(name, hidden=name in _HIDDEN) for name in table.ours]


def of_relation(relation: Relation) -> list[Property]:
    """Return the properties of a relation's edges that are for reading, those a reader may note among them."""
    ours = dict.fromkeys(name for kind in EDGE_KINDS if kind.relation is relation for name in kind.ours)
    names = [name for name in ours if name in _OF_EDGES or name not in _HIDDEN]
    return [_property(name) for name in (*names, *(REVIEW if relation in _KNOWLEDGE else ()))]


def _property(name: str, *, hidden: bool = False) -> Property:
    return Property(name, _KIND.get(name, "string"), hidden)
