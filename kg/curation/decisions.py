"""Read the file in which people decide: CSV, one decision a line, kept beside the configuration.

The columns are ``action,relation,subject,target,explanation,who,when,why``; the review queue's file has them
first, so that its lines can be copied, or the whole file be filled in and used. A line without an action is
not decided yet and is passed over; so are empty lines and lines that start with ``#``.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from kg.errors import InputError
from kg.model import Decision, DecisionAction, Relation
from kg.text import clean

__all__ = ["COLUMNS", "NOTES", "read_decisions", "safe_cell", "unsafe_cell"]

COLUMNS = ("action", "relation", "subject", "target", "explanation", "who", "when", "why")
NOTES = (
    "mention", "verdict", "rule", "reason", "plausibility", "typicality", "confidence", "reach", "priority",
    "statement_id",
)  # fmt: skip
"""Columns of the review queue that only inform; they are passed over when read."""
_REQUIRED = ("action", "relation", "subject", "target", "who", "when")
_RELATIONS = (Relation.SATISFIED_BY, Relation.COMPLEMENTS, Relation.SUBSTITUTES, Relation.PAIRS_WITH)
# A spreadsheet runs a cell that starts with one of these as a formula (OWASP, "CSV Injection").
_FORMULA = re.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_LONGEST_CELL = 2_000


@dataclass(frozen=True, slots=True)
class _Mistake:
    line: int
    field: str
    reason: str
    remedy: str


def safe_cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula: with an apostrophe before it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unsafe_cell(text: str) -> str:
    """Undo :func:`safe_cell`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def read_decisions(path: Path) -> list[Decision]:
    """Return the decisions of ``path`` in the order of the file; ``Decision.line`` is where each stands.

    Commas, semicolons and tabs separate; a byte order mark is fine; ``when`` is a date (2026-05-31) with or
    without a time.

    Raises:
        InputError: the file is missing, not UTF-8 or lacks a column; or lines are wrong: then all of them at
        once,
            one a line of the message, each with file, line, field, reason and remedy.
    """
    rows = list(_rows(path, _text(path)))
    decisions: list[Decision] = []
    mistakes: list[_Mistake] = []
    for line, row in rows:
        found = list(_check(line, row))
        mistakes.extend(found)
        if not found and row["action"]:
            decisions.append(_decision(line, row))
    if mistakes:
        raise _error(path, mistakes)
    return decisions


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(
            "there is no such file of decisions",
            file=str(path),
            remedy=f"start one with the line {','.join(COLUMNS)}, or remove the setting 'decisions'",
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            "not UTF-8 text", file=str(path), remedy="save it from the spreadsheet as 'CSV UTF-8'"
        ) from error


def _rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each data row with the number of its first line."""
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            at, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
                continue
            if header is None:
                header = _header(path, at, cells)
            else:
                yield at, _row(path, at, header, cells)
    except csv.Error as error:
        raise InputError(
            f"not readable as CSV: {error}", file=str(path), line=line, remedy="check the quotes there"
        ) from error


def _header(path: Path, line: int, cells: list[str]) -> list[str]:
    names = [clean(cell).casefold() for cell in cells]
    known = (*COLUMNS, *NOTES)
    for name in names:
        if name and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"the columns are {','.join(COLUMNS)}"
            raise InputError(f"unknown column {name[:60]!r}", file=str(path), line=line, remedy=remedy)
    missing = [name for name in _REQUIRED if name not in names]
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if missing or doubled:
        what = f"no column {', '.join(missing)}" if missing else f"column {', '.join(doubled)} stands twice"
        raise InputError(what, file=str(path), line=line, remedy=f"the first line is {','.join(COLUMNS)}")
    return names


def _row(path: Path, line: int, header: list[str], cells: list[str]) -> dict[str, str]:
    if any(cell.strip() for cell in cells[len(header) :]):
        raise InputError(
            f"{len(cells)} cells under {len(header)} columns",
            file=str(path),
            line=line,
            remedy="put a text that contains the separator in double quotes",
        )
    padded = [*cells, *[""] * (len(header) - len(cells))]
    row: dict[str, str] = dict.fromkeys((*COLUMNS, *NOTES), "")
    row.update((name, unsafe_cell(clean(cell))) for name, cell in zip(header, padded, strict=False) if name)
    return row


def _check(line: int, row: dict[str, str]) -> Iterator[_Mistake]:
    if not row["action"]:
        return
    yield from _one_of(line, row, "action", [action.value for action in DecisionAction])
    yield from _one_of(line, row, "relation", [relation.value for relation in _RELATIONS])
    for field in _REQUIRED[2:]:
        if not row[field]:
            yield _Mistake(line, field, "empty", f"every decision says its {field}")
    for field in COLUMNS:
        if len(row[field]) > _LONGEST_CELL:
            yield _Mistake(line, field, f"longer than {_LONGEST_CELL} characters", "shorten it")
    if row["when"] and _date(row["when"]) is None:
        yield _Mistake(line, "when", f"{row['when'][:40]!r} is not a date", "write it as year-month-day: 2026-05-31")
    if row["action"].casefold() == DecisionAction.EDIT and not row["explanation"]:
        yield _Mistake(line, "explanation", "empty, but the action is edit", "write the new explanation")


def _one_of(line: int, row: dict[str, str], field: str, allowed: list[str]) -> Iterator[_Mistake]:
    value = row[field]
    if value.casefold() in {choice.casefold() for choice in allowed}:
        return
    near = difflib.get_close_matches(value.casefold(), [choice.casefold() for choice in allowed], n=1)
    choices = f"one of {', '.join(allowed)}"
    remedy = f"did you mean {near[0]!r}? {choices}" if near else choices
    yield _Mistake(line, field, f"{value[:40]!r} is no {field}" if value else "empty", remedy)


def _date(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def _decision(line: int, row: dict[str, str]) -> Decision:
    return Decision(
        action=DecisionAction(row["action"].casefold()),
        relation=Relation(row["relation"].upper()),
        subject=row["subject"],
        target=row["target"],
        who=row["who"],
        when=row["when"],
        why=row["why"],
        explanation=row["explanation"],
        line=line,
    )


def _error(path: Path, mistakes: list[_Mistake]) -> InputError:
    """Return one error for all mistakes; it carries the place of the first."""
    errors = [
        InputError(wrong.reason, file=str(path), line=wrong.line, field=wrong.field, remedy=wrong.remedy)
        for wrong in mistakes
    ]
    if len(errors) == 1:
        return errors[0]
    first = mistakes[0]
    rest = "\n".join(str(error) for error in errors[1:])
    return InputError(f"{first.reason}; {first.remedy}\n{rest}", file=str(path), line=first.line, field=first.field)
