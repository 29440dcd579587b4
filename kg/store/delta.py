"""What a load has to do: the build's files compared with what the graph holds, out of core in DuckDB.

What the graph holds is known from the files of the build that was loaded last, or is read back from the graph. Memory
stays flat: files are scanned, hashes are spilled to a temporary folder, and rows to write come in batches.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from kg.errors import StoreError
from kg.store.kinds import EdgeKind, Kind
from kg.store.tables import GraphFiles, open_tables

__all__ = ["Delta", "GraphFiles", "Workbench", "open_files"]

_CHUNK = 10_000


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
def open_files(files: GraphFiles) -> Generator[Workbench]:
    """Yield a workbench over ``files``.

    Raises:
        ArtefactError: a file is missing or is not what it should be.
    """
    with open_tables(files) as connection:
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
        file, keys = kind.file, ", ".join(kind.keys)
        self._db.execute(f"CREATE TABLE wanted_{file} AS SELECT {keys}, h FROM ({kind.select})")
        columns = "".join(f"{name} VARCHAR, " for name in kind.keys)
        self._db.execute(f"CREATE TABLE present_{file} ({columns}h VARCHAR, since BIGINT)")
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
        self._db.execute(f"DELETE FROM present_{kind.file}")
        marks = ", ".join(["unnest(CAST(? AS VARCHAR[]))"] * (len(kind.keys) + 1)) + ", unnest(CAST(? AS BIGINT[]))"
        iterator = iter(rows)
        while chunk := list(itertools.islice(iterator, _CHUNK)):
            columns = [list(column) for column in zip(*chunk, strict=True)]
            self._db.execute(f"INSERT INTO present_{kind.file} SELECT {marks}", columns)

    def recall(self, kind: Kind, before: Workbench) -> None:
        """Note what the graph holds of ``kind``: what the files of the build before say."""
        with tempfile.TemporaryDirectory(prefix="product-kg-") as folder:
            file = Path(folder, "before.parquet")
            keys = ", ".join(kind.keys)
            before.write_hashes(kind, file)
            self._db.execute(
                f"INSERT INTO present_{kind.file} SELECT {keys}, h, 0 FROM read_parquet($file)", {"file": str(file)}
            )

    def write_hashes(self, kind: Kind, file: Path) -> None:
        """Write keys and hashes of ``kind`` in the files to a Parquet file."""
        text = f"COPY (SELECT {', '.join(kind.keys)}, h FROM ({kind.select})) TO $file (FORMAT parquet)"
        self._db.execute(text, {"file": str(file)})

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

    def compare(self, kind: Kind, generation: int, *, stale: bool) -> Delta:
        """Return what ``kind`` needs to show the files from ``generation`` on.

        ``stale``: another version wrote what is there, so rewrite it. A relationship that is there twice counts as
        gone and to be created.
        """
        file, keys = kind.file, ", ".join(kind.keys)
        self._db.execute(
            f"CREATE TABLE once AS SELECT {keys}, min(h) AS h, max(since) AS since, count(*) AS n "
            f"FROM present_{file} GROUP BY {keys}"
        )
        reason = "TRUE" if stale else "p.h IS NULL OR p.n > 1 OR p.h <> w.h"
        self._db.execute(
            f"CREATE TABLE todo_{file} AS SELECT {_prefixed('w', kind)}, p.h IS NULL OR p.n > 1 AS fresh, "
            f"NOT fresh AND p.since < {generation:d} AS old "
            f"FROM wanted_{file} w LEFT JOIN once p USING ({keys}) WHERE {reason}"
        )
        self._db.execute(
            f"CREATE TABLE gone_{file} AS SELECT {_prefixed('p', kind)} FROM once p "
            f"LEFT JOIN wanted_{file} w USING ({keys}) WHERE w.h IS NULL OR p.n > 1"
        )
        self._db.execute("DROP TABLE once")
        created = self._count(f"todo_{file} WHERE fresh")
        return Delta(
            sent=self._count(f"wanted_{file}"),
            created=created,
            updated=self._count(f"todo_{file}") - created,
            gone=self._count(f"gone_{file}"),
        )

    def changed(self, kind: Kind, size: int, *, old: bool) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows to create or update by their keys, ``size`` at a time, as the write files take them.

        ``old``: those that the graph shows in an earlier generation, or else the others.
        """
        keys = ", ".join(kind.keys)
        todo = f"SELECT * FROM todo_{kind.file} WHERE old = {old}"
        text = f"SELECT f.* FROM ({kind.select}) f SEMI JOIN ({todo}) USING ({keys}) ORDER BY {keys}"
        return ([kind.row(values) for values in batch] for batch in self._batches(text, size))

    def gone(self, kind: Kind, size: int) -> Iterator[list[dict[str, Any]]]:
        """Yield the keys to delete in order, ``size`` at a time."""
        return self._batches(f"SELECT * FROM gone_{kind.file} ORDER BY ALL", size)

    def _batches(self, text: str, size: int) -> Iterator[list[dict[str, Any]]]:
        with self._db.cursor() as cursor:
            cursor.execute(text)
            names = [column[0] for column in cursor.description or ()]
            while found := cursor.fetchmany(size):
                yield [dict(zip(names, values, strict=True)) for values in found]

    def _count(self, what: str) -> int:
        found = self._db.execute(f"SELECT count(*) FROM {what}").fetchone()
        return int(found[0]) if found else 0

    def _refuse(self, query: str, what: str) -> None:
        """Raise when ``query`` finds rows."""
        if found := self._db.execute(f"SELECT * FROM ({query}) ORDER BY ALL LIMIT 3").fetchall():
            shown = "; ".join(" -> ".join(map(str, row)) for row in found)
            raise StoreError(f"{what}: {shown}", remedy="make the build's files again: kg build")


def _prefixed(table: str, kind: Kind) -> str:
    return ", ".join(f"{table}.{name} AS {name}" for name in kind.keys)
