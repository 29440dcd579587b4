"""Proposed intents as a table that people edit, and the way of those they accept into the file of intents.

A line that is there is never changed: neither of the table, which holds decisions, nor of the file of intents.
"""

from __future__ import annotations

import csv
import gzip
import io
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from extractors.concepts import concept_key
from extractors.propose import free_id
from kg.catalog.readers import Source, format_of, read_batches
from kg.catalog.rejects import shown
from kg.catalog.tables import Batch
from kg.catalog.typed import as_text
from kg.curation.decisions import unsafe_cell
from kg.errors import InputError
from kg.model import Intent, IntentId, IntentKind
from kg.records import atomic_path, to_json
from kg.text import clean, normalise

__all__ = ["COLUMNS", "Accepted", "Row", "accepted", "append_intents", "append_rows", "read_rows"]

COLUMNS = ("id", "name", "kind", "description", "popularity", "evidence", "decision")
_REQUIRED = ("name", "kind", "decision")
_DECISIONS = ("accept", "reject", "")
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: every value as text, by column."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a table says: the intents to add, and how many lines are ``known`` already, rejected, or undecided."""

    intents: tuple[Intent, ...]
    known: int
    rejected: int
    undecided: int


def read_rows(file: Path) -> list[Row]:
    """Return the lines of a table of proposals.

    Raises:
        InputError: the file cannot be read, lacks a column, or a line cannot be split into columns.
    """
    rows: list[Row] = []
    with closing(read_batches(Source(file))) as batches:
        for batch in batches:
            if batch.rejects:
                bad = batch.rejects[0]
                raise InputError(bad.reason, file=str(file), line=bad.line, field=bad.field, remedy=bad.remedy)
            rows += _rows(file, batch)
    return rows


def accepted(file: Path, known: Sequence[Intent]) -> Accepted:
    """Return what to add of a table in which people decided, with ids that no known intent has.

    A row whose name is equal to that of a known intent, or of a row before it, adds nothing.

    Raises:
        InputError: a decision or an accepted row is wrong; names line, field, reason and remedy of the first.
    """
    ids = {str(intent.id) for intent in known}
    concepts = {concept_key(intent.name) for intent in known}
    intents: list[Intent] = []
    decided = {"accept": 0, "reject": 0, "": 0}
    for row in read_rows(file):
        decision = _checked(file, row)
        decided[decision] += 1
        concept = concept_key(row.values["name"])
        if decision == "accept" and concept not in concepts:
            concepts.add(concept)
            intents.append(_intent(row, ids))
    return Accepted(tuple(intents), decided["accept"] - len(intents), decided["reject"], decided[""])


def append_intents(file: Path, intents: Sequence[Intent]) -> None:
    """Append intents to the file of intents. See :func:`append_rows`."""
    append_rows(
        file,
        [
            {"id": i.id, "name": i.name, "kind": i.kind.value, "description": i.description, "popularity": i.popularity}
            for i in intents
        ],
    )


def append_rows(file: Path, rows: Sequence[Mapping[str, str | float]]) -> None:
    """Append rows (column -> value) to a CSV, TSV or JSON lines file in its own form; all of it or nothing.

    The bytes that are there stay. Values whose column the file does not have are left out.

    Raises:
        InputError: the file cannot be read, or is of a format that nothing can be appended to.
    """
    file = file.resolve()  # a link stays a link
    kind = format_of(file)
    if kind == "parquet":
        raise InputError("nothing can be appended to a Parquet file", file=str(file), remedy="keep it as CSV instead")
    data = file.read_bytes()
    packed = data[:2] == b"\x1f\x8b"
    text = gzip.decompress(data) if packed else data
    newline = "\r\n" if text.split(b"\n", 1)[0].endswith(b"\r") else "\n"
    first = text.decode("utf-8-sig").split("\n", 1)[0].rstrip("\r")
    more = _json_lines(rows, newline) if kind == "jsonl" else _delimited(rows, first, newline, tabs=kind == "tsv")
    if not text.endswith(b"\n"):
        more = newline + more
    with atomic_path(file) as temporary:
        temporary.write_bytes(data + (gzip.compress(more.encode(), mtime=0) if packed else more.encode()))
        shutil.copymode(file, temporary)


def _rows(file: Path, batch: Batch) -> Iterator[Row]:
    names = {normalise(name): name for name in batch.header}
    for column in _REQUIRED:
        if column not in names:
            reason = f"no column {column!r}; the file has: {', '.join(batch.header)}"
            raise InputError(reason, file=str(file), line=1, remedy=f"the columns are {', '.join(COLUMNS)}")
    columns = {each: batch.column(names[each]) for each in COLUMNS if each in names}
    for at, line in enumerate(batch.lines):
        values = {each: unsafe_cell(clean(as_text(column[at], ", "))) for each, column in columns.items()}
        yield Row(line, {**dict.fromkeys(COLUMNS, ""), **values})


def _checked(file: Path, row: Row) -> str:
    """Return the row's decision.

    Raises:
        InputError: it is none, or the row is accepted and has a mistake.
    """
    values = row.values
    decision = values["decision"].lower()
    fault: tuple[str, str, str] | None = None
    if decision not in _DECISIONS:
        fault = "decision", "is no decision", "write accept or reject, or leave it empty"
    elif decision == "accept":
        fault = _fault(values)
    if fault:
        field, reason, remedy = fault
        where = {"file": str(file), "line": row.line, "field": field}
        raise InputError(f"{shown(values[field])!r} {reason}", **where, remedy=remedy)  # pyright: ignore[reportArgumentType]
    return decision


def _fault(values: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Return (field, reason, remedy) of what is wrong with an accepted row."""
    if not concept_key(values["name"]):
        return "name", "is no name", "write what the shopper wants, for example: game-day party"
    if values["kind"].lower() not in set(IntentKind):
        return "kind", "is no kind of intent", f"use one of {', '.join(IntentKind)}"
    try:
        popularity = float(values["popularity"] or 0)
    except ValueError:
        popularity = -1.0
    if not 0 <= popularity < float("inf"):
        return "popularity", "is not a number from 0 up", "write a number, or leave it empty"
    return None


def _intent(row: Row, ids: set[str]) -> Intent:
    values = row.values
    wanted = values["id"]
    name = wanted if wanted and wanted not in ids else free_id(values["name"], ids)
    ids.add(name)
    kind = IntentKind(values["kind"].lower())
    return Intent(IntentId(name), values["name"], kind, values["description"], float(values["popularity"] or 0))


def _json_lines(rows: Sequence[Mapping[str, str | float]], newline: str) -> str:
    return "".join(to_json(dict(row)).decode() + newline for row in rows)


def _delimited(rows: Sequence[Mapping[str, str | float]], first: str, newline: str, *, tabs: bool) -> str:
    """Return the rows under the header that ``first`` holds."""
    delimiter = "\t" if tabs else max(_DELIMITERS, key=lambda mark: (first.count(mark), -_DELIMITERS.index(mark)))
    header = [normalise(name) for name in next(csv.reader([first], delimiter=delimiter))]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline)
    writer.writerows([_text(row.get(name, "")) for name in header] for row in rows)
    return out.getvalue()


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else str(int(value) if value == int(value) else value)
