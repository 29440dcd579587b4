"""What a load has to do: the build's files compared with what the graph holds, out of core in DuckDB.

What the graph holds is known from the files of the build that was loaded last, or is read back from the graph. Memory
stays flat: files are scanned, hashes are spilled to a temporary folder, and rows to write come in batches.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import duckdb

from kg.errors import StoreError
from kg.store.kinds import EdgeKind, Kind
from kg.store.tables import BEFORE, GraphFiles, open_tables

__all__ = ["Delta", "GraphFiles", "State", "Workbench", "open_files"]

T = TypeVar("T")
_CHUNK = 10_000
_THREADS = 2


class State(StrEnum):
    """Where a row that is to be written stands: in no generation, in an earlier one, or already in the new one."""

    FRESH = "fresh"
    EARLIER = "earlier"
    BEGUN = "begun"


@dataclass(frozen=True, slots=True)
class Delta:
    """What one kind needs: counts of rows in the files, to create, to update, to delete."""

    sent: int
    created: int
    updated: int
    gone: int

    @property
    def unchanged(self) -> int:
        """Rows that are in the graph as they should be."""
        return self.sent - self.created - self.updated


@contextmanager
def open_files(files: GraphFiles, before: GraphFiles | None = None, memory_mb: int = 256) -> Generator[Workbench]:
    """Yield a workbench over ``files``; ``before`` are those of the build that was loaded last, if at hand.

    The engine has ``memory_mb`` to itself: 256 compare three million products with thirty million edges.

    Raises:
        ArtefactError: a file is missing or is not what it should be.
    """
    with open_tables(files, before, memory_mb) as connection:
        # What is read in order says so; and without an order to keep, three million products fit as well.
        connection.execute("SET preserve_insertion_order = false")
        yield Workbench(connection)


class Workbench:
    """The comparison itself: one kind after the other, each in tables of its own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection

    def stage(self, kind: Kind) -> None:
        """Note keys and hashes of ``kind`` in the files, and refuse what cannot be loaded.

        Raises:
            StoreError: a key is doubled, a hash is missing, or an end of an edge is in no file; with examples.
        """
        with self._hurried():
            self._stage(kind)

    def _stage(self, kind: Kind) -> None:
        file, keys = kind.file, ", ".join(kind.keys)
        self._db.execute(f"CREATE TABLE wanted_{file} AS SELECT {keys}, h FROM ({kind.select})")
        self._refuse(
            f"SELECT {keys} FROM wanted_{file} GROUP BY {keys} HAVING count(*) > 1",
            f"{kind.name} rows that stand twice",
        )
        self._refuse(
            f"SELECT {keys} FROM wanted_{file} WHERE coalesce(h, '') = ''",
            f"{kind.name} rows without a hash h",
        )
        if isinstance(kind, EdgeKind):
            for column, table in zip(kind.keys, kind.ends, strict=True):
                self._refuse(
                    f"SELECT s, t FROM wanted_{file} w ANTI JOIN wanted_{table} n ON w.{column} = n.id",
                    f"{kind.name} rows with an end that is in no file of the build",
                )

    def remember(self, kind: Kind, rows: Iterable[Sequence[Any]]) -> None:
        """Note what the graph holds of ``kind``: rows of its keys, hash and generation; forget older notes."""
        columns = "".join(f"{name} VARCHAR, " for name in kind.keys)
        self._db.execute(f"CREATE OR REPLACE TABLE read_back ({columns}h VARCHAR, since BIGINT)")
        marks = ", ".join(["unnest(CAST(? AS VARCHAR[]))"] * (len(kind.keys) + 1)) + ", unnest(CAST(? AS BIGINT[]))"
        iterator = iter(rows)
        while chunk := list(itertools.islice(iterator, _CHUNK)):
            values = [list(column) for column in zip(*chunk, strict=True)]
            self._db.execute(f"INSERT INTO read_back SELECT {marks}", values)
        keys = ", ".join(kind.keys)
        self._db.execute(
            f"CREATE OR REPLACE TABLE present_{kind.file} AS "
            f"SELECT {keys}, min(h) AS h, max(since) AS since, count(*) AS n FROM read_back GROUP BY {keys}"
        )
        self._db.execute("DROP TABLE read_back")

    def doubt(self, kind: Kind, rows: Sequence[Sequence[str]]) -> None:
        """Forget the hashes of the rows with these keys: their content is not what those say."""
        for start in range(0, len(rows), _CHUNK):
            columns = [list(column) for column in zip(*rows[start : start + _CHUNK], strict=True)]
            named = ", ".join(f"unnest(CAST(? AS VARCHAR[])) AS {name}" for name in kind.keys)
            keys = ", ".join(kind.keys)
            self._db.execute(
                f"UPDATE present_{kind.file} SET h = '' WHERE ({keys}) IN (SELECT ({keys}) FROM (SELECT {named}))",
                columns,
            )

    def compare(self, kind: Kind, generation: int, *, stale: bool, known: bool = False) -> Delta:
        """Return what ``kind`` needs to show the files from ``generation`` on.

        ``known``: the graph holds what the build before says; else it is what was remembered. ``stale``: another
        version wrote what is there, so rewrite it. A relationship that is there twice counts as gone and to be created.
        """
        file, keys = kind.file, ", ".join(kind.keys)
        held = f"SELECT {keys}, h, 0 AS since, 1 AS n FROM ({kind.select})" if known else f"FROM present_{file}"
        reason = "TRUE" if stale else "w.h IS NULL OR p.h IS NULL OR p.n > 1 OR p.h <> w.h"
        # The two sides name their tables alike, so each is read where its own are.
        self._db.execute(f"USE {BEFORE if known else 'main'}")
        try:
            with self._hurried():
                self._db.execute(
                    f"CREATE TABLE main.differing_{file} AS SELECT {keys}, w.h IS NOT NULL AS wanted, "
                    "p.h IS NOT NULL AND (w.h IS NULL OR p.n > 1) AS gone, "
                    f"CASE WHEN p.h IS NULL OR p.n > 1 THEN '{State.FRESH}' WHEN p.since < {generation:d} "
                    f"THEN '{State.EARLIER}' ELSE '{State.BEGUN}' END AS state "
                    f"FROM main.wanted_{file} w FULL JOIN ({held}) p USING ({keys}) WHERE {reason}"
                )
        finally:
            self._db.execute("USE main")
        fresh = f"wanted AND state = '{State.FRESH}'"
        return Delta(
            sent=self._count(f"wanted_{file}"),
            created=self._count(f"differing_{file} WHERE {fresh}"),
            updated=self._count(f"differing_{file} WHERE wanted AND NOT ({fresh})"),
            gone=self._count(f"differing_{file} WHERE gone"),
        )

    def changed(self, kind: Kind, size: int, *states: State) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows to create or update by their keys, ``size`` at a time, as the write files take them.

        Only those in one of ``states``, or all. The next batch is made while one is used.
        """
        keys = ", ".join(kind.keys)
        within = ", ".join(f"'{state}'" for state in states or State)
        todo = f"differing_{kind.file} WHERE wanted AND state IN ({within})"
        if not (count := self._count(todo)):
            return iter(())  # the files need not be read for it
        every = count == self._count(f"wanted_{kind.file}")
        which = "" if every else f"SEMI JOIN (FROM {todo}) USING ({keys})"
        text = f"SELECT f.* FROM ({kind.select}) f {which} ORDER BY {keys}"
        return _ahead([kind.row(values) for values in batch] for batch in self._batches(text, size))

    def gone(self, kind: Kind, size: int) -> Iterator[list[dict[str, Any]]]:
        """Yield the keys to delete in order, ``size`` at a time."""
        keys = ", ".join(kind.keys)
        return self._batches(f"SELECT {keys} FROM differing_{kind.file} WHERE gone ORDER BY ALL", size)

    def _batches(self, text: str, size: int) -> Iterator[list[dict[str, Any]]]:
        with self._db.cursor() as cursor:
            cursor.execute(text)
            names = [column[0] for column in cursor.description or ()]
            while found := cursor.fetchmany(size):
                yield [dict(zip(names, values, strict=True)) for values in found]

    @contextmanager
    def _hurried(self) -> Generator[None]:
        """Use several threads within: for what is made of keys and hashes, which are small."""
        self._db.execute(f"SET threads = {_THREADS:d}")
        try:
            yield
        finally:
            self._db.execute("SET threads = 1")

    def _count(self, what: str) -> int:
        found = self._db.execute(f"SELECT count(*) FROM {what}").fetchone()
        return int(found[0]) if found else 0

    def _refuse(self, query: str, what: str) -> None:
        """Raise when ``query`` finds rows."""
        if found := self._db.execute(f"SELECT * FROM ({query}) ORDER BY ALL LIMIT 3").fetchall():
            shown = "; ".join(" -> ".join(map(str, row)) for row in found)
            raise StoreError(f"{what}: {shown}", remedy="make the build's files again: kg build")


def _ahead(batches: Generator[T]) -> Iterator[T]:
    """Yield the batches; a thread makes the next one while the caller waits for the database."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch
