"""SQL that makes text of rows: names are checked, numbers keep their value, nothing stays nothing."""

from __future__ import annotations

import math

import duckdb
import pytest

from kg.errors import StoreError
from kg.store.export.texts import json_text, literal, number_text, quoted, together, when_known


def said(columns: str, text: str) -> str:
    """Return what SQL text makes of one row."""
    with duckdb.connect() as engine:
        return engine.execute(f"SELECT {text} FROM (SELECT {columns})").fetchall()[0][0]


@pytest.mark.parametrize("name", ['a"b', "a b", "", "1a", "a; DROP TABLE x"])
def test_what_is_no_name_of_a_column_is_refused(name: str) -> None:
    """Names go into SQL; they come from our own table of kinds, and are checked all the same."""
    with pytest.raises(StoreError, match="no name of a column"):
        quoted(name)


@pytest.mark.parametrize("number", [0.1, 1e-7, 1e22, -2.5, 5e-324, 1.7976931348623157e308])
def test_a_number_is_written_without_loss(number: float) -> None:
    """Read back, it is the same number."""
    assert float(said(f"CAST('{number!r}' AS DOUBLE) AS x", number_text("x"))) == number


def test_numbers_that_are_none_have_the_names_that_java_knows() -> None:
    """Not-a-number and the infinities are written as Double.parseDouble and XML Schema read them."""
    columns = "CAST('{}' AS DOUBLE) AS x"
    assert said(columns.format("nan"), number_text("x")) == "NaN"
    assert said(columns.format("inf"), number_text("x")) == "Infinity"
    assert float(said(columns.format("-inf"), number_text("x"))) == -math.inf


@pytest.mark.parametrize(
    ("value", "kept", "known"),
    [
        ("''", "VARCHAR", False), ("NULL::VARCHAR", "VARCHAR", False), ("'a'", "VARCHAR", True),
        ("[]::VARCHAR[]", "VARCHAR[]", False), ("NULL::VARCHAR[]", "VARCHAR[]", False), ("['']", "VARCHAR[]", True),
        ("NULL::DOUBLE", "DOUBLE", False), ("0.0::DOUBLE", "DOUBLE", True), ("false", "BOOLEAN", True),
    ],
)  # fmt: skip
def test_only_what_says_something_is_written(value: str, kept: str, known: bool) -> None:
    """Nothing, an empty text and a list without items leave no trace; zero and false do."""
    assert said(f"{value} AS x", when_known("x", kept, "'!'")) == ("!" if known else "")


def test_text_of_ours_is_quoted() -> None:
    """A quote in it ends nothing."""
    assert said("1 AS x", together(literal("it's "), json_text("'\"'"))) == 'it\'s "\\""'
