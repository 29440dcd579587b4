"""Write one format: the files open, the output whole or not there at all, what goes wrong in words."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kg.errors import InputError
from kg.store.export.output import FileReport, new_output
from kg.store.export.registry import FORMATS, Options
from kg.store.export.source import Source, Steps
from kg.store.tables import GraphFiles, open_tables

__all__ = ["Asked", "ExportReport", "export"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# The engine says it in the system's words, or names the limit of what it may spill.
_FULL_WORDS = (*(os.strerror(code) for code in sorted(_FULL)), "max_temp_directory_size")


@dataclass(frozen=True, slots=True)
class Asked:
    """What to write and where. ``force``: replace what is there, if it is an export."""

    format: str
    build: str
    out: Path
    options: Options
    force: bool = False


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written. ``command`` is what to run next, if the format has one; rows are those of all files."""

    format: str
    build: str
    path: str
    files: tuple[FileReport, ...]
    rows: int
    bytes: int
    seconds: float
    command: str = ""


def export(files: GraphFiles, asked: Asked, steps: Steps | None = None) -> ExportReport:
    """Write a build, read from ``files``, in one of the formats. The same build gives the same bytes.

    Raises:
        ArtefactError: one of the build's files is missing or unreadable.
        StoreError: the files do not fit together.
        InputError: the output is there already, cannot be written, or does not fit on the disk; nothing of it stays.
    """
    form = FORMATS[asked.format]
    started = time.monotonic()
    with _explained(asked.out), new_output(asked.out, folder=form.folder, force=asked.force) as output:
        # Inside as well: an error of the engine's own must be ours before it reaches those who hold its tables.
        with open_tables(files) as engine, _explained(asked.out):
            command = form.write(Source(engine, asked.build), output, asked.options, steps or _ignore)
        output.seal(form.name, asked.build)
    written = tuple(output.files)
    rows, size = sum(file.rows for file in written), sum(file.bytes for file in written)
    seconds = round(time.monotonic() - started, 3)
    return ExportReport(form.name, asked.build, str(asked.out), written, rows, size, seconds, command)


@contextmanager
def _explained(out: Path) -> Generator[None]:
    try:
        yield
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        if words := _full(error):
            raise InputError(
                f"there is no room for it ({words}), and nothing of it was kept",
                file=str(out),
                remedy="free some space there and in the temporary folder (TMPDIR), or name another place: --out",
            ) from error
        if isinstance(error, OSError):
            raise InputError(
                f"cannot be written: {error.strerror or error}",
                file=str(out),
                remedy="check that the folder is there and yours",
            ) from error
        raise


def _full(error: Exception) -> str:
    """Return in which words an error says that a disk, a quota or a limit is reached; none if it is about another."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return os.strerror(error.errno)
    return next((words for words in _FULL_WORDS if words in str(error)), "")


def _ignore(_step: str, _count: int, _total: int) -> None:
    """Progress that nobody watches."""
