"""SQL that makes text of a row, so that millions of rows are written at the engine's speed.

Names of columns are ours; the values of rows only ever pass through functions that quote them.
"""

from __future__ import annotations

from kg.errors import StoreError

__all__ = ["json_text", "literal", "number_text", "quoted", "together", "when", "when_known"]


def quoted(name: str) -> str:
    """Return the name of a column, for SQL text."""
    if not name.isidentifier():
        raise StoreError(f"{name!r} is no name of a column", remedy="make the build's files again: kg build")
    return f'"{name}"'


def literal(text: str) -> str:
    """Return text of ours as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def together(*parts: str) -> str:
    """Return SQL that joins texts."""
    return " || ".join(parts) if parts else "''"


def when(condition: str, text: str) -> str:
    """Return SQL of ``text`` where a condition holds, else of an empty text."""
    return f"CASE WHEN {condition} THEN {text} ELSE '' END"


def when_known(name: str, kept: str, text: str) -> str:
    """Return SQL of ``text`` where a column has a value that says something, else of an empty text."""
    column = quoted(name)
    if kept == "VARCHAR":
        known = f"{column} <> ''"
    else:
        known = f"len({column}) > 0" if kept.endswith("[]") else f"{column} IS NOT NULL"
    return when(known, text)


def number_text(name: str) -> str:
    """Return SQL of a column of numbers as text, shortest without loss, in words that Java and XML know."""
    column = quoted(name)
    far = f"if({column} > 0, 'Infinity', '-Infinity')"
    return f"CASE WHEN isnan({column}) THEN 'NaN' WHEN isinf({column}) THEN {far} ELSE CAST({column} AS VARCHAR) END"


def json_text(value: str) -> str:
    """Return SQL of the JSON text of a value."""
    return f"CAST(to_json({value}) AS VARCHAR)"
