"""Parquet: typed, flat, documented, and the same values that the loader writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kg.store.export.columns import MEANING
from kg.store.export.parquet import ParquetOptions
from kg.store.kinds import EDGE_KINDS, NODE_KINDS
from tests.parts.exports import BUILD, contents, graph_rows, written
from tests.parts.hostile_world import hostile_world
from tests.servers.graph_files import World, small_world, write_world

DOCS = Path(__file__).parents[2] / "docs" / "exports.md"


def table(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a file."""
    with duckdb.connect() as engine:
        found = engine.read_parquet(str(file))
        return [dict(zip(found.columns, values, strict=True)) for values in found.fetchall()]


@pytest.mark.parametrize("world", [small_world(), hostile_world(), World()], ids=["small", "hostile", "empty"])
def test_the_tables_hold_what_the_loader_writes(world: World, tmp_path: Path) -> None:
    """A file for every kind, with rows or without, in the order of the keys; a list that is not there is empty."""
    out = written(tmp_path, world, "parquet", ParquetOptions())
    expected: dict[str, list[dict[str, Any]]] = {kind.stem: [] for kind in (*NODE_KINDS, *EDGE_KINDS)}
    for kind, row in graph_rows(write_world(tmp_path / "again", world)):
        ends = {"s": "source_id", "t": "target_id"}
        keys = {ends.get(name, name): row[name] for name in kind.keys}
        marks = {"since": 1, **({"build": BUILD} if "build" in kind.ours else {})}
        empty = {"contexts": []} if row["props"].get("contexts", ()) is None else {}
        expected[kind.stem].append({**keys, **row["props"], **empty, **marks})
    for stem, rows in expected.items():
        found = table(out / f"{stem}.parquet")
        assert [{name: value for name, value in row.items() if name != "aliases"} for row in found] == rows, stem


def test_columns_are_typed_and_documented(tmp_path: Path) -> None:
    """columns.json and the documentation name every column of every file, with its type and its meaning."""
    out = written(tmp_path, small_world(), "parquet", ParquetOptions())
    said = json.loads((out / "columns.json").read_text())
    docs = DOCS.read_text()
    for file in sorted(out.glob("*.parquet")):
        with duckdb.connect() as engine:
            found = engine.read_parquet(str(file))
            types = dict(zip(found.columns, map(str, found.types), strict=True))
        assert {name: each["type"] for name, each in said[file.name].items()} == types
        assert all(each["meaning"] == MEANING[name] for name, each in said[file.name].items())
        assert [name for name in types if f"`{name}`" not in docs] == []
    used = {name for columns in said.values() for name in columns}
    assert set(MEANING) == used
    assert said["nodes_product.parquet"]["price"]["type"] == "DOUBLE"
    assert said["nodes_product.parquet"]["in_stock"]["type"] == "BOOLEAN"
    assert said["edges_product_complements_product.parquet"]["contexts"]["type"] == "VARCHAR[]"
    assert said["nodes_type.parquet"]["embedding"]["type"] == "DOUBLE[]"


def test_the_files_are_compressed_with_zstd(tmp_path: Path) -> None:
    """Every column of every row group says so."""
    out = written(tmp_path, small_world(), "parquet", ParquetOptions())
    with duckdb.connect() as engine:
        found = engine.execute(
            "SELECT DISTINCT compression FROM parquet_metadata(?)", [str(out / "nodes_product.parquet")]
        ).fetchall()
    assert found == [("ZSTD",)]


def test_the_same_build_gives_the_same_bytes(tmp_path: Path) -> None:
    """Twice written, equal to the byte."""
    one, other = (written(tmp_path / name, hostile_world(), "parquet", ParquetOptions()) for name in "ab")
    assert contents(one) == contents(other)
