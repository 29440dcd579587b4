"""The SQL that compares two builds, one kind of nodes or edges at a time.

Schemas ``a`` and ``b`` hold a build each: views ``node_x`` and ``edge_x``, named by ``x``, the ``file`` of a kind.
Made of them are ``node_x`` (the nodes of both) and ``diff_x`` (the edges that differ). All text here is ours.
"""

from __future__ import annotations

from enum import StrEnum

from kg.model import NodeKind, Relation
from kg.store.kinds import EdgeKind, NodeTable

__all__ = [
    "MORE", "Group", "columns", "comparison", "edge_counts", "edge_view", "listing", "node_counts", "node_view",
    "nodes_of_both",
]  # fmt: skip

MORE = {"qualifiers": "VARCHAR[]", "statement_ids": "VARCHAR[]", "symmetric": "BOOLEAN"}
"""What edges between types have besides: part of their hash, and what decides about products, but not in the graph."""
_RANKING = ("rank", "plausibility", "typicality", "confidence")
_NAME = {NodeKind.PRODUCT: "title"}
_REACH = {NodeKind.INTENT: "popularity", NodeKind.TYPE: "reach", NodeKind.PRODUCT: "popularity"}
_STRUCTURE = (Relation.IS_A, Relation.HAS_THEME, Relation.IN_THEME)


class Group(StrEnum):
    """How an edge differs: it came, it went, or what about it changed, the first that holds.

    ``RANKING``: nothing but its rank and scores. ``EVIDENCE``: all else that a shopper does not read, such as samples,
    co-purchases, the model, or the edge between types that it comes from.
    """

    ADDED = "added"
    REMOVED = "removed"
    EXPLANATION = "explanation"
    CONTEXTS = "contexts"
    EVIDENCE = "evidence"
    RANKING = "ranking"

    @property
    def change(self) -> str:
        """``added``, ``removed`` or ``changed``."""
        return self.value if self in {Group.ADDED, Group.REMOVED} else "changed"

    @property
    def number(self) -> int:
        """What stands for it in ``diff_x``: its place in the order of listing."""
        return list(Group).index(self)


def columns(kind: EdgeKind) -> tuple[str, ...]:
    """Return the properties of an edge that are compared; a bit of ``why`` stands for each, in this order."""
    return (*kind.columns, *MORE) if _said_of_types(kind) else kind.columns


def node_view(table: NodeTable) -> str:
    """Return SQL of a build's nodes: id, name, reach, h."""
    name, reach = _NAME.get(table.label, "name"), _REACH.get(table.label, "0.0")
    return f"CREATE VIEW node_{table.file} AS SELECT id, {name} AS name, {reach} AS reach, h FROM ({table.select})"


def edge_view(kind: EdgeKind) -> str:
    """Return SQL of a build's edges: s, t, properties, h."""
    more = (
        f"SELECT f.*, {', '.join(f'm.{name}' for name in MORE)} FROM ({kind.select}) f LEFT JOIN edge_more m "
        f"ON m.relation = '{kind.relation}' AND m.source_kind = '{kind.source}' AND m.source_id = f.s "
        "AND m.target_id = f.t"
    )
    return f"CREATE VIEW edge_{kind.file} AS {more if _said_of_types(kind) else kind.select}"


def nodes_of_both(table: NodeTable) -> str:
    """Return SQL of ``node_x``: name and reach as B has them, else A; who has the node; whether it is the same."""
    node = f"node_{table.file}"
    return (
        f"CREATE TABLE {node} AS SELECT coalesce(b.id, a.id) AS id, coalesce(b.name, a.name) AS name, "
        "coalesce(b.reach, a.reach, 0.0) AS reach, a.id IS NOT NULL AS in_a, b.id IS NOT NULL AS in_b, "
        f"a.h IS NOT DISTINCT FROM b.h AS same FROM a.{node} a FULL JOIN b.{node} b ON a.id = b.id"
    )


def node_counts(table: NodeTable) -> str:
    """Return SQL of one row: added, removed, changed, unchanged."""
    return (
        "SELECT count(*) FILTER (NOT in_a), count(*) FILTER (NOT in_b), "
        "count(*) FILTER (in_a AND in_b AND NOT same), count(*) FILTER (in_a AND in_b AND same) "
        f"FROM node_{table.file}"
    )


def comparison(kind: EdgeKind) -> str:
    """Return SQL of ``diff_x``: both ends, the group's number (``part``), and which properties differ (``why``).

    Ends and hashes of all edges are joined first; the rest is read only of those whose hash differs.
    """
    names, edge = columns(kind), f"edge_{kind.file}"
    bits = [f"CAST(a.{name} IS DISTINCT FROM b.{name} AS BIGINT) * {1 << i}" for i, name in enumerate(names)]
    these = "SELECT s, t FROM moved WHERE part IS NULL"
    return (
        f"CREATE TABLE diff_{kind.file} AS WITH moved AS MATERIALIZED ("
        "SELECT coalesce(a.s, b.s) AS s, coalesce(a.t, b.t) AS t, "
        f"CASE WHEN a.s IS NULL THEN {Group.ADDED.number} WHEN b.s IS NULL THEN {Group.REMOVED.number} END AS part "
        f"FROM a.{edge} a FULL JOIN b.{edge} b ON a.s = b.s AND a.t = b.t WHERE a.h IS DISTINCT FROM b.h"
        f"), compared AS (SELECT s, t, {' + '.join(bits) or 'CAST(0 AS BIGINT)'} AS why "
        f"FROM (SELECT * FROM a.{edge} SEMI JOIN ({these}) USING (s, t)) a "
        f"JOIN (SELECT * FROM b.{edge} SEMI JOIN ({these}) USING (s, t)) b USING (s, t)) "
        "SELECT s, t, part, CAST(0 AS BIGINT) AS why FROM moved WHERE part IS NOT NULL UNION ALL "
        f"SELECT s, t, {_part(names)} AS part, why FROM compared"
    )


def edge_counts(kind: EdgeKind) -> str:
    """Return SQL of one row: all edges of A, each group, added at new nodes, removed at gone ones, each property."""
    start, end = kind.ends
    counts = [
        f"(SELECT count(*) FROM a.edge_{kind.file})",
        *(f"count(*) FILTER (part = {group.number})" for group in Group),
        f"count(*) FILTER (part = {Group.ADDED.number} AND NOT (s.in_a AND t.in_a))",
        f"count(*) FILTER (part = {Group.REMOVED.number} AND NOT (s.in_b AND t.in_b))",
        *(f"count(*) FILTER (why & {1 << i} <> 0)" for i in range(len(columns(kind)))),
    ]
    return (
        f"SELECT {', '.join(counts)} FROM diff_{kind.file} d "
        f"LEFT JOIN node_{start} s ON d.s = s.id LEFT JOIN node_{end} t ON d.t = t.id"
    )


def listing(kind: EdgeKind, limit: int | None) -> str:
    """Return SQL of the edges of ``diff_x``, group by group, ``limit`` of each, most reached first.

    Columns: the group's number; id, name, in A, in B of the source; the same of the target; reach, why; the properties
    in A; those in B.
    """
    start, end = kind.ends
    shown = ("s", "source", "source_in_a", "source_in_b", "t", "n.name", "n.in_a", "n.in_b", "reach", "why")
    properties = [f"{side}.{name}" for side in ("a", "b") for name in columns(kind)]
    first = (
        ""
        if limit is None
        else f" QUALIFY row_number() OVER (PARTITION BY part ORDER BY reach DESC, s, t) <= {limit:d}"
    )
    return (
        "WITH top AS (SELECT part, s, t, why, n.name AS source, n.in_a AS source_in_a, n.in_b AS source_in_b, "
        f"coalesce(n.reach, 0.0) AS reach FROM diff_{kind.file} d LEFT JOIN node_{start} n ON d.s = n.id{first}) "
        f"SELECT part, {', '.join((*(name if '.' in name else f'top.{name}' for name in shown), *properties))} "
        f"FROM top LEFT JOIN node_{end} n ON top.t = n.id "
        f"LEFT JOIN a.edge_{kind.file} a ON top.s = a.s AND top.t = a.t "
        f"LEFT JOIN b.edge_{kind.file} b ON top.s = b.s AND top.t = b.t ORDER BY part, top.reach DESC, top.s, top.t"
    )


def _said_of_types(kind: EdgeKind) -> bool:
    return kind.relation not in _STRUCTURE and kind.target is NodeKind.TYPE


def _part(names: tuple[str, ...]) -> str:
    """Return SQL of a changed edge's group; one that differs in nothing but its hash counts as changed evidence."""
    ranking = sum(1 << i for i, name in enumerate(names) if name in _RANKING)
    texts = [group for group in (Group.EXPLANATION, Group.CONTEXTS) if group in names]
    cases = [
        f"WHEN why = 0 THEN {Group.EVIDENCE.number}",
        *(f"WHEN why & {1 << names.index(group)} <> 0 THEN {group.number}" for group in texts),
        f"WHEN why & {ranking} = why THEN {Group.RANKING.number}",
    ]
    return f"CASE {' '.join(cases)} ELSE {Group.EVIDENCE.number} END"
