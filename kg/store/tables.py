"""A build's artefacts as the tables that :mod:`kg.store.kinds` selects from, out of core in DuckDB."""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import duckdb

from kg.catalog.tags import TAGGED
from kg.errors import ArtefactError, KgError, StoreError

__all__ = ["BEFORE", "GraphFiles", "name_tables", "open_tables"]

BEFORE = "before"
"""The schema in which the tables of the build before have the names that the build's own have in ``main``."""

_MEMORY_MB = 512
# The engine's words when it cannot set rows aside in its temporary folder: nothing is wrong with the build.
_NO_ROOM = "Could not write file"
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


@contextmanager
def open_tables(
    files: GraphFiles, before: GraphFiles | None = None, memory_mb: int = _MEMORY_MB
) -> Generator[duckdb.DuckDBPyConnection]:
    """Yield a connection with the tables of ``files``, and of those of the build before in :data:`BEFORE`.

    Raises:
        ArtefactError: a file is missing or is not what it should be.
    """
    for each in filter(None, (files, before)):
        _require(each)
    with (
        tempfile.TemporaryDirectory(prefix="product-kg-") as spill,
        duckdb.connect(
            config={
                "memory_limit": f"{memory_mb}MB",
                "temp_directory": spill,
                "threads": 1,  # sorting whole rows needs memory for each
                "autoload_known_extensions": False,
            }
        ) as connection,
    ):
        try:
            if before:
                connection.execute(f"CREATE SCHEMA {BEFORE}; USE {BEFORE}")
                name_tables(connection, before)
                connection.execute("USE main")
            name_tables(connection, files)
            yield connection
        except duckdb.Error as error:
            raise _explained(error, memory_mb) from error


def _explained(error: duckdb.Error, memory_mb: int) -> KgError:
    said = str(error).strip()
    if isinstance(error, duckdb.OutOfMemoryException) or _NO_ROOM in said:
        return StoreError(
            f"no room for the build's files in {memory_mb} MB of memory: {said.splitlines()[0][:400]}",
            remedy="free disk space, or let TMPDIR name a folder on a larger disk; for a load, raise store.memory_mb",
        )
    return ArtefactError(f"the build's files cannot be read: {said[:400]}", remedy="make them again: kg build")


def _require(files: GraphFiles) -> None:
    single = [getattr(files, field.name) for field in fields(files) if field.name != "tags"]
    for path in (*single, *files.tags):
        if not path.is_file():
            raise ArtefactError(f"{path} is missing", remedy="run the stage that makes it: kg build")


def name_tables(connection: duckdb.DuckDBPyConnection, files: GraphFiles) -> None:
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
