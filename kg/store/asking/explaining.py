"""Why two things stand beside each other."""

from __future__ import annotations

from collections.abc import Iterable

from kg.model import NodeKind
from kg.store.answers import Match, Why, WhyEdge
from kg.store.asking.naming import subject
from kg.store.asking.requests import Question, read
from kg.store.asking.rows import why_edge

__all__ = ["why"]

_KINDS = (NodeKind.INTENT, NodeKind.TYPE, NodeKind.PRODUCT)
_End = tuple[NodeKind, str]


def why(a: str, b: str) -> Question[Why]:
    """Return every edge between two keys, in both directions, and the type-level edges behind product-level ones.

    Two products without an edge of their own are answered by what is known of their types. Two ids that share an edge
    cost one round trip.

    Raises:
        NotFound: a key names nothing, or several things.
    """
    edges = yield from _edges(a, b)
    if ends := _ends(edges, a, b):
        left, right = ends
        return Why(_named(edges, left), _named(edges, right), _between(edges, left, right))
    left, right = (yield from subject(a, _KINDS))[0], (yield from subject(b, _KINDS))[0]
    edges = yield from _edges(left.id, right.id)
    found = _between(edges, (left.kind, left.id), (right.kind, right.id))
    if not found and (left.type_id or right.type_id):
        one, other = _as_type(left), _as_type(right)
        found = _between((yield from _edges(one[1], other[1])), one, other)
    return Why(left, right, found)


def _edges(a: str, b: str) -> Question[list[WhyEdge]]:
    rows = yield from read("why_pair", a=a, b=b)
    return [why_edge(row) for row in rows]


def _ends(edges: Iterable[WhyEdge], a: str, b: str) -> tuple[_End, _End] | None:
    """Return what ``a`` and ``b`` are the ids of: of several kinds the first that an edge joins; ``None``: no edge."""
    found: set[tuple[_End, _End]] = set()
    for edge in edges:
        source, target = _source(edge), _target(edge)
        found |= {(source, target)} if (source[1], target[1]) == (a, b) else set()
        found |= {(target, source)} if (target[1], source[1]) == (a, b) else set()
    return min(found, key=lambda ends: [_KINDS.index(kind) for kind, _ in ends], default=None)


def _between(edges: Iterable[WhyEdge], a: _End, b: _End) -> tuple[WhyEdge, ...]:
    """Return the edges from ``a`` to ``b``, those back, and those between types that they were projected from."""
    known = sorted(edges, key=lambda edge: (edge.relation, edge.rank, edge.source_id, edge.target_id))
    direct = [edge for edge in known if (_source(edge), _target(edge)) == (a, b)]
    direct += [edge for edge in known if (_source(edge), _target(edge)) == (b, a)]
    named = {(edge.relation, edge.via_source, edge.via_target) for edge in direct if edge.via_target}
    behind = [
        edge
        for edge in known
        if edge not in direct and (edge.relation, edge.source_id, edge.target_id) in named and not edge.via_target
    ]
    return (*direct, *dict.fromkeys(behind))


def _source(edge: WhyEdge) -> _End:
    return edge.source_kind, edge.source_id


def _target(edge: WhyEdge) -> _End:
    return edge.target_kind, edge.target_id


def _named(edges: Iterable[WhyEdge], end: _End) -> Match:
    names = (
        name
        for edge in edges
        for at, name in ((_source(edge), edge.source_name), (_target(edge), edge.target_name))
        if at == end
    )
    return Match(end[1], end[0], next(names, ""), exact_id=True)


def _as_type(match: Match) -> _End:
    return (NodeKind.TYPE, match.type_id) if match.kind is NodeKind.PRODUCT else (match.kind, match.id)
