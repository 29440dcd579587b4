"""Read a query log: what shoppers typed into the search box, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.catalog.listed import plain_name, read_listed
from kg.catalog.rejects import RejectLog, shown
from kg.catalog.report import InputReport
from kg.catalog.tables import Batch
from kg.catalog.typed import as_text
from kg.model import Reject
from kg.text import clean

__all__ = ["Search", "read_queries"]

_COLUMNS = ("query", "count")
_LONGEST = 500  # characters; a search box takes less


@dataclass(frozen=True, slots=True)
class Search:
    """A query as it reads in lower case, and how often it was typed."""

    text: str
    count: int


def read_queries(file: Path, rejects: Path, max_reject_share: float = 0.05) -> tuple[list[Search], InputReport]:
    """Return the distinct queries of a log (columns query and count), most frequent first.

    Lines that differ in case and spaces only are one query, with the sum of their counts. Refused rows go to the file
    ``rejects``. The distinct queries are held in memory.

    Raises:
        InputError: the file cannot be used, or more than ``max_reject_share`` (0..1) of its rows were refused.
    """
    counts: Counter[str] = Counter()
    with RejectLog(rejects) as log:
        remedy = "call the columns query and count"
        taken = read_listed(file, _COLUMNS, remedy, log, lambda batch: _read(batch, counts))
        log.check_share(taken, max_reject_share, str(file))
        ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        return [Search(text, count) for text, count in ordered], log.report(taken)


def _read(batch: Batch, counts: Counter[str]) -> Iterator[Reject]:
    """Count the batch's good rows; yield a reject for every other."""
    columns = {plain_name(name): name for name in batch.header}
    queries, numbers = (batch.column(columns[field]) for field in _COLUMNS)
    for line, query, number in zip(batch.lines, queries, numbers, strict=True):
        row = {"query": as_text(query, " "), "count": as_text(number, " ").strip()}
        if fault := _fault(row["query"], row["count"]):
            field, reason, remedy = fault
            yield Reject(batch.file, line, field, shown(row[field]), reason, remedy)
        else:
            counts[clean(row["query"]).lower()] += int(row["count"])


def _fault(query: str, count: str) -> tuple[str, str, str] | None:
    """Return (field, reason, remedy) of the row's first fault."""
    if any("\ud800" <= ch <= "\udfff" for ch in query):
        return "query", "bytes that do not fit the encoding", "save the file as UTF-8"
    if not clean(query):
        return "query", "the query is empty", "remove the row"
    if len(query) > _LONGEST:
        return "query", f"the query is longer than {_LONGEST} characters", "check the quotes there, or remove the row"
    if not (count.isascii() and count.isdigit() and int(count) > 0):
        return "count", "the count is not a whole number from 1 up", "write how often the query was typed"
    return None
