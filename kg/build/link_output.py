"""Results of linking a file, as CSV for spreadsheets or as JSON lines for machines."""

from __future__ import annotations

import csv
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from kg.build.link_file import RESULTS, LinkedRow
from kg.catalog.typed import as_text
from kg.curation.decisions import safe_cell
from kg.errors import ConfigError
from kg.model import Link
from kg.records import atomic_path, to_json
from kg.text import clean

__all__ = ["Write", "check_name", "results_of", "rows_to_file", "rows_to_stream"]

Write = Callable[[LinkedRow], None]
_LINES = (".jsonl", ".ndjson")


def check_name(out: Path) -> None:
    """Check that a file's name says how to write it.

    Raises:
        ConfigError: it does not.
    """
    if out.suffix.lower() not in {".csv", *_LINES}:
        raise ConfigError(f"{out}: the name does not say which format to write", remedy="call it .csv or .jsonl")


@contextmanager
def rows_to_file(out: Path, columns: Sequence[str]) -> Generator[Write]:
    """Yield what writes rows to a file, which appears whole when the block ends: JSON lines or CSV, by its name."""
    if out.suffix.lower() not in _LINES:
        with atomic_path(out) as path, path.open("w", encoding="utf-8-sig", newline="") as handle:
            yield rows_to_stream(handle, columns)
    else:
        with atomic_path(out) as path, path.open("wb") as binary:
            yield lambda row: _write_line(binary.write, row)


def rows_to_stream(handle: TextIO, columns: Sequence[str], *, terminal: bool = False) -> Write:
    """Return what writes rows as CSV; the header is written at once.

    No cell is taken for a formula. Text of the catalogue has no control characters, and for a ``terminal`` neither has
    what was received.
    """
    writer = csv.writer(handle, lineterminator="\n")
    shown = clean if terminal else str
    writer.writerow([safe_cell(shown(name)) for name in (*columns, *RESULTS)])

    def write(row: LinkedRow) -> None:
        received = [shown(as_text(row.received.get(name), ";")) for name in columns]
        writer.writerow(map(safe_cell, (*received, *(_cell(value) for value in results_of(row).values()))))

    return write


def results_of(row: LinkedRow) -> Mapping[str, str | float | None]:
    """Return the columns that linking adds: ids and names only of what was accepted, ``None`` for what is not there."""
    kind, product = row.answer.type, row.answer.product
    last = product or kind
    both = {"type": kind, "product": product}
    said = [f"{name}: {link.reason}" if kind and product else link.reason for name, link in both.items() if link]
    values = (*_found(kind), *_found(product), last.margin if last else None, "; ".join(said))
    return dict(zip(RESULTS, values, strict=True))


def _found(link: Link | None) -> tuple[str | None, str | None, float | None]:
    if link is None:
        return None, None, None
    if link.target_id is None:
        return None, None, link.confidence
    return link.target_id, link.candidates[0].name, link.confidence


def _cell(value: str | float | None) -> str:
    if isinstance(value, str):
        return clean(value)
    return "" if value is None else f"{value:.4f}"


def _write_line(write: Callable[[bytes], object], row: LinkedRow) -> None:
    write(to_json({**row.received, **results_of(row)}) + b"\n")
