"""What differs between two finished builds, from their files alone: counts, and the edges one by one.

The comparison runs out of core in DuckDB, so that builds of tens of millions of edges take little memory. Edges come
most reached first: by the popularity of the intent or product, or the reach of the product type, that they start at
(as B has it, else as A has it), then by the ids of both ends.
"""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from kg.build import diff_sql as sql
from kg.build.builds import Builds
from kg.build.diff_sql import Group
from kg.build.publish import graph_files
from kg.errors import ArtefactError
from kg.model import Level, NodeKind, Relation
from kg.store.kinds import EDGE_KINDS, NODE_KINDS, EdgeKind, NodeTable
from kg.store.tables import GraphFiles, name_tables

__all__ = [
    "BuildDiff", "Counts", "EdgeDiff", "End", "Group", "KindDiff", "Selection", "level_of", "open_diff", "told",
]  # fmt: skip

_MEMORY = "1GB"
_CHUNK = 1_000
_GROUPS = tuple(Group)
_MORE_KEYS = dict.fromkeys(("relation", "source_kind", "source_id", "target_id"), "VARCHAR")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which edges to compare: all, or those of some relations, or of one level."""

    relations: Sequence[Relation] = ()
    level: Level | None = None

    def kinds(self) -> list[EdgeKind]:
        """Return the kinds of edges, those between types first."""
        chosen = [
            kind
            for kind in EDGE_KINDS
            if (not self.relations or kind.relation in self.relations) and self.level in {None, level_of(kind)}
        ]
        return sorted(chosen, key=lambda kind: level_of(kind) is Level.PRODUCT)

    def nodes(self) -> list[NodeTable]:
        """Return the kinds of nodes that such edges join."""
        ends = {end for kind in self.kinds() for end in (kind.source, kind.target)}
        return [table for table in NODE_KINDS if table.label in ends]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of one kind only B has, only A has, both have but not alike, and both have alike."""

    added: int
    removed: int
    changed: int
    unchanged: int

    @property
    def differing(self) -> int:
        """All that are not alike in both."""
        return self.added + self.removed + self.changed


@dataclass(frozen=True, slots=True)
class KindDiff:
    """One kind of edges.

    ``groups``: how many differ in which way. ``properties``: in how many of those that changed each property differs.
    Of the added, ``at_new`` start or end at a node that A lacks; of the removed, ``at_gone`` at one that B lacks.
    """

    kind: EdgeKind
    counts: Counts
    groups: dict[Group, int]
    properties: dict[str, int]
    at_new: int
    at_gone: int


@dataclass(frozen=True, slots=True)
class End:
    """One end of an edge. ``status``: ``kept``; ``new``, A has no such node; or ``gone``, B has none."""

    kind: NodeKind
    id: str
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class EdgeDiff:
    """One edge that differs.

    Of a changed one ``before`` and ``after`` hold the properties that ``changes`` names; none are named when only what
    made its hash differs. An added one has all of its properties in ``after``, a removed one in ``before``.
    """

    kind: EdgeKind
    group: Group
    source: End
    target: End
    reach: float
    changes: tuple[str, ...]
    before: dict[str, Any]
    after: dict[str, Any]


class BuildDiff:
    """Two builds beside each other, open for reading; made by :func:`open_diff`."""

    def __init__(self, db: duckdb.DuckDBPyConnection, a: str, b: str, selection: Selection) -> None:
        self._db = db
        self.a = a
        self.b = b
        self.nodes = {table.label: self._nodes(table) for table in selection.nodes()}
        self.edges = [self._edges(kind) for kind in selection.kinds()]

    @property
    def differing(self) -> int:
        """How many nodes and edges are not alike in both."""
        return sum(counts.differing for counts in (*self.nodes.values(), *(each.counts for each in self.edges)))

    def listed(self, kind: EdgeKind, limit: int | None = None) -> Iterator[EdgeDiff]:
        """Yield the edges of a kind that differ, streaming: group by group, most reached first, ``limit`` of each."""
        with self._db.cursor() as cursor:
            cursor.execute(sql.listing(kind, limit))
            while rows := cursor.fetchmany(_CHUNK):
                yield from (_edge(kind, row) for row in rows)

    def _nodes(self, table: NodeTable) -> Counts:
        self._db.execute(sql.nodes_of_both(table))
        return Counts(*self._numbers(sql.node_counts(table)))

    def _edges(self, kind: EdgeKind) -> KindDiff:
        self._db.execute(sql.comparison(kind))
        total, *found = self._numbers(sql.edge_counts(kind))
        groups = dict(zip(Group, found, strict=False))
        at_new, at_gone, *differing = found[len(groups) :]
        added, removed = groups[Group.ADDED], groups[Group.REMOVED]
        changed = sum(groups.values()) - added - removed
        return KindDiff(
            kind,
            Counts(added, removed, changed, total - removed - changed),
            {group: n for group, n in groups.items() if n},
            {name: n for name, n in zip(sql.columns(kind), differing, strict=True) if n},
            at_new,
            at_gone,
        )

    def _numbers(self, query: str) -> tuple[int, ...]:
        return self._db.execute(query).fetchone() or ()


def level_of(kind: EdgeKind) -> Level:
    """Return whether edges of this kind are about products or only about kinds of them."""
    return Level.PRODUCT if NodeKind.PRODUCT in {kind.source, kind.target} else Level.TYPE


def told(value: object, digits: int = 6) -> str:
    """Return the value of a property as people read it; text is as it was received, numbers have so many digits."""
    if value is None or value in ("", []):
        return "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


@contextmanager
def open_diff(builds: Builds, a: str, b: str, selection: Selection | None = None) -> Generator[BuildDiff]:
    """Yield what differs from the finished build ``a`` to ``b``; ends of edges and reach are those of the catalogue.

    Raises:
        ArtefactError: a build or one of its files is missing, or is not what it should be.
    """
    chosen = selection or Selection()
    files = {"a": graph_files(builds, a), "b": graph_files(builds, b)}
    with (
        tempfile.TemporaryDirectory(prefix="product-kg-") as spill,
        duckdb.connect(
            config={"memory_limit": _MEMORY, "temp_directory": spill, "threads": 2, "autoload_known_extensions": False}
        ) as db,
    ):
        try:
            for schema, of in files.items():
                _take_in(db, schema, of, chosen)
            db.execute("USE main")
            yield BuildDiff(db, a, b, chosen)
        except duckdb.Error as error:
            raise ArtefactError(
                f"the files of {a} and {b} cannot be compared: {str(error).strip()[:400]}",
                remedy="make them again: kg build",
            ) from error


def _take_in(db: duckdb.DuckDBPyConnection, schema: str, files: GraphFiles, selection: Selection) -> None:
    """Make ``schema`` hold one build, under the names that :mod:`kg.build.diff_sql` uses."""
    db.execute(f"CREATE SCHEMA {schema}")
    db.execute(f"USE {schema}")
    name_tables(db, files)
    more = {**_MORE_KEYS, **sql.MORE}
    db.read_json(glob.escape(str(files.edges)), columns=more, format="newline_delimited").to_table("edge_more")
    for table in selection.nodes():
        db.execute(sql.node_view(table))
    for kind in selection.kinds():
        db.execute(sql.edge_view(kind))


def _edge(kind: EdgeKind, row: Sequence[Any]) -> EdgeDiff:
    """Return one row of :func:`kg.build.diff_sql.listing`."""
    names, group = sql.columns(kind), _GROUPS[int(row[0])]
    reach, why, *values = row[9:]
    both = {name: (values[i], values[len(names) + i]) for i, name in enumerate(names)}
    changes = tuple(name for i, name in enumerate(names) if why >> i & 1)
    told = changes if group.change == "changed" else names
    return EdgeDiff(
        kind,
        group,
        _end(kind.source, row[1:5]),
        _end(kind.target, row[5:9]),
        reach,
        changes,
        {} if group is Group.ADDED else {name: both[name][0] for name in told},
        {} if group is Group.REMOVED else {name: both[name][1] for name in told},
    )


def _end(kind: NodeKind, values: Sequence[Any]) -> End:
    node, name, in_a, in_b = values
    status = "kept" if in_a and in_b else "new" if in_b else "gone"
    return End(kind, node, name or node, status)
