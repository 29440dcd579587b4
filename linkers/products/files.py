"""An index as a folder of arrays, memory-mapped by every process that opens it, and a manifest of what is in it.

The folder appears whole or not at all: it is written beside its place and renamed. Opening it checks its format, and
that every array is there with the type, shape and size that the manifest states; :func:`verify` reads every byte too.
"""

from __future__ import annotations

import shutil
import tempfile
import tokenize
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from kg.errors import ArtefactError
from kg.records import atomic_path, file_digest, from_json, fsync_folder, to_json
from linkers.products.columns import Columns
from linkers.products.neighbours import FEW, Known, write_partition
from linkers.products.postings import Postings, build_postings
from linkers.products.rows import Array, Rows

__all__ = ["FORMAT", "MANIFEST", "PARTITION", "Manifest", "Stored", "load", "read_manifest", "save", "verify"]

FORMAT = 2
"""Raise when the files change their meaning."""
MANIFEST, PARTITION = "manifest.json", "neighbours.faiss"
_REMEDY = "delete the folder; the index is made again from the catalogue"


@dataclass(frozen=True, slots=True)
class Stored:
    """One file of an index: its type and shape (empty for one that is no array), its size in bytes, its SHA-256."""

    dtype: str
    shape: tuple[int, ...]
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index is made of.

    ``reading`` and ``encoder`` say how texts were read; ``learned_for`` is the number of
    products whose vectors the partition was learned from (0: there is none).
    """

    format: int
    reading: str
    encoder: str
    products: int
    learned_for: int
    files: dict[str, Stored]


def save(folder: Path, columns: Columns, versions: tuple[str, str], known: Known | None = None) -> None:
    """Write an index to ``folder``, replacing one that is there.

    Args:
        folder: where.
        columns: the products.
        versions: how texts were read, and the encoder.
        known: a partition to keep the lists of.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        files = _written(beside, columns, known)
        learned_for = (known.learned_for if known else len(columns)) if PARTITION in files else 0
        manifest = Manifest(FORMAT, *versions, len(columns), learned_for, files)
        with atomic_path(beside / MANIFEST) as path:
            path.write_bytes(to_json(manifest))
        _put(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _put(made: Path, folder: Path) -> None:
    """Put a folder in the place of another one, which who has it open goes on reading."""
    before = made.with_name(f"{made.name}-before")
    if folder.exists():
        folder.rename(before)
    try:
        made.rename(folder)
    except OSError:
        if before.exists():
            before.rename(folder)
        raise
    fsync_folder(folder.parent)
    shutil.rmtree(before, ignore_errors=True)


def _written(folder: Path, columns: Columns, known: Known | None) -> dict[str, Stored]:
    """Write all files of an index, several at a time, and return what they are."""
    with ThreadPoolExecutor(2) as threads:  # most of the work is outside of Python
        files: dict[str, Future[Stored]] = {}
        if len(columns) > FEW:
            files[PARTITION] = threads.submit(_partition, columns.vectors, folder / PARTITION, known)
        for name, array in _arrays(columns):
            files[name] = threads.submit(_saved, folder / name, array)
        for name, array in _arrays(build_postings(columns)):
            files[name] = threads.submit(_saved, folder / name, array)
        return {name: files[name].result() for name in sorted(files)}


def _saved(path: Path, array: Array) -> Stored:
    """Write an array, and return what it is: read back, so that what is checked is what is there."""
    np.save(path, array, allow_pickle=False)
    return Stored(array.dtype.str, array.shape, path.stat().st_size, file_digest(path))


def _partition(vectors: Array, path: Path, known: Known | None) -> Stored:
    write_partition(vectors, path, known)
    return Stored("", (), path.stat().st_size, file_digest(path))


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of an index, after checking that all it lists is there.

    Raises:
        ArtefactError: the index is of another format, incomplete or damaged.
    """
    path = folder / MANIFEST
    try:
        manifest = from_json(path.read_bytes(), Manifest)
    except (OSError, ArtefactError) as error:
        raise ArtefactError(f"{path} cannot be read: {error}", remedy=_REMEDY) from error
    if manifest.format != FORMAT:
        raise ArtefactError(f"{folder}: an index of format {manifest.format}, not {FORMAT}", remedy=_REMEDY)
    for name, stored in manifest.files.items():
        file = folder / name
        size = file.stat().st_size if file.is_file() else -1
        if size != stored.size:
            raise ArtefactError(f"{file}: {_size(size)}, expected {stored.size} bytes", remedy=_REMEDY)
    return manifest


def load(folder: Path, manifest: Manifest) -> tuple[Columns, Postings]:
    """Return the arrays of an index, memory-mapped.

    Raises:
        ArtefactError: a file is damaged.
    """
    arrays = {
        name.removesuffix(".npy"): _mapped(folder / name, stored)
        for name, stored in manifest.files.items()
        if name.endswith(".npy")
    }
    columns: dict[str, Any] = {each.name: _column(arrays, each.name) for each in fields(Columns)}
    return Columns(**columns), Postings(arrays["idf"], _column(arrays, "products"), arrays["weights"])


def verify(folder: Path) -> Manifest:
    """Return the manifest after reading every file of the index.

    Raises:
        ArtefactError: a byte is not what it was when the index was written.
    """
    manifest = read_manifest(folder)
    with ThreadPoolExecutor(2) as threads:
        digests = threads.map(file_digest, [folder / name for name in manifest.files])
        for (name, stored), found in zip(manifest.files.items(), digests, strict=True):
            if found != stored.sha256:
                raise ArtefactError(f"{folder / name} is damaged", remedy=_REMEDY)
    return manifest


def _arrays(columns: Columns | Postings) -> Iterator[tuple[str, Array]]:
    """Yield the arrays that there is a file of each, with the name of the file."""
    for name in (each.name for each in fields(columns)):
        value: Rows | Array = getattr(columns, name)
        if isinstance(value, Rows):
            yield f"{name}-starts.npy", value.starts
            yield f"{name}-values.npy", value.values
        else:
            yield f"{name}.npy", value


def _column(arrays: dict[str, Array], name: str) -> Any:  # noqa: ANN401 - rows, or an array
    return arrays[name] if name in arrays else Rows(arrays[f"{name}-starts"], arrays[f"{name}-values"])


def _mapped(path: Path, stored: Stored) -> Array:
    try:
        # Copy on write: nothing here writes, but the compiled product of matrices takes no array that is read-only.
        array = np.asarray(np.load(path, mmap_mode="c", allow_pickle=False)) if _length(stored) else np.load(path)
    except (OSError, ValueError, EOFError, SyntaxError, tokenize.TokenError) as error:  # numpy reads headers as Python
        raise ArtefactError(f"{path} cannot be read: {error}", remedy=_REMEDY) from error
    if (array.dtype.str, array.shape) != (stored.dtype, stored.shape):
        raise ArtefactError(f"{path} is not the array it was", remedy=_REMEDY)
    return array


def _length(stored: Stored) -> int:
    return int(np.prod(stored.shape)) if stored.shape else 0


def _size(size: int) -> str:
    return "missing" if size < 0 else f"{size} bytes"
