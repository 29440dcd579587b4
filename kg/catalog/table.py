"""The types table: how categories and heads became type names, in a form a person can correct and hand back."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kg.errors import InputError
from kg.records import atomic_path
from kg.text import clean, key

__all__ = ["Corrections", "TableRow", "read_corrections", "write_table"]

_HEADER = ("category", "head", "type", "products", "example")


@dataclass(frozen=True, slots=True)
class TableRow:
    """Products of ``category`` whose titles name ``head`` (singular words; "" where only the category says)."""

    category: str
    head: str
    type: str
    products: int
    example: str


@dataclass(frozen=True, slots=True)
class Corrections:
    """What a person wrote into the table: (category, head) -> type name."""

    names: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def heads(self, category: str) -> frozenset[tuple[str, ...]]:
        """Return the heads the table lists for ``category``, as tuples of words."""
        return frozenset(tuple(head.split()) for where, head in self.names if where == category and head)


def read_corrections(file: Path) -> Corrections:
    """Read a corrected copy of ``types_table.csv``; rows may be changed, merged by one name, removed or added.

    Raises:
        InputError: the file is missing, is not UTF-8, lacks a column, or a row has no type.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            rows = csv.DictReader(handle)
            missing = [name for name in _HEADER[:3] if name not in (rows.fieldnames or ())]
            if missing:
                remedy = f"start from the types_table.csv of a build; its columns are {', '.join(_HEADER)}"
                raise InputError(f"no column {missing[0]!r}", file=str(file), line=1, remedy=remedy)
            names: dict[tuple[str, str], str] = {}
            for row in rows:
                name = clean(row["type"] or "")
                if not name:
                    remedy = "write a name, or remove the row"
                    raise InputError(
                        "the type is empty", file=str(file), line=rows.line_num, field="type", remedy=remedy
                    )
                names[(row["category"] or "", key(row["head"] or ""))] = name
    except FileNotFoundError as error:
        raise InputError("there is no such types table", file=str(file), remedy="check types_table") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"the types table cannot be read: {error}", file=str(file), remedy="save it as UTF-8 CSV"
        ) from error
    return Corrections(names)


def write_table(file: Path, rows: Iterable[TableRow]) -> None:
    """Write the table, ordered by category, falling products and head."""
    ordered = sorted(rows, key=lambda row: (row.category, -row.products, row.head))
    with atomic_path(file) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(_HEADER)
        writer.writerows((row.category, row.head, row.type, row.products, row.example) for row in ordered)
