"""Check a graph against the files of the build it should hold, row by row, and repair it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import duckdb

from kg.errors import StoreError
from kg.records import to_json
from kg.store.driver import GraphStore, Step
from kg.store.kinds import EDGE_KINDS, NODE_KINDS, EdgeKind, Kind
from kg.store.loader import Altered, GraphFiles, LoadReport, load
from kg.store.lock import only_writer
from kg.store.publisher import Served, current, generations, prune
from kg.store.tables import open_tables

__all__ = ["Check", "Verified", "repair", "verify"]

_KINDS: dict[str, Kind] = {kind.name: kind for kind in (*NODE_KINDS, *EDGE_KINDS)}
_CHUNK = 10_000
_EXAMPLES = 5
_REPAIR = "kg verify --repair"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``wrong`` is how often it is not as it should be, ``examples`` name some."""

    name: str
    wrong: int = 0
    examples: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of the served build found; ``altered`` are the keys of rows whose content is not the build's."""

    build: str
    generation: int
    rows: int
    checks: tuple[Check, ...]
    altered: Mapping[str, list[tuple[str, ...]]]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not any(check.wrong for check in self.checks)


def verify(store: GraphStore, files: GraphFiles, *, quick: bool = False) -> Verified:
    """Compare what readers see with ``files``, those of the served build, and look at the rest of what is ours.

    ``quick`` compares content hashes as the graph states them, without working them out: an edge whose explanation was
    changed by hand passes. After a rollback nodes have the facts of a later build: of those only the ids are compared.

    Raises:
        StoreError: nothing was ever loaded, or the database refused.
    """
    served = current(store)
    if served is None or not served.generation:
        raise StoreError(f"{store.info().where} holds no graph yet", remedy="load one: kg publish")
    with open_tables(files, memory_mb=2 * store.policy.memory_mb) as tables:  # whole rows are compared, too
        book = _Book(tables, quick=quick, facts=served.newest == served.generation)
        for kind in _KINDS.values():
            book.expect(kind)
        for name in ("read/dump_nodes", "read/dump_edges"):
            store.stream(name, None, book.see)
        compared = book.checks()
        altered = {kind.name: book.altered(kind) for kind in _KINDS.values()}
        rows = sum(book.count(kind) for kind in _KINDS.values())
    checks = (*_around(store, served), *compared, _counts(served, rows), *_leftovers(store))
    return Verified(served.build, served.generation, rows, checks, altered)


def repair(store: GraphStore, files: GraphFiles, found: Verified) -> LoadReport:
    """Make the graph what ``files`` say, as a new generation, and remove what was left over.

    Raises:
        StoreBusy: a load is under way.
    """
    report = load(store, files, found.build, before=Altered(found.altered))
    ours = {
        "edges": sorted({name for kind in EDGE_KINDS for name in kind.ours}),
        "nodes": sorted({name for kind in NODE_KINDS for name in kind.ours}),
    }
    with only_writer(store) as writer:
        oldest = min(each.id for each in generations(store))
        for what in ("edges", "nodes"):
            parameters = {"oldest": oldest, "ours": ours[what], "k": store.policy.batch_size}
            while writer.write(Step(f"delete/leftover_{what}", parameters))[0][0]["deleted"]:
                pass
        prune(writer)
    return report


def _around(store: GraphStore, served: Served) -> Iterator[Check]:
    missing = store.missing_schema()
    yield Check("constraints and indexes online", len(missing), tuple(missing[:_EXAMPLES]), _REPAIR)
    unfinished = (served.staging,) if served.staging else ()
    yield Check("no load cut off", len(unfinished), unfinished, "kg publish, which completes it")


def _counts(served: Served, rows: int) -> Check:
    """Whether the counts that the graph states are those of the files."""
    stated = sum((served.counts or {}).values())
    said = (f"{stated:,} stated, {rows:,} in the build",) if stated != rows else ()
    return Check("counts as stated", len(said), said, _REPAIR)


def _leftovers(store: GraphStore) -> Iterator[Check]:
    oldest = min(each.id for each in generations(store))
    found = {row["what"]: int(row["n"]) for row in store.read("read/leftovers", {"oldest": oldest})}
    for what in ("nodes", "edges"):
        orphans = max(0, found[what] - found[f"noted {what}"])
        yield Check(f"no orphaned {what}", orphans, (), _REPAIR)


class _Book:
    """Keys and marks of what should be there and of what is, by kind. A mark is a hash of a row's content."""

    def __init__(self, tables: duckdb.DuckDBPyConnection, *, quick: bool, facts: bool) -> None:
        self._db = tables
        self._quick = quick
        self._facts = facts

    def expect(self, kind: Kind) -> None:
        """Note the rows of the files."""
        columns = "".join(f"{name} VARCHAR, " for name in kind.keys)
        for table in ("expected", "seen"):
            self._db.execute(f"CREATE TABLE {table}_{kind.file} ({columns}mark VARCHAR)")
        with self._db.cursor() as cursor:
            cursor.execute(kind.select)
            names = [column[0] for column in cursor.description or ()]
            while found := cursor.fetchmany(_CHUNK):
                rows = [kind.row(dict(zip(names, values, strict=True))) for values in found]
                self._note("expected", kind, ([*(row[key] for key in kind.keys), row["props"]] for row in rows))

    def see(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Note rows of the graph. It may be called again from the start: what it had of a kind is forgotten."""
        fresh: set[str] = set()
        iterator = iter(rows)
        while chunk := list(islice(iterator, _CHUNK)):
            by_kind: dict[str, list[list[Any]]] = {}
            for row in chunk:
                kind = _KINDS[row["kind"]]
                by_kind.setdefault(kind.name, []).append([*(row[key] for key in kind.keys), row["props"]])
            for name, found in by_kind.items():
                if name not in fresh:
                    fresh.add(name)
                    self._db.execute(f"DELETE FROM seen_{_KINDS[name].file}")
                self._note("seen", _KINDS[name], found)

    def _note(self, table: str, kind: Kind, rows: Iterable[list[Any]]) -> None:
        mark = self._marker(kind)
        marked = [[*row[:-1], mark(row[-1])] for row in rows]
        if marked:
            marks = ", ".join(["unnest(CAST(? AS VARCHAR[]))"] * (len(kind.keys) + 1))
            columns = [list(column) for column in zip(*marked, strict=True)]
            self._db.execute(f"INSERT INTO {table}_{kind.file} SELECT {marks}", columns)

    def _marker(self, kind: Kind) -> Callable[[Mapping[str, Any]], str]:
        """Return what makes the mark of a row's properties."""
        if not self._facts and not isinstance(kind, EdgeKind):
            return lambda _: ""
        if self._quick:
            return lambda props: str(props["h"])
        names = sorted(set(kind.ours) - {"id", "build", "since", "until"})
        return lambda props: _mark([props.get(name) for name in names])

    def checks(self) -> list[Check]:
        """Return what differs, over all kinds."""
        found: dict[str, list[tuple[int, list[str]]]] = {}
        for kind in _KINDS.values():
            for name, query in self._queries(kind).items():
                found.setdefault(name, []).append(self._told(kind, query))
        return [
            Check(
                name, sum(n for n, _ in each), tuple(text for _, texts in each for text in texts)[:_EXAMPLES], _REPAIR
            )
            for name, each in found.items()
        ]

    def _queries(self, kind: Kind) -> dict[str, str]:
        keys, file = ", ".join(kind.keys), kind.file
        seen = f"(SELECT {keys}, min(mark) AS mark, count(*) AS n FROM seen_{file} GROUP BY {keys})"
        return {
            "nothing missing": f"SELECT {keys} FROM expected_{file} ANTI JOIN {seen} USING ({keys})",
            "nothing that is not in the build": f"SELECT {keys} FROM {seen} ANTI JOIN expected_{file} USING ({keys})",
            "nothing there twice": f"SELECT {keys} FROM {seen} WHERE n > 1",
            "content as in the build": (
                f"SELECT {keys} FROM {seen} s JOIN expected_{file} e USING ({keys}) WHERE s.mark <> e.mark"
            ),
        }

    def _told(self, kind: Kind, query: str) -> tuple[int, list[str]]:
        rows = self._db.execute(f"SELECT * FROM ({query}) ORDER BY ALL LIMIT {_EXAMPLES}").fetchall()
        total = self._one(f"SELECT count(*) FROM ({query})")
        return total, [f"{kind.name} {' -> '.join(map(str, row))}" for row in rows]

    def altered(self, kind: Kind) -> list[tuple[str, ...]]:
        """Return the keys of rows whose content is not that of the files."""
        return self._db.execute(self._queries(kind)["content as in the build"]).fetchall()

    def count(self, kind: Kind) -> int:
        """Return how many rows the files have."""
        return self._one(f"SELECT count(*) FROM expected_{kind.file}")

    def _one(self, query: str) -> int:
        found = self._db.execute(query).fetchone()
        return int(found[0]) if found else 0


def _mark(content: list[Any]) -> str:
    return hashlib.sha256(to_json(content)).hexdigest()[:32]
