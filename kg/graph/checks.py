"""The type-level graph checked as a whole: what single statements cannot show.

Every edge is asked an ordered table of rules; then substitutes and complements of the same two types are settled.
What is left is put in order (ranks without holes, symmetry as it is) and its shape is looked at with networkx.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kg.curation.edges import content_hash
from kg.graph.names import SEMANTICS
from kg.graph.options import CheckOptions
from kg.graph.shape import GraphShape, shape_of
from kg.graph.type_edges import edge_name
from kg.model import Drop, Edge, Intent, NodeKind, ProductType, Relation, StageCounts
from kg.records import write_jsonl
from kg.text import key

__all__ = ["TYPE_RULES", "TypeCheck", "TypeRule", "check_types", "write_check"]

_SCORES = ("plausibility", "typicality", "confidence")
_EXCLUSIVE = (Relation.COMPLEMENTS, Relation.SUBSTITUTES)


@dataclass(frozen=True, slots=True)
class TypeCheck:
    """The edges that stand, what was thrown out and why, what looks odd, and the shape of what stands."""

    edges: tuple[Edge, ...]
    violations: tuple[Drop, ...]
    warnings: tuple[Drop, ...]
    counts: StageCounts
    shape: GraphShape


@dataclass(frozen=True, slots=True)
class _Known:
    """The nodes there are: intents by id, types by id, and each type's names as comparison keys."""

    intents: Mapping[str, Intent]
    types: Mapping[str, ProductType]
    names: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class TypeRule:
    """One rule: ``broken(edge, known)`` says what is wrong with the edge, or returns an empty text."""

    name: str
    broken: Callable[[Edge, _Known], str]


def check_types(
    edges: Sequence[Edge],
    types: Sequence[ProductType],
    intents: Sequence[Intent],
    options: CheckOptions | None = None,
) -> TypeCheck:
    """Return what stands of ``edges`` over the catalogue's ``types`` and the ``intents``.

    Kept edges are sorted by relation, source kind, source, rank and target. An edge whose rank or symmetry changed
    because others went has a new ``h``. The result does not depend on the order of ``edges``.
    """
    names = {str(each.id): frozenset(key(name) for name in (each.name, *each.aliases)) for each in types}
    known = _Known({each.id: each for each in intents}, {each.id: each for each in types}, names)
    violations: list[Drop] = []
    sound: dict[tuple[Relation, NodeKind, str, str], Edge] = {}
    for edge in sorted(edges, key=_best_first):
        broken = _first_broken(edge, known)
        name = (edge.relation, edge.source_kind, edge.source_id, edge.target_id)
        if broken is None and name in sound:
            broken = ("duplicate", "the same edge stands with at least the same confidence")
        if broken is not None:
            violations.append(Drop("graph", edge_name(edge), *broken))
            continue
        sound[name] = edge
    kept = _settle(_without_clashes(list(sound.values()), violations))
    shape, warnings = shape_of(kept, sorted(known.types), options or CheckOptions())
    return TypeCheck(
        edges=tuple(kept),
        violations=tuple(sorted(violations, key=lambda drop: (drop.item, drop.rule, drop.reason))),
        warnings=tuple(warnings),
        counts=StageCounts(taken=len(edges), kept=len(kept), dropped=len(violations)),
        shape=shape,
    )


def write_check(check: TypeCheck, out: Path) -> None:
    """Write ``edges.jsonl``, ``violations.jsonl`` and ``warnings.jsonl`` into ``out``."""
    write_jsonl(out / "edges.jsonl", check.edges)
    write_jsonl(out / "violations.jsonl", check.violations)
    write_jsonl(out / "warnings.jsonl", check.warnings)


def _kinds(edge: Edge, known: _Known) -> str:
    semantics = SEMANTICS.get(edge.relation)
    if semantics is None or (edge.source_kind, edge.target_kind) not in semantics.joins:
        return f"{edge.relation} does not lead from {edge.source_kind} to {edge.target_kind}"
    intent = known.intents.get(edge.source_id) if edge.source_kind is NodeKind.INTENT else None
    if intent is not None and intent.kind not in semantics.intents:
        return f"{edge.relation} does not start at an intent of kind {intent.kind}"
    return ""


def _endpoints(edge: Edge, known: _Known) -> str:
    sources = known.intents if edge.source_kind is NodeKind.INTENT else known.types
    if edge.source_id not in sources:
        return f"there is no {edge.source_kind} {edge.source_id!r}"
    return "" if edge.target_id in known.types else f"there is no {edge.target_kind} {edge.target_id!r}"


def _self(edge: Edge, _: _Known) -> str:
    same = edge.source_kind is edge.target_kind and edge.source_id == edge.target_id
    return "the edge leads back to where it starts" if same else ""


def _variant(edge: Edge, known: _Known) -> str:
    if edge.source_kind is not NodeKind.TYPE:
        return ""
    shared = known.names[edge.source_id] & known.names[edge.target_id]
    return f"both types are called {min(shared)!r}" if shared else ""


def _explanation(edge: Edge, _: _Known) -> str:
    return "" if edge.explanation.strip() else "there is no explanation"


def _scores(edge: Edge, _: _Known) -> str:
    values = {name: float(getattr(edge, name)) for name in _SCORES}
    wrong = [f"{name} is {value!r}" for name, value in values.items() if not 0.0 <= value <= 1.0]
    return f"{wrong[0]}, not a number from 0 to 1" if wrong else ""


TYPE_RULES: tuple[TypeRule, ...] = (
    TypeRule("kinds", _kinds),
    TypeRule("endpoints", _endpoints),
    TypeRule("self", _self),
    TypeRule("variant", _variant),
    TypeRule("explanation", _explanation),
    TypeRule("scores", _scores),
)


def _first_broken(edge: Edge, known: _Known) -> tuple[str, str] | None:
    for rule in TYPE_RULES:
        if reason := rule.broken(edge, known):
            return rule.name, reason
    return None


def _best_first(edge: Edge) -> tuple[bool, float, str, str, str, int, str, str]:
    """Order edges by a person's word, then confidence; the rest makes the order total."""
    unreviewed = not edge.evidence.reviewer
    return (
        unreviewed,
        -edge.confidence,
        edge.relation,
        edge.source_id,
        edge.target_id,
        edge.rank,
        edge.explanation,
        content_hash(edge),
    )


def _without_clashes(edges: Sequence[Edge], violations: list[Drop]) -> list[Edge]:
    """Keep one relation per unordered pair of types: substitute or complement, whichever has the better edge.

    At equal confidence the complement stays: a wrong replacement does more harm than a wrong suggestion.
    """
    winner: dict[frozenset[str], Edge] = {}
    for edge in sorted(edges, key=_best_first):
        if edge.relation in _EXCLUSIVE:
            winner.setdefault(frozenset((edge.source_id, edge.target_id)), edge)
    kept: list[Edge] = []
    for edge in edges:
        best = winner.get(frozenset((edge.source_id, edge.target_id))) if edge.relation in _EXCLUSIVE else None
        if best is None or best.relation is edge.relation:
            kept.append(edge)
            continue
        reason = f"{edge_name(best)} stands with confidence {best.confidence:.3f} against {edge.confidence:.3f}"
        violations.append(Drop("graph", edge_name(edge), "clash", reason))
    return kept


def _settle(edges: Sequence[Edge]) -> list[Edge]:
    """Return ``edges`` in order, ranks from 1 without holes, symmetric where the opposite stands too."""
    names = {(edge.source_id, edge.target_id) for edge in edges if edge.relation is Relation.SUBSTITUTES}
    places: dict[tuple[Relation, NodeKind, str], int] = defaultdict(int)
    settled: list[Edge] = []
    for edge in sorted(edges, key=lambda e: (e.relation, e.source_kind, e.source_id, e.rank, e.target_id)):
        subject = (edge.relation, edge.source_kind, edge.source_id)
        places[subject] += 1
        symmetric = edge.relation is Relation.SUBSTITUTES and (edge.target_id, edge.source_id) in names
        if (edge.rank, edge.symmetric) != (places[subject], symmetric):
            changed = replace(edge, rank=places[subject], symmetric=symmetric)
            settled.append(replace(changed, h=content_hash(changed)))
        else:
            settled.append(edge)
    return settled
