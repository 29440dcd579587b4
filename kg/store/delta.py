"""What a load has to do: the build's files compared with what the graph holds, out of core in DuckDB.

Memory stays flat: files are scanned, hashes read back from the graph are spilled to a temporary folder, and
rows to write come in batches.
"""

from __future__ import annotations

import glob
import itertools
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import duckdb

from kg.catalog.tags import TAGGED
from kg.errors import ArtefactError, StoreError
from kg.store.kinds import EdgeKind, NodeTable

__all__ = ["Delta", "GraphFiles", "Workbench", "open_files"]

_CHUNK = 10_000
_MEMORY = "512MB"
_INTENT = {
    "id": "VARCHAR",
    "name": "VARCHAR",
    "kind": "VARCHAR",
    "description": "VARCHAR",
    "popularity": "DOUBLE",
}
_TYPE = {
    "id": "VARCHAR",
    "name": "VARCHAR",
    "category": "VARCHAR",
    "products": "BIGINT",
    "reach": "DOUBLE",
    "aliases": "VARCHAR[]",
}
_THEME = {
    "id": "VARCHAR",
    "name": "VARCHAR",
    "intent_id": "VARCHAR",
    "rank": "BIGINT",
    "members": "VARCHAR[]",
    "provenance": "STRUCT(model VARCHAR, prompt_hash VARCHAR)",
}
_EDGE = {
    "relation": "VARCHAR",
    "source_kind": "VARCHAR",
    "source_id": "VARCHAR",
    "target_kind": "VARCHAR",
    "target_id": "VARCHAR",
    "explanation": "VARCHAR",
    "plausibility": "DOUBLE",
    "typicality": "DOUBLE",
    "confidence": "DOUBLE",
    "rank": "BIGINT",
    "contexts": "VARCHAR[]",
    "h": "VARCHAR",
    "provenance": "STRUCT(model VARCHAR, prompt_hash VARCHAR)",
    "evidence": "STRUCT(samples BIGINT, agreed BIGINT, lift DOUBLE, pairs BIGINT, reviewer VARCHAR)",
}
_TYPE_EDGE = (
    "SELECT relation, source_kind, source_id, target_kind, target_id, explanation, plausibility, typicality, "
    "confidence, rank, contexts, h, provenance.model AS model, provenance.prompt_hash AS prompt_hash, "
    "evidence.samples AS samples, evidence.agreed AS agreed, evidence.lift AS lift, evidence.pairs AS pairs, "
    "evidence.reviewer AS reviewer FROM edge_file"
)
_THEME_NODE = (
    "SELECT id, name, intent_id, rank, provenance.model AS model, provenance.prompt_hash AS prompt_hash FROM theme_file"
)
_THEME_MEMBER = (
    "SELECT id AS theme_id, unnest(members) AS type_id, unnest(generate_series(1, len(members))) AS rank "
    "FROM theme_file"
)
_ATTRIBUTES = ("audience", "diet", "size", "color", "compatible_with", "flavour", "form", "scent", "size_class")
# Tags are laid over the products' own attributes. A decimal or a float32 is a number to Parquet, but nothing the
# graph's wire format knows.
_PRODUCT = (
    "SELECT * EXCLUDE (attributes, tags) "
    "REPLACE (CAST(price AS DOUBLE) AS price, CAST(popularity AS DOUBLE) AS popularity), "
    + ", ".join(
        f"coalesce(json_extract_string(tags, '$.{name}'), json_extract_string(attributes, '$.{name}')) AS {name}"
        for name in _ATTRIBUTES
    )
)
_SCORES = ("plausibility", "typicality", "confidence", "lift")
_PRODUCT_EDGE = f"SELECT * REPLACE ({', '.join(f'CAST({name} AS DOUBLE) AS {name}' for name in _SCORES)})"


@dataclass(frozen=True, slots=True)
class GraphFiles:
    """The artefacts a graph is loaded from."""

    products: Path
    product_types: Path
    intents: Path
    edges: Path
    themes: Path
    product_edges: Path
    tags: tuple[Path, ...] = ()


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
    single = [getattr(files, field.name) for field in fields(files) if field.name != "tags"]
    for path in (*single, *files.tags):
        if not path.is_file():
            raise ArtefactError(f"{path} is missing", remedy="run the stage that makes it: kg build")
    with (
        tempfile.TemporaryDirectory(prefix="product-kg-") as spill,
        duckdb.connect(
            config={
                "memory_limit": _MEMORY,
                "temp_directory": spill,
                "threads": 2,
                "autoload_known_extensions": False,
            }
        ) as connection,
    ):
        try:
            _views(connection, files)
            yield Workbench(connection)
        except duckdb.Error as error:
            raise ArtefactError(
                f"the build's files cannot be read: {str(error).strip()[:400]}",
                remedy="make them again: kg build",
            ) from error


def _views(connection: duckdb.DuckDBPyConnection, files: GraphFiles) -> None:
    """Name the files' tables as :mod:`kg.store.kinds` does. Paths travel as values, never as SQL."""
    for name, path, columns in (
        ("intent", files.intents, _INTENT),
        ("type", files.product_types, _TYPE),
        ("edge_file", files.edges, _EDGE),
        ("theme_file", files.themes, _THEME),
    ):
        read = connection.read_json(_literal(path), columns=columns, format="newline_delimited")
        read.to_table(name)
    connection.execute(f"CREATE VIEW type_edge AS {_TYPE_EDGE}")
    connection.execute(f"CREATE VIEW theme AS {_THEME_NODE}")
    connection.execute(f"CREATE VIEW theme_member AS {_THEME_MEMBER}")
    connection.read_parquet(_literal(files.products)).create_view("product_file")
    connection.execute("CREATE TABLE tagged (id VARCHAR, tags VARCHAR)")
    if files.tags:
        connection.execute(f"INSERT INTO tagged {TAGGED}", {"tags": [_literal(path) for path in files.tags]})
    connection.execute(f"CREATE VIEW product AS {_PRODUCT} FROM product_file LEFT JOIN tagged USING (id)")
    connection.read_parquet(_literal(files.product_edges)).create_view("product_edge_file")
    connection.execute(f"CREATE VIEW product_edge AS {_PRODUCT_EDGE} FROM product_edge_file")


def _literal(path: Path) -> str:
    """Return ``path`` so that the engine does not read a bracket or star in it as a pattern."""
    return glob.escape(str(path))


class Workbench:
    """The comparison itself: one kind after the other, each in tables of its own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection

    def stage(self, kind: NodeTable | EdgeKind) -> None:
        """Note keys and hashes of ``kind`` in the files, and refuse what cannot be loaded.

        Raises:
            StoreError: a key is doubled, a hash is missing, or an end of an edge is in no file; with examples.
        """
        file, keys = kind.file, ", ".join(kind.keys)
        self._db.execute(f"CREATE TABLE wanted_{file} AS SELECT {keys}, h FROM ({kind.select})")
        columns = "".join(f"{name} VARCHAR, " for name in kind.keys)
        self._db.execute(f"CREATE TABLE present_{file} ({columns}h VARCHAR)")
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

    def remember(self, kind: NodeTable | EdgeKind, rows: Iterable[Sequence[str]]) -> None:
        """Note what the graph holds of ``kind``, rows of its keys and its hash; forget older notes."""
        self._db.execute(f"DELETE FROM present_{kind.file}")
        marks = ", ".join(["unnest(CAST(? AS VARCHAR[]))"] * (len(kind.keys) + 1))
        iterator = iter(rows)
        while chunk := list(itertools.islice(iterator, _CHUNK)):
            columns = [list(column) for column in zip(*chunk, strict=True)]
            self._db.execute(f"INSERT INTO present_{kind.file} SELECT {marks}", columns)

    def compare(self, kind: NodeTable | EdgeKind, *, stale: bool) -> Delta:
        """Return what ``kind`` needs. ``stale``: another version wrote what is there, so rewrite it.

        A relationship that is there twice counts as gone and to be created.
        """
        file, keys = kind.file, ", ".join(kind.keys)
        once = f"SELECT {keys}, min(h) AS h, count(*) AS n FROM present_{file} GROUP BY {keys}"
        self._db.execute(f"CREATE TABLE once AS {once}")
        reason = "TRUE" if stale else "p.h IS NULL OR p.n > 1 OR p.h <> w.h"
        self._db.execute(
            f"CREATE TABLE todo_{file} AS SELECT {_prefixed('w', kind)}, p.h IS NULL OR p.n > 1 AS fresh "
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

    def changed(self, kind: NodeTable | EdgeKind, size: int) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows to create or update by their keys, ``size`` at a time, as the write file takes them."""
        keys = ", ".join(kind.keys)
        text = f"SELECT f.* FROM ({kind.select}) f SEMI JOIN todo_{kind.file} USING ({keys}) ORDER BY {keys}"
        return ([kind.row(values) for values in batch] for batch in self._batches(text, size))

    def gone(self, kind: NodeTable | EdgeKind, size: int) -> Iterator[list[dict[str, Any]]]:
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


def _prefixed(table: str, kind: NodeTable | EdgeKind) -> str:
    return ", ".join(f"{table}.{name} AS {name}" for name in kind.keys)
