"""The type-level edges that projection starts from: checked, numbered, each with the pool of its target products.

A pool is a target type and the qualifiers of the mention ("decaf" coffee). The number of an edge is its place in one
total order: edges of one source are numbered by their rank, and so their products take turns.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from kg.graph.engine import need
from kg.graph.names import PROJECTED, SEMANTICS
from kg.graph.traits import Traits, default_traits
from kg.model import Drop, Edge, NodeKind
from kg.records import read_jsonl
from kg.text import key

__all__ = ["Pool", "TypeEdges", "edge_name", "read_type_edges"]


@dataclass(frozen=True, slots=True)
class Pool:
    """The products of ``type_id`` that carry all of ``soft`` and ``hard`` (comparison keys, sorted)."""

    type_id: str
    soft: tuple[str, ...] = ()
    hard: tuple[str, ...] = ()


@dataclass(slots=True)
class TypeEdges:
    """Edges worth projecting, in their total order; ``pools[n]`` belongs to ``edges[n]``; ``drops`` the others."""

    edges: list[Edge] = field(default_factory=list[Edge])
    pools: list[Pool] = field(default_factory=list[Pool])
    drops: list[Drop] = field(default_factory=list[Drop])


def edge_name(edge: Edge) -> str:
    """Return how reports name an edge."""
    return f"{edge.source_id} {edge.relation} {edge.target_id}"


def read_type_edges(path: Path, hard_qualifiers: Iterable[str] = (), traits: Traits | None = None) -> TypeEdges:
    """Return the edges in ``path``; what has no projection becomes a drop with its reason.

    ``traits`` (default: those of the shipped vocabulary) and ``hard_qualifiers`` say which words must be honoured.

    Raises:
        ArtefactError: the file is missing or a line is no edge.
    """
    more = tuple(hard_qualifiers)
    traits = traits or default_traits()
    out = TypeEdges()
    seen: set[tuple[str, str, str, str]] = set()
    for edge in sorted(read_jsonl(need(path), Edge), key=_order):
        name = (edge.relation, edge.source_kind, edge.source_id, edge.target_id)
        drop = _unfit(edge) or (("duplicate", "the same edge stands before it") if name in seen else None)
        seen.add(name)
        if drop is not None:
            out.drops.append(Drop("project", edge_name(edge), *drop))
            continue
        out.edges.append(edge)
        out.pools.append(_pool(edge, more, traits))
    return out


def _order(edge: Edge) -> tuple[str, str, str, int, str, float, str]:
    kind = str(edge.source_kind)
    return edge.relation, kind, edge.source_id, edge.rank, edge.target_id, -edge.confidence, edge.h


def _unfit(edge: Edge) -> tuple[str, str] | None:
    """Return the rule and reason why ``edge`` has no projection, if so."""
    if edge.relation not in PROJECTED or (edge.source_kind, edge.target_kind) not in SEMANTICS[edge.relation].joins:
        return "kinds", f"{edge.relation} is not projected from {edge.source_kind} to {edge.target_kind}"
    if edge.source_kind is NodeKind.TYPE and edge.source_id == edge.target_id:
        return "self", "the edge leads back to where it starts"
    return None


def _pool(edge: Edge, more: tuple[str, ...], traits: Traits) -> Pool:
    terms = sorted(set(traits.joined([term for word in edge.qualifiers if (term := key(word))], more)))
    hard = tuple(term for term in terms if traits.is_hard(term, more))
    return Pool(edge.target_id, tuple(term for term in terms if term not in hard), hard)
