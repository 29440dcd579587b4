"""The file formats between the stages: JSON lines of records, written atomically and hashed.

One record, one line, keys sorted, UTF-8: the same records give the same bytes. Large tables are Parquet
and belong to the stage that makes them; this module gives them the same atomic writing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kg.errors import ArtefactError

__all__ = [
    "atomic_path",
    "digest",
    "file_digest",
    "from_json",
    "fsync_folder",
    "read_jsonl",
    "to_json",
    "write_jsonl",
]

R = TypeVar("R")
_encoder = msgspec.json.Encoder(order="sorted")


def to_json(record: object) -> bytes:
    """Return one record (a dataclass of :mod:`kg.model`, a dict or a list) as canonical JSON."""
    return _encoder.encode(record)


def from_json(line: bytes | str, kind: type[R]) -> R:
    """Return the record of ``kind`` that ``line`` holds.

    Raises:
        ArtefactError: the line is not JSON or does not fit ``kind``.
    """
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ArtefactError(f"not a {kind.__name__}: {error}") from error


def digest(*parts: object) -> str:
    """Return the sha256 (64 hex digits) of ``parts`` as canonical JSON: the key of shards, answers, edges."""
    return hashlib.sha256(to_json(parts)).hexdigest()


def file_digest(path: Path) -> str:
    """Return the sha256 (64 hex digits) of a file's bytes, read in pieces."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextmanager
def atomic_path(path: Path) -> Generator[Path]:
    """Yield a temporary neighbour of ``path`` to write to; on success fsync it and rename it into place.

    A reader sees the old file or the whole new one, also after ``kill -9`` or a power cut.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
        fsync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def fsync_folder(folder: Path) -> None:
    """Make the renames inside ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_jsonl(path: Path, records: Iterable[object]) -> int:
    """Write ``records`` to ``path`` atomically, one a line; return how many."""
    count = 0
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        for record in records:
            handle.write(_encoder.encode(record))
            handle.write(b"\n")
            count += 1
    return count


def read_jsonl(path: Path, kind: type[R]) -> Iterator[R]:
    """Yield the records of ``kind`` in ``path``, streaming.

    Raises:
        ArtefactError: the file is missing, or a line does not fit ``kind``; names file and line.
    """
    decoder = msgspec.json.Decoder[Any](kind)
    try:
        handle = path.open("rb")
    except FileNotFoundError as error:
        raise ArtefactError(f"{path} is missing", remedy="run the stage that makes it: kg build") from error
    with handle:
        for number, line in enumerate(handle, 1):
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise ArtefactError(f"{path}:{number}: not a {kind.__name__}: {error}") from error
