"""Type-level edges and pools as tables of the engine; every text goes in as a parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import duckdb

from kg.graph.engine import Columns, put
from kg.graph.features import Features
from kg.graph.type_edges import Pool, TypeEdges
from kg.model import Edge, NodeKind
from kg.records import digest

__all__ = ["put_edges", "put_pools"]

_NONE = -1  # the pool of an edge whose hard qualifiers no product carries


def put_edges(
    engine: duckdb.DuckDBPyConnection,
    given: TypeEdges,
    types: Mapping[str, int],
    features: Features,
    fallback_factor: float,
) -> None:
    """Create the table ``edge``: its number, source, pool and final confidence, and what product edges inherit.

    Sources are numbered like ``types``; intents follow after them.
    """
    intents = sorted({edge.source_id for edge in given.edges if edge.source_kind is NodeKind.INTENT})
    sources = {(NodeKind.TYPE, name): number for name, number in types.items()}
    sources |= {(NodeKind.INTENT, name): len(types) + place for place, name in enumerate(intents, 1)}
    resolved = [_resolve(features, pool) for pool in given.pools]
    factors = [fallback_factor if fell_back else 1.0 for _, fell_back in resolved]
    confidences = [edge.confidence * factor for edge, factor in zip(given.edges, factors, strict=True)]
    edges = given.edges
    put(
        engine,
        "edge",
        {
            "edge": ("INTEGER", range(len(edges))),
            "relation": ("VARCHAR", [edge.relation.value for edge in edges]),
            "source": ("INTEGER", [sources[edge.source_kind, edge.source_id] for edge in edges]),
            "pool": ("INTEGER", [pool for pool, _ in resolved]),
            "type": ("INTEGER", [types[edge.target_id] for edge in edges]),
            "chunk": ("INTEGER", [0] * len(edges)),
            "confidence": ("DOUBLE", confidences),
            "source_kind": ("VARCHAR", [_level(edge) for edge in edges]),
            **_inherited(edges),
            "content": ("VARCHAR", [_content(e, c) for e, c in zip(edges, confidences, strict=True)]),
        },
    )


def put_pools(engine: duckdb.DuckDBPyConnection, features: Features, types: Mapping[str, int]) -> None:
    """Create the table ``pool_used``; ``whole`` is null for a whole type, else which of its members count."""
    used = {number: (pool.type_id, whole) for pool in features.numbers for number, whole in _used(features, pool)}
    rows = sorted(used.items())
    put(
        engine,
        "pool_used",
        {
            "pool": ("INTEGER", [number for number, _ in rows]),
            "type": ("INTEGER", [types[type_id] for _, (type_id, _) in rows]),
            "whole": ("BOOLEAN", [whole for _, (_, whole) in rows]),
        },
    )


def _inherited(edges: Sequence[Edge]) -> Columns:
    """Return the columns that product edges take over as they are."""
    return {
        "source_id": ("VARCHAR", [edge.source_id for edge in edges]),
        "target_id": ("VARCHAR", [edge.target_id for edge in edges]),
        "explanation": ("VARCHAR", [edge.explanation for edge in edges]),
        "plausibility": ("DOUBLE", [edge.plausibility for edge in edges]),
        "typicality": ("DOUBLE", [edge.typicality for edge in edges]),
        "contexts": ("VARCHAR[]", [list(edge.contexts) for edge in edges]),
        "model": ("VARCHAR", [edge.provenance.model for edge in edges]),
        "prompt_hash": ("VARCHAR", [edge.provenance.prompt_hash for edge in edges]),
        "samples": ("INTEGER", [edge.evidence.samples for edge in edges]),
        "agreed": ("INTEGER", [edge.evidence.agreed for edge in edges]),
        "lift": ("DOUBLE", [edge.evidence.lift for edge in edges]),
        "pairs": ("INTEGER", [edge.evidence.pairs for edge in edges]),
        "reviewer": ("VARCHAR", [edge.evidence.reviewer for edge in edges]),
    }


def _resolve(features: Features, pool: Pool) -> tuple[int, bool]:
    """Return the pool that serves and whether soft qualifiers had to be given up."""
    number = features.numbers[pool]
    if not (pool.soft or pool.hard) or features.carriers[number, True]:
        return number, False
    if pool.hard:
        return (number if features.carriers[number, False] else _NONE), True
    return number, True


def _used(features: Features, pool: Pool) -> list[tuple[int, bool | None]]:
    number, fell_back = _resolve(features, pool)
    if number == _NONE:
        return []
    if not pool.hard and (fell_back or not pool.soft):
        return [(number, None)]
    return [(number, not fell_back)]


def _level(edge: Edge) -> str:
    return NodeKind.INTENT.value if edge.source_kind is NodeKind.INTENT else NodeKind.PRODUCT.value


def _content(edge: Edge, confidence: float) -> str:
    """Hash what product edges inherit, so that their own hash need not read the texts again."""
    inherited = asdict(edge)
    for name in ("h", "rank", "qualifiers", "statement_ids", "symmetric"):
        del inherited[name]
    return digest(inherited, confidence)
