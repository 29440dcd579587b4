"""Make the type-level edges of the claims that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace

from kg.curation.claims import Claim, EdgeKey, edge_key
from kg.model import DecisionAction, Edge, Evidence, NodeKind, Relation
from kg.records import digest

__all__ = ["content_hash", "make_edges"]


def make_edges(kept: Sequence[Claim], merged: Mapping[EdgeKey, Sequence[Claim]]) -> tuple[Edge, ...]:
    """Return one edge per kept claim, ranked from 1 within its subject and relation.

    Pinned ones come first, then by confidence, then by target id. ``merged`` are the duplicates of a kept
    claim: their evidence, contexts and statement ids are joined to its edge. A SUBSTITUTES edge is symmetric
    when its opposite is kept too.
    """
    keys = {edge_key(claim) for claim in kept}
    places: dict[tuple[Relation, NodeKind, str], int] = {}
    edges: list[Edge] = []
    for claim in sorted(kept, key=_order):
        edge = edge_key(claim)
        places[edge[:3]] = places.get(edge[:3], 0) + 1
        made = _edge(claim, places[edge[:3]], merged.get(edge, ()))
        made = replace(made, symmetric=_symmetric(edge, keys))
        edges.append(replace(made, h=content_hash(made)))
    return tuple(sorted(edges, key=lambda e: (e.relation, e.source_kind, e.source_id, e.rank, e.target_id)))


def content_hash(edge: Edge) -> str:
    """Return the first 16 hex digits of the sha256 of everything in ``edge`` but ``h``."""
    content = asdict(edge)
    del content["h"]
    return digest(content)[:16]


def _order(claim: Claim) -> tuple[str, str, str, bool, float, str]:
    relation, kind, source, target = edge_key(claim)
    pinned = claim.decision is not None and claim.decision.action is DecisionAction.PIN
    return relation, kind, source, not pinned, -claim.scores.confidence, target


def _symmetric(edge: EdgeKey, kept: set[EdgeKey]) -> bool:
    relation, kind, source, target = edge
    return relation is Relation.SUBSTITUTES and (relation, kind, target, source) in kept


def _edge(claim: Claim, rank: int, duplicates: Sequence[Claim]) -> Edge:
    relation, kind, source, target = edge_key(claim)
    joined = (claim, *duplicates)
    return Edge(
        relation=relation,
        source_kind=kind,
        source_id=source,
        target_kind=NodeKind.TYPE,
        target_id=target,
        explanation=claim.explanation,
        plausibility=claim.scores.plausibility,
        typicality=claim.scores.typicality,
        confidence=claim.scores.confidence,
        rank=rank,
        provenance=claim.statement.provenance,
        evidence=_evidence(claim, [each.statement.evidence for each in joined]),
        contexts=tuple(sorted({context for each in joined for context in each.statement.contexts})),
        qualifiers=claim.link.qualifiers,
        statement_ids=tuple(sorted(each.id for each in joined)),
    )


def _evidence(claim: Claim, joined: Iterable[Evidence]) -> Evidence:
    """Join evidence without counting a sample twice: two mentions of one answer are one voice."""
    most = max(joined, key=lambda each: (each.agreed, each.samples))
    reviewer = claim.statement.evidence.reviewer if claim.decision is None else claim.decision.who
    return replace(claim.statement.evidence, samples=most.samples, agreed=most.agreed, reviewer=reviewer)
