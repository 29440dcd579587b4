"""Closed lists of the graph room: which relations are projected, between what, and the guards' names.

``SEMANTICS`` is the table of the design as data: which kinds of nodes a relation may join on the type level, and
from which kinds of intents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kg.model import IntentKind, NodeKind, Relation

__all__ = ["GUARD_NAMES", "PROJECTED", "SEMANTICS", "Semantics"]

GUARD_NAMES = (
    "variant",
    "audience",
    "audience_kept",
    "diet",
    "scent",
    "scent_kept",
    "form",
    "compatibility",
    "brand",
    "size",
)
PROJECTED = (Relation.COMPLEMENTS, Relation.PAIRS_WITH, Relation.SATISFIED_BY, Relation.SUBSTITUTES)


@dataclass(frozen=True, slots=True)
class Semantics:
    """What a relation may join. ``intents`` are the kinds of intents it may start at."""

    joins: frozenset[tuple[NodeKind, NodeKind]]
    intents: frozenset[IntentKind] = frozenset()


_TYPES = (NodeKind.TYPE, NodeKind.TYPE)
_WISH = (NodeKind.INTENT, NodeKind.TYPE)
_TABLE = {
    Relation.SATISFIED_BY: Semantics(frozenset({_WISH}), frozenset(IntentKind)),
    Relation.COMPLEMENTS: Semantics(frozenset({_TYPES})),
    Relation.SUBSTITUTES: Semantics(frozenset({_TYPES})),
    Relation.PAIRS_WITH: Semantics(
        frozenset({_TYPES, _WISH}),
        frozenset({IntentKind.DISH, IntentKind.CUISINE, IntentKind.OCCASION}),
    ),
}
SEMANTICS: Mapping[Relation, Semantics] = MappingProxyType(_TABLE)
