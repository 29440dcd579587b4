"""Read tables: CSV, TSV, JSON lines and Parquet become batches of columns, with the line each record starts on."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from kg.catalog.delimited import delimited_batches
from kg.catalog.options import FileFormat
from kg.catalog.tables import Batch
from kg.catalog.typed import jsonl_batches, parquet_batches
from kg.errors import InputError

__all__ = ["Source", "format_of", "read_batches"]

_SUFFIXES: dict[str, FileFormat] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read and how: see :class:`kg.catalog.options.CatalogOptions` for the fields."""

    file: Path
    format: FileFormat = "auto"
    delimiter: str = ""
    encoding: str = "utf-8"
    columns: dict[str, str] = field(default_factory=dict[str, str])


def format_of(file: Path, wanted: FileFormat = "auto") -> FileFormat:
    """Return the format of ``file``: what is ``wanted``, else what its name says (".gz" is looked through).

    Raises:
        InputError: the name does not say.
    """
    if wanted != "auto":
        return wanted
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    if not suffixes or suffixes[-1] not in _SUFFIXES:
        raise InputError(
            "the name does not say which format this is",
            file=str(file),
            remedy="call it .csv, .tsv, .jsonl or .parquet (text also .gz), or set format",
        )
    return _SUFFIXES[suffixes[-1]]


def read_batches(source: Source) -> Generator[Batch]:
    """Yield the table in batches of a few thousand records, in order, streaming; close it if you stop early.

    Raises:
        InputError: the file is missing, empty, damaged or not what its format says, or its encoding is unknown.
    """
    kind = format_of(source.file, source.format)
    if not source.file.is_file():
        raise InputError(
            "there is no such file" if not source.file.exists() else "this is not a file",
            file=str(source.file),
            remedy="check the path; relative paths start at the configuration's folder",
        )
    if kind == "parquet":
        yield from parquet_batches(source.file)
        return
    with _bytes_of(source.file) as handle:
        if kind == "jsonl":
            yield from jsonl_batches(handle, str(source.file), source.encoding)
        else:
            delimiter = "\t" if kind == "tsv" else source.delimiter
            yield from delimited_batches(handle, str(source.file), delimiter, source.encoding)


@contextmanager
def _bytes_of(file: Path) -> Generator[BinaryIO]:
    """Open a text file's bytes, unpacked when they are gzip, whatever the name says."""
    try:
        with file.open("rb") as probe:
            packed = probe.read(2) == b"\x1f\x8b"
        with cast("BinaryIO", gzip.open(file, "rb")) if packed else file.open("rb") as handle:
            yield handle
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(
            f"the gzip data is damaged or cut short: {error}", file=str(file), remedy="copy the file again"
        ) from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=str(file)) from error
