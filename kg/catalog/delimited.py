"""CSV and TSV: one pass of the standard library's parser that never loses the line a record starts on."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from operator import itemgetter
from typing import BinaryIO

from kg.catalog.rejects import shown
from kg.catalog.tables import BATCH_ROWS, Batch
from kg.errors import InputError
from kg.model import Reject

__all__ = ["delimited_batches", "text_of"]

_DELIMITERS = ",;\t|"
_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_of(handle: BinaryIO, file: str, encoding: str) -> io.TextIOWrapper:
    """Return ``handle`` as text; bytes that do not fit the encoding become lone surrogates, found later by row.

    Raises:
        InputError: the encoding is unknown, or the file begins with the mark of UTF-16.
    """
    try:
        name = codecs.lookup(encoding).name
    except LookupError as error:
        raise InputError(
            f"unknown encoding {encoding!r}", file=file, field="encoding", remedy="use utf-8, cp1252, utf-16 ..."
        ) from error
    buffered = io.BufferedReader(handle, 1 << 18) if isinstance(handle, io.RawIOBase) else handle
    peek = getattr(buffered, "peek", None)
    start: bytes = peek(4)[:2] if peek is not None else b""
    if start in _WIDE_BOMS and not name.startswith("utf-16"):
        raise InputError("the file is UTF-16", file=file, line=1, remedy="set encoding: utf-16, or save it as UTF-8")
    return io.TextIOWrapper(
        buffered, encoding="utf-8-sig" if name == "utf-8" else name, errors="surrogateescape", newline=""
    )


def delimited_batches(handle: BinaryIO, file: str, delimiter: str, encoding: str) -> Iterator[Batch]:
    """Yield the records of a CSV or TSV file; blank lines are skipped.

    Raises:
        InputError: the file is empty or holds a header only, or the header cannot be read.
    """
    text = text_of(handle, file, encoding)
    empty = True
    try:
        for batch in _Parser(text, file, delimiter).batches():
            empty = False
            yield batch
    finally:
        text.detach()
    if empty:
        raise InputError("there is a header but no row", file=file, line=1, remedy="export the catalogue again")


class _Parser:
    """One file being parsed: knows the header, the width of a row and the line it is on."""

    def __init__(self, text: io.TextIOWrapper, file: str, delimiter: str) -> None:
        self.file = file
        first = text.readline()
        if not first.strip():
            raise InputError("the file is empty", file=file, remedy="export the catalogue again")
        self.delimiter = delimiter or max(_DELIMITERS, key=lambda mark: (first.count(mark), -_DELIMITERS.index(mark)))
        header = csv.reader(chain((first,), text), delimiter=self.delimiter, strict=True)
        try:
            self.header = tuple(name.strip() for name in next(header))
        except csv.Error as error:
            raise InputError(
                f"the header cannot be read: {error}", file=file, line=1, remedy="check its quotes"
            ) from error
        self.width = len(self.header)
        self.text = text
        self.done = header.line_num  # lines that are behind us

    def batches(self) -> Iterator[Batch]:
        """Yield batches until the file ends."""
        while chunk := list(islice(self.text, BATCH_ROWS)):
            batch = self._plain(chunk) or self._mended(chunk)
            if batch.lines or batch.rejects:
                yield batch

    def _plain(self, chunk: list[str]) -> Batch | None:
        """Return the records of lines that are one well-formed record each: nearly all are, and it is twice as fast."""
        try:
            rows = list(csv.reader(chunk, delimiter=self.delimiter, strict=True))
        except csv.Error:
            return None
        if len(rows) != len(chunk) or set(map(len, rows)) != {self.width}:
            return None
        first = self.done + 1
        self.done += len(chunk)
        return self._batch(rows, range(first, self.done + 1), [])

    def _mended(self, chunk: list[str]) -> Batch:
        """Return the records that begin in these lines, one at a time, knowing the line of each."""
        rows: list[list[str]] = []
        lines: list[int] = []
        rejects: list[Reject] = []
        reader = csv.reader(chain(chunk, self.text), delimiter=self.delimiter, strict=True)
        while reader.line_num < len(chunk):
            start = self.done + reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                rejects.append(self._broken(str(error), start))
                continue
            if len(row) == self.width:
                rows.append(row)
                lines.append(start)
            elif row:
                rejects.append(self._ragged(row, start, self.done + reader.line_num))
        self.done += reader.line_num
        return self._batch(rows, lines, rejects)

    def _batch(self, rows: list[list[str]], lines: Sequence[int], rejects: list[Reject]) -> Batch:
        position = {name: index for index, name in reversed(list(enumerate(self.header)))}

        def column(name: str) -> Sequence[object]:
            return list(map(itemgetter(position[name]), rows))

        return Batch(self.file, self.header, lines, column, rejects, text=True)

    def _ragged(self, row: list[str], line: int, last: int) -> Reject:
        remedy = f"quote values that contain {self.delimiter!r}"
        if last > line:
            remedy += f"; the record runs to line {last}, so a closing quote may be missing"
        reason = "the row has too many fields" if len(row) > self.width else "the row has too few fields"
        value = f"{len(row)} fields instead of {self.width}: {self.delimiter.join(row)}"
        return Reject(self.file, line, "", shown(value), reason, remedy)

    def _broken(self, error: str, line: int) -> Reject:
        if "unexpected end" in error:
            reason, remedy = "a quoted value never ends", f'add the closing " after line {line}, or double it ("")'
        elif "field larger" in error:
            reason, remedy = "a value is longer than 131,072 characters", "close its quote, or shorten it"
        else:
            reason, remedy = "a quote stands inside a quoted value", 'double it ("") or remove it'
        return Reject(self.file, line, "", shown(error), reason, remedy)
