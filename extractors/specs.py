"""The table of relation specs: who can be the subject of which relation."""

from __future__ import annotations

from dataclasses import dataclass

from kg.model import IntentKind, NodeKind, Relation

__all__ = ["SPECS", "RelationSpec"]


@dataclass(frozen=True, slots=True)
class RelationSpec:
    """One relation. ``subject_kinds``: what is asked about; ``food_only``: only types in pairing categories."""

    relation: Relation
    subject_kinds: frozenset[NodeKind]
    intent_kinds: frozenset[IntentKind] = frozenset()
    food_only: bool = False


SPECS: dict[Relation, RelationSpec] = {
    spec.relation: spec
    for spec in (
        RelationSpec(Relation.SATISFIED_BY, frozenset({NodeKind.INTENT}), frozenset(IntentKind)),
        RelationSpec(Relation.COMPLEMENTS, frozenset({NodeKind.TYPE})),
        RelationSpec(Relation.SUBSTITUTES, frozenset({NodeKind.TYPE})),
        RelationSpec(
            Relation.PAIRS_WITH,
            frozenset({NodeKind.INTENT, NodeKind.TYPE}),
            frozenset({IntentKind.DISH, IntentKind.CUISINE}),
            food_only=True,
        ),
    )
}
