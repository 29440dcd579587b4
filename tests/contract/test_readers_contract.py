"""What every format of a catalogue must do alike."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from kg.catalog.catalogue import read_catalog
from kg.catalog.options import CatalogOptions
from kg.model import Reject
from kg.records import read_jsonl

Row = dict[str, str]
ROWS: list[Row] = [
    {"id": "00071", "title": 'Oat Milk, "Barista"', "category": "Food > Milk", "price": "1.99", "in_stock": "false"},
    {"id": "ü-東", "title": "Rye\nBread", "category": "Food > Bread", "price": "", "in_stock": "true"},
    {"id": "2", "title": "", "category": "Food > Bread", "price": "2", "in_stock": "true"},
    {"id": "00071", "title": "Salsa", "category": "Food > Dips", "price": "3", "in_stock": "true"},
    {"id": "71", "title": "Salsa; Hot", "category": "Food > Dips", "price": "3", "in_stock": "true"},
]


def delimited(mark: str) -> Callable[[list[Row]], bytes]:
    """Return a writer of delimited text with every value quoted."""

    def write(rows: list[Row]) -> bytes:
        quoted = [['"' + value.replace('"', '""') + '"' for value in row.values()] for row in rows]
        return "\n".join(mark.join(row) for row in [list(rows[0]), *quoted]).encode()

    return write


def jsonl(rows: list[Row]) -> bytes:
    """Return the rows as JSON lines."""
    return "\n".join(json.dumps(row) for row in rows).encode()


WRITERS = {
    ".csv": delimited(","),
    ".csv;": delimited(";"),
    ".tsv": delimited("\t"),
    ".jsonl": jsonl,
    ".csv.gz": lambda rows: gzip.compress(delimited(",")(rows)),
    ".tsv.gz": lambda rows: gzip.compress(delimited("\t")(rows)),
    ".jsonl.gz": lambda rows: gzip.compress(jsonl(rows)),
}


@pytest.fixture(params=[*WRITERS, ".parquet"])
def catalogue(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same rows as a file of each format."""
    suffix = str(request.param)
    file = tmp_path / f"shop{suffix.rstrip(';')}"
    if suffix == ".parquet":
        lines = tmp_path / "rows.jsonl"
        lines.write_bytes(jsonl(ROWS))
        schema = ", ".join(f"'{name}': 'VARCHAR'" for name in ROWS[0])
        duckdb.sql(f"SELECT * FROM read_json('{lines}', columns = {{{schema}}})").write_parquet(str(file))
    else:
        file.write_bytes(WRITERS[suffix](ROWS))
    read_catalog([file], CatalogOptions(max_reject_share=1.0), tmp_path / "out")
    return file


def products(file: Path, columns: str) -> list[tuple[object, ...]]:
    """Return columns of the products made from ``file``."""
    return duckdb.sql(f"SELECT {columns} FROM '{file.parent / 'out' / 'products.parquet'}'").fetchall()


def test_ids_and_titles_are_kept_as_received_in_input_order(catalogue: Path) -> None:
    """Every format gives the same ids and titles, untouched, in the order of the file."""
    expected = [("00071", 'Oat Milk, "Barista"'), ("ü-東", "Rye\nBread"), ("71", "Salsa; Hot")]
    assert products(catalogue, "id, title") == expected


def test_values_are_typed_alike(catalogue: Path) -> None:
    """Prices are numbers or null and stock flags are truth values in every format."""
    assert products(catalogue, "price, in_stock") == [(1.99, False), (None, True), (3.0, True)]


def test_bad_rows_are_rejects_in_every_format(catalogue: Path) -> None:
    """The empty title and the repeated id are refused in every format, with field and reason."""
    found = list(read_jsonl(catalogue.parent / "out" / "rejects.jsonl", Reject))
    assert [(reject.field, reject.reason) for reject in found] == [
        ("title", "the title is empty"),
        ("id", "the id stands twice"),
    ]
    record_a_line = catalogue.suffix == ".parquet" or ".jsonl" in catalogue.name
    assert [reject.line for reject in found] == ([3, 4] if record_a_line else [5, 6])


def test_every_format_gives_the_columns_of_the_artefact(catalogue: Path) -> None:
    """products.parquet has the agreed columns and types."""
    file = catalogue.parent / "out" / "products.parquet"
    described = duckdb.sql(f"DESCRIBE SELECT * FROM '{file}'").fetchall()
    assert [(row[0], row[1]) for row in described] == [
        ("id", "VARCHAR"),
        ("title", "VARCHAR"),
        ("brand", "VARCHAR"),
        ("category", "VARCHAR"),
        ("description", "VARCHAR"),
        ("price", "DOUBLE"),
        ("in_stock", "BOOLEAN"),
        ("popularity", "DOUBLE"),
        ("group_id", "VARCHAR"),
        ("attributes", "VARCHAR"),
        ("type_id", "VARCHAR"),
    ]
