"""A build's kinds of nodes and relationships as typed tables, out of core, each in the order of its keys.

:mod:`kg.store.kinds` says what there is: its ``select`` gives the columns, its ``row`` what is made of them in Python.
"""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from kg.model import Level, NodeKind
from kg.records import write_jsonl
from kg.store.delta import Workbench
from kg.store.export.texts import quoted
from kg.store.kinds import EDGE_KINDS, NODE_KINDS, EdgeKind, Kind, NodeTable

__all__ = ["GENERATION", "Source", "Steps", "Table", "kinds_of"]

Steps = Callable[[str, int, int], None]
"""Told of progress: the step, how many rows more, and how many rows the step has."""

GENERATION = 1
"""The generation that an exported build is in a graph of its own."""

# The properties that are made in Python, with their types.
_MADE = {"search": "VARCHAR", "embedding": "DOUBLE[]"}
_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of node or relationship: ``columns`` are names and engine types, the keys first, as ``select`` gives."""

    kind: Kind
    columns: Mapping[str, str]
    select: str
    rows: int


def kinds_of(level: Level) -> tuple[tuple[NodeTable, ...], tuple[EdgeKind, ...]]:
    """Return the kinds of nodes and relationships of a level: of types, or of types and products."""
    if level is Level.PRODUCT:
        return NODE_KINDS, EDGE_KINDS
    nodes = tuple(kind for kind in NODE_KINDS if kind.label is not NodeKind.PRODUCT)
    edges = tuple(kind for kind in EDGE_KINDS if NodeKind.PRODUCT not in {kind.source, kind.target})
    return nodes, edges


class Source:
    """The tables of one build, on the engine that its files are open in."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, build: str) -> None:
        self.engine = engine
        self.build = build
        self._counts: dict[str, int] = {}
        values = "CAST(? AS VARCHAR) AS build, CAST(? AS BIGINT) AS since"
        engine.execute(f"CREATE TABLE exported AS SELECT {values}", [build, GENERATION])

    def check(self) -> None:
        """Refuse files that do not fit together.

        Raises:
            StoreError: a key is doubled, a hash is missing, or an end of a relationship is in no file.
        """
        bench = Workbench(self.engine)
        for kind in (*NODE_KINDS, *EDGE_KINDS):
            bench.stage(kind)

    def total(self, kinds: Sequence[Kind]) -> int:
        """Return how many rows the files have of some kinds; counted once."""
        for kind in kinds:
            if kind.name not in self._counts:
                self._counts[kind.name] = self.count(kind.select)
        return sum(self._counts[kind.name] for kind in kinds)

    def table(self, kind: Kind) -> Table:
        """Return what the files have of ``kind``."""
        return self._table(kind, kind.select)

    def graph_table(self, kind: Kind, steps: Steps) -> Table:
        """Return ``kind`` as it is in a graph: with what is made in Python, its generation, and who wrote it."""
        plain = self.table(kind)
        made: list[str] = []
        if isinstance(kind, NodeTable):
            made = [name for name in kind.ours if name in _MADE]
            self._make(kind, made, steps)
        texts = [f"f.{quoted(name)}" for name in plain.columns]
        texts += [f"m.{quoted(name)}" for name in made]
        texts += [f"x.{name}" for name in ("build", "since") if name in kind.ours]
        join = f"JOIN {_made(kind)} m USING (id)" if made else ""
        return self._table(kind, f"SELECT {', '.join(texts)} FROM ({kind.select}) f {join} CROSS JOIN exported x")

    def tuples(self, text: str, given: Mapping[str, str] | None = None) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of SQL text of ours, some thousands at a time. ``given`` are its named parameters."""
        with self.engine.cursor() as cursor:
            cursor.execute(text, _used(text, given or {}))
            while found := cursor.fetchmany(_CHUNK):
                yield found

    def rows(self, text: str) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of SQL text of ours by column, some thousands at a time."""
        names = list(self._described(text))
        for batch in self.tuples(text):
            yield [dict(zip(names, values, strict=True)) for values in batch]

    def gather(self, name: str, texts: Sequence[str], given: Mapping[str, str]) -> None:
        """Put the rows of several SQL texts of ours into one table, in place of what it held."""
        for number, text in enumerate(texts):
            start = f"INSERT INTO {name}" if number else f"CREATE OR REPLACE TABLE {name} AS"
            self.engine.execute(f"{start} {text}", _used(text, given))

    def keep(self, name: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> None:
        """Put rows that are made in Python into a table, by way of a file: that is quicker than as parameters."""
        with tempfile.TemporaryDirectory(prefix="product-kg-") as folder:
            file = Path(folder, "rows.jsonl")
            write_jsonl(file, rows)
            read = self.engine.read_json(glob.escape(str(file)), columns=dict(columns), format="newline_delimited")
            read.to_table(name)

    def count(self, text: str) -> int:
        """Return how many rows SQL text of ours has."""
        rows: list[tuple[int]] = self.engine.execute(f"SELECT count(*) FROM ({text})").fetchall()
        return rows[0][0]

    def _table(self, kind: Kind, select: str) -> Table:
        return Table(kind, self._described(select), select, self.total([kind]))

    def _described(self, text: str) -> dict[str, str]:
        rows: list[tuple[str, str]] = self.engine.execute(
            f"SELECT column_name, column_type FROM (DESCRIBE {text})"
        ).fetchall()
        return dict(rows)

    def _make(self, kind: NodeTable, made: list[str], steps: Steps) -> None:
        def rows() -> Iterator[dict[str, Any]]:
            for batch in self.rows(kind.select):
                for row in map(kind.row, batch):
                    yield {"id": row["id"], **{name: row["props"].get(name) for name in made}}
                steps("preparing", len(batch), self.total(NODE_KINDS))

        self.keep(_made(kind), {"id": "VARCHAR", **{name: _MADE[name] for name in made}}, rows())


def _used(text: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that a text names: the engine refuses others."""
    return {name: value for name, value in given.items() if f"${name}" in text}


def _made(kind: Kind) -> str:
    return f"made_{kind.file}"
