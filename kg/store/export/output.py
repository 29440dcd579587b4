"""Files that appear whole: written beside their place, flushed to the disk, and renamed when all of it is there."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from kg.errors import InputError
from kg.records import fsync_folder, to_json

__all__ = ["MARK", "FileReport", "Output", "Sink", "new_output"]

MARK = "export.json"
"""What a folder is known by as an export: format, build, and the files with their rows and bytes."""

_LEVEL = 6


@dataclass(frozen=True, slots=True)
class FileReport:
    """A file of an export: its name below the export's folder, its rows and its size."""

    name: str
    rows: int
    bytes: int


class Sink:
    """One file being written. Compressed, it holds no name and no time, so that equal content has equal bytes."""

    def __init__(self, path: Path, *, compress: bool = False) -> None:
        self.rows = 0
        self._raw = path.open("wb")
        packed = gzip.GzipFile("", "wb", _LEVEL, self._raw, mtime=0) if compress else self._raw
        self._file = cast("BinaryIO", packed)

    def lines(self, lines: Sequence[str]) -> None:
        """Write rows, each on a line of its own."""
        if lines:
            self.text("\n".join(lines) + "\n", rows=len(lines))

    def text(self, text: str, *, rows: int = 0) -> None:
        """Write ``text``, which holds that many rows."""
        self._file.write(text.encode())
        self.rows += rows

    def close(self) -> None:
        """Flush it to the disk."""
        try:
            if self._file is not self._raw:
                self._file.close()
            self._raw.flush()
            os.fsync(self._raw.fileno())
        finally:
            self._raw.close()


class Output:
    """An export being written: a folder, or one file, which has the name ``""``."""

    def __init__(self, place: Path, *, folder: bool) -> None:
        self.place = place
        self.folder = folder
        self.files: list[FileReport] = []

    def path(self, name: str) -> Path:
        """Return where the file called ``name`` is being written."""
        path = self.place / name if name else self.place
        path.parent.mkdir(exist_ok=True)
        return path

    @contextmanager
    def file(self, name: str = "", *, compress: bool = False) -> Generator[Sink]:
        """Yield a file to write to."""
        sink = Sink(self.path(name), compress=compress)
        try:
            yield sink
        finally:
            sink.close()
        self.add(name, sink.rows)

    def add(self, name: str, rows: int) -> None:
        """Note a file that is written and closed."""
        self.files.append(FileReport(name, rows, self.path(name).stat().st_size))

    def seal(self, form: str, build: str) -> None:
        """Say in the folder what it is, and flush it to the disk."""
        if not self.folder:
            return
        self.path(MARK).write_bytes(to_json({"format": form, "build": build, "files": self.files}) + b"\n")
        for path in sorted(self.place.rglob("*")):
            if path.is_dir():
                fsync_folder(path)
            else:
                _fsync(path)
        fsync_folder(self.place)


@contextmanager
def new_output(out: Path, *, folder: bool, force: bool) -> Generator[Output]:
    """Yield an export to write, which takes its place at ``out`` when the block ends well, and else is gone.

    Raises:
        InputError: something is there already that may not be replaced.
    """
    _refuse(out, folder=folder, force=force)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        if folder:
            temporary.mkdir()
        yield Output(temporary, folder=folder)
        _refuse(out, folder=folder, force=force)
        _take_place(temporary, out)
    finally:
        _remove(temporary)


def _refuse(out: Path, *, folder: bool, force: bool) -> None:
    if not os.path.lexists(out):
        return
    if out.is_dir() != folder:
        what = "a folder" if out.is_dir() else "a file"
        wanted = "a folder" if folder else "a file"
        raise InputError(f"is {what}, and the export is {wanted}", file=str(out), remedy="name another place: --out")
    if not force:
        raise InputError("is there already", file=str(out), remedy="name another place (--out), or replace it: --force")
    if folder and any(out.iterdir()) and not (out / MARK).is_file():
        raise InputError(
            f"is no export (it has no {MARK}), so it is not replaced", file=str(out), remedy="name another place: --out"
        )


def _take_place(temporary: Path, out: Path) -> None:
    if out.is_dir():
        old = out.with_name(f".{out.name}.{os.getpid()}.old")
        out.rename(old)
        try:
            temporary.rename(out)
        except OSError:
            old.rename(out)
            raise
        shutil.rmtree(old)
    else:
        temporary.replace(out)
    fsync_folder(out.parent)


def _remove(temporary: Path) -> None:
    if temporary.is_dir():
        shutil.rmtree(temporary)
    else:
        temporary.unlink(missing_ok=True)


def _fsync(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
