"""JSON lines and Parquet: formats whose values have types."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

import duckdb
import msgspec

from kg.catalog.delimited import text_of
from kg.catalog.rejects import shown
from kg.catalog.tables import BATCH_ROWS, Batch
from kg.errors import InputError
from kg.model import Reject

__all__ = ["as_text", "jsonl_batches", "parquet_batches"]

_decode = msgspec.json.Decoder().decode
_FLOATS = ("FLOAT", "DOUBLE", "REAL")


def as_text(value: object, separator: str) -> str:
    """Return a typed value as text: nothing is "", truth is true/false, lists are joined by ``separator``."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        items = cast("Sequence[object]", value)
        return separator.join(as_text(item, separator) for item in items)
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, dict):
        return msgspec.json.encode(value, order="sorted").decode()
    return str(value)


def jsonl_batches(handle: BinaryIO, file: str, encoding: str) -> Iterator[Batch]:
    """Yield the objects of a JSON-lines file; blank lines are skipped.

    The header of a batch are all keys its records use, so that a key may first appear anywhere in the file.

    Raises:
        InputError: the file is empty, or is one JSON array instead of lines.
    """
    empty = True
    with closing(_lines(handle, file, encoding)) as lines:
        numbered = enumerate(lines, 1)
        while piece := list(islice(numbered, BATCH_ROWS)):
            if piece[0][0] == 1 and piece[0][1].lstrip()[:1] == "[":
                reason, remedy = "this is one JSON array, not one object a line", "convert it: jq -c '.[]'"
                raise InputError(reason, file=file, line=1, remedy=remedy)
            batch = _json_batch(piece, file)
            if batch.lines or batch.rejects:
                empty = False
                yield batch
    if empty:
        raise InputError("the file is empty", file=file, remedy="export the catalogue again")


def _lines(handle: BinaryIO, file: str, encoding: str) -> Generator[str]:
    text = text_of(handle, file, encoding)
    try:
        yield from text
    finally:
        text.detach()


def _json_batch(piece: list[tuple[int, str]], file: str) -> Batch:
    records: list[dict[str, object]] = []
    lines: list[int] = []
    rejects: list[Reject] = []
    for number, line in piece:
        try:
            record = _decode(line)
        except (msgspec.DecodeError, UnicodeError) as error:
            if line.strip():
                rejects.append(_bad_json(file, number, line, error))
            continue
        if isinstance(record, dict):
            records.append(cast("dict[str, object]", record))
            lines.append(number)
        else:
            reason, remedy = "the line is not a JSON object", 'write one {"id": ..., "title": ...} a line'
            rejects.append(Reject(file, number, "", shown(line.strip()), reason, remedy))

    def column(name: str) -> Sequence[object]:
        return [record.get(name) for record in records]

    header = tuple(dict.fromkeys(key for record in records for key in record))
    return Batch(file, header, lines, column, rejects)


def _bad_json(file: str, number: int, line: str, error: Exception) -> Reject:
    if isinstance(error, UnicodeError):
        reason, remedy = "bytes that do not fit the encoding", "set encoding to what the file really uses (cp1252?)"
    else:
        reason, remedy = "the line is not JSON", f"write one complete object a line: {error}"
    return Reject(file, number, "", shown(line.strip()), reason, remedy)


def parquet_batches(file: Path) -> Iterator[Batch]:
    """Yield the rows of a Parquet file; ``lines`` are row numbers from 1.

    Raises:
        InputError: the file is not Parquet, is damaged, or has no rows.
    """
    count = 0
    with duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False}) as engine:
        try:
            engine.execute("SELECT * FROM read_parquet(?, hive_partitioning = false)", [str(file)])
            described = engine.description or []
            while rows := engine.fetchmany(BATCH_ROWS):
                yield _parquet_batch(str(file), described, rows, count)
                count += len(rows)
        except duckdb.Error as error:
            reason = str(error).partition("\n")[0]
            raise InputError(
                f"this is not a sound Parquet file: {reason}", file=str(file), remedy="export it again, or set format"
            ) from error
    if not count:
        raise InputError("the table has no rows", file=str(file), remedy="export the catalogue again")


def _parquet_batch(
    file: str, described: Sequence[tuple[object, ...]], rows: Sequence[tuple[object, ...]], done: int
) -> Batch:
    header = tuple(str(item[0]) for item in described)
    values = dict(zip(header, zip(*rows, strict=True), strict=True))
    inexact = frozenset(str(item[0]) for item in described if str(item[1]).upper() in _FLOATS)
    return Batch(file, header, range(done + 1, done + len(rows) + 1), values.__getitem__, inexact=inexact)
