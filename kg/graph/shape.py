"""The shape of the type-level graph: parts, loners and hubs, seen with networkx."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx

from kg.graph.options import CheckOptions
from kg.model import Drop, Edge, Relation

__all__ = ["GraphShape", "shape_of"]

_SHOWN = 5
_nx: Any = nx  # it ships without types


@dataclass(frozen=True, slots=True)
class GraphShape:
    """Counts over the undirected graph of intents and types; ``isolated`` types have no edge at all."""

    nodes: int
    edges: int
    components: int
    largest: int
    isolated: int


def shape_of(edges: Sequence[Edge], types: Sequence[str], options: CheckOptions) -> tuple[GraphShape, list[Drop]]:
    """Return the shape of ``edges`` over ``types`` (ids, sorted), and a warning for each thing that looks odd."""
    graph = _nx.Graph()
    graph.add_nodes_from(("ProductType", type_id) for type_id in types)
    for edge in edges:
        graph.add_edge((edge.source_kind.value, edge.source_id), (edge.target_kind.value, edge.target_id))
    alone: list[str] = sorted(name for _, name in _nx.isolates(graph))
    parts = sorted((len(part) for part in _nx.connected_components(graph) if len(part) > 1), reverse=True)
    shape = GraphShape(
        nodes=graph.number_of_nodes(),
        edges=len(edges),
        components=len(parts),
        largest=parts[0] if parts else 0,
        isolated=len(alone),
    )
    warnings = [*_loners(alone), *_parts(parts), *_hubs(edges, options)]
    return shape, warnings


def _loners(names: Sequence[str]) -> list[Drop]:
    if not names:
        return []
    shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    return [Drop("graph", shown, "isolated", f"{len(names)} product types have no edge")]


def _parts(sizes: Sequence[int]) -> list[Drop]:
    if len(sizes) < 2:
        return []
    reason = f"the graph falls into {len(sizes)} parts; the largest has {sizes[0]} nodes, the smallest {sizes[-1]}"
    return [Drop("graph", "graph", "components", reason)]


def _hubs(edges: Sequence[Edge], options: CheckOptions) -> list[Drop]:
    """Warn of types that too many sources point to: often a broad type or a lazy answer."""
    sources: dict[Relation, set[tuple[str, str]]] = {}
    pointing: dict[tuple[Relation, str], int] = {}
    for edge in edges:
        sources.setdefault(edge.relation, set()).add((edge.source_kind, edge.source_id))
        pointing[edge.relation, edge.target_id] = pointing.get((edge.relation, edge.target_id), 0) + 1
    warnings: list[Drop] = []
    for (relation, target), count in sorted(pointing.items()):
        whole = len(sources[relation])
        if count >= options.hub_minimum and count > options.hub_share * whole:
            reason = f"{count} of {whole} sources of {relation} point to it"
            warnings.append(Drop("graph", target, "hub", reason))
    return warnings
