"""Link the rows of a file: read in batches, linked, written as they come; what cannot be read is a reject."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path

from kg.build.linking import Answer, Linkers
from kg.build.product_index import Steps
from kg.catalog.columns import resolve
from kg.catalog.fields import price
from kg.catalog.readers import Source, read_batches
from kg.catalog.rejects import shown
from kg.catalog.tables import Batch
from kg.catalog.typed import as_text
from kg.errors import InputError
from kg.model import Reject
from kg.text import normalise
from linkers.products.analyse import Text

__all__ = ["RESULTS", "LinkedRow", "Survey", "Tally", "link_rows", "survey"]

RESULTS = (
    "type_id", "type_name", "type_confidence", "product_id", "product_title", "product_confidence", "margin", "reason",
)  # fmt: skip
"""The columns that linking adds."""
_MENTION = ("mention", "query", "search query", "search term")
_CHUNK = 1_024
_REMEDY = "give a CSV, TSV or JSON-lines file in UTF-8 with a column 'mention', 'title', 'name' or 'query'"


@dataclass(frozen=True, slots=True)
class Survey:
    """A file looked through before it is linked.

    ``columns`` are those with a name, as received; ``layout`` says which holds the title (of the mention), brand,
    description and price; ``rows`` counts those to take, refused ones too.
    """

    file: Path
    columns: tuple[str, ...]
    layout: Mapping[str, str]
    rows: int


@dataclass(frozen=True, slots=True)
class LinkedRow:
    """A row as received, by column, and what it was linked to."""

    received: Mapping[str, object]
    answer: Answer


@dataclass(slots=True)
class Tally:
    """How many rows there were: ``taken`` = ``linked`` + ``nil`` + ``rejected``; with a type, with a product."""

    taken: int = 0
    linked: int = 0
    nil: int = 0
    rejected: int = 0
    types: int = 0
    products: int = 0

    def count(self, answer: Answer) -> None:
        """Count one answer."""
        kind = answer.type is not None and answer.type.target_id is not None
        product = answer.product is not None and answer.product.target_id is not None
        self.types += kind
        self.products += product
        self.linked += kind or product
        self.nil += not (kind or product)


@dataclass(frozen=True, slots=True)
class _Row:
    received: dict[str, object]
    text: Text


def survey(file: Path, limit: int | None = None) -> Survey:
    """Look through a file: its columns, and how many rows there are, up to ``limit``.

    Raises:
        InputError: it cannot be read, or has no column of mentions.
    """
    columns: dict[str, None] = {}
    rows = 0
    with closing(_batches(file)) as batches:
        for batch in batches:
            if not batch.header:
                rows += len(batch.rejects)
                continue
            _check_names(file, batch.header)
            columns |= dict.fromkeys(name for name in batch.header if name)
            if batch.text:
                _layout(file, columns)  # the columns of such a file are known from its first line
            rows += len(batch.lines) + len(batch.rejects)
    return Survey(file, tuple(columns), _layout(file, columns), rows if limit is None else min(rows, limit))


def link_rows(
    linkers: Linkers, found: Survey, refuse: Callable[[Sequence[Reject]], None], steps: Steps, tally: Tally
) -> Iterator[LinkedRow]:
    """Yield the rows of a file with what they are linked to, in order; ``tally`` counts them as they come.

    Raises:
        InputError: the file cannot be read on.
    """
    with closing(_entries(found)) as entries:
        rest = islice(entries, found.rows)
        while chunk := list(islice(rest, _CHUNK)):
            rejects = [entry for entry in chunk if isinstance(entry, Reject)]
            rows = [entry for entry in chunk if isinstance(entry, _Row)]
            refuse(rejects)
            tally.taken += len(chunk)
            tally.rejected += len(rejects)
            for row, answer in zip(rows, linkers.answers([row.text for row in rows]), strict=True):
                tally.count(answer)
                yield LinkedRow(row.received, answer)
            steps("linking", len(chunk), found.rows)


def _batches(file: Path) -> Generator[Batch]:
    try:
        yield from read_batches(Source(file))
    except InputError as error:
        if "catalogue" in error.remedy or "encoding" in error.remedy:
            raise InputError(error.reason, file=error.file, line=error.line, remedy=_REMEDY) from error
        raise


def _check_names(file: Path, header: Sequence[str]) -> None:
    doubled = [name for name in dict.fromkeys(header) if name and header.count(name) > 1]
    if doubled:
        reason = f"two columns are called {doubled[0]!r}"
        raise InputError(reason, file=str(file), line=1, remedy="rename or remove one of them")
    taken = [name for name in header if name in RESULTS]
    if taken:
        reason = f"there is a column {taken[0]!r} already, which is one of those that linking adds"
        raise InputError(reason, file=str(file), line=1, remedy="rename or remove it")


def _layout(file: Path, columns: Iterable[str]) -> dict[str, str]:
    """Return which column holds the title, brand, description and price of a mention."""
    header = tuple(columns)
    known = resolve(header, {})
    names = {normalise(name): name for name in reversed(header)}
    title = names.get("mention") or known.get("title") or next((names[n] for n in _MENTION if n in names), None)
    if title is None:
        reason = f"no column holds the mentions; the file has: {', '.join(header) or 'no columns'}"
        raise InputError(reason, file=str(file), line=1, remedy="call the column 'mention', 'title', 'name' or 'query'")
    return {"title": title, **{name: known[name] for name in ("brand", "description", "price") if name in known}}


def _entries(found: Survey) -> Generator[_Row | Reject]:
    """Yield the rows of a file, or why one is none, by line."""
    with closing(_batches(found.file)) as batches:
        for batch in batches:
            names = [name for name in found.columns if name in batch.header]
            columns = [batch.column(name) for name in names]
            entries: list[tuple[int, _Row | Reject]] = [(reject.line, reject) for reject in batch.rejects]
            for at, line in enumerate(batch.lines):
                received = {name: column[at] for name, column in zip(names, columns, strict=True)}
                entries.append((line, _read(batch.file, line, received, found.layout)))
            yield from (entry for _, entry in sorted(entries, key=itemgetter(0)))


def _read(file: str, line: int, received: dict[str, object], layout: Mapping[str, str]) -> _Row | Reject:
    try:
        cells = {name: as_text(value, ";") for name, value in received.items()}
        "".join(cells.values()).encode()
    except UnicodeEncodeError:
        return Reject(file, line, "", "", "bytes that are not UTF-8", "save the file as UTF-8")
    said = {field: cells.get(column, "") for field, column in layout.items()}
    if not said["title"].strip():
        remedy = "write what is to be linked, or leave the row out"
        return Reject(file, line, layout["title"], "", "the mention is empty", remedy)
    try:
        amount = price(said["price"]) if said.get("price", "").strip() else 0.0
    except ValueError:
        remedy = "write a number, with a currency if you like: 3.49 or 3.49 EUR; leave unknown prices empty"
        return Reject(file, line, layout["price"], shown(said["price"]), "the price is not a number", remedy)
    return _Row(received, Text(said["title"], said.get("brand", ""), said.get("description", ""), amount))
