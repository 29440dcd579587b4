"""Nearest titles by their vectors: all of them compared while they are few, else the nearest lists of a partition.

The partition is faiss's inverted file over 8-bit numbers (Douze et al., 2024): centroids by k-means on a sample that
depends on nothing but the vectors, so that two builds of one catalogue are equal, whatever the number of threads.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from linkers.products.engines import faiss
from linkers.products.rows import Array

__all__ = ["FEW", "Known", "Neighbours", "open_neighbours", "write_partition"]

FEW = 10_000
"""Up to so many products every vector is compared."""
_PROBES = 3
_SAMPLE, _ROUNDS = 64, 8  # vectors a list to learn centroids from, and rounds of k-means


class Neighbours(Protocol):
    """Finds the products with the nearest titles."""

    def search(self, vectors: Array, limit: int) -> Array:
        """Return up to ``limit`` products for each vector, best first, shape (vectors, limit); -1: none."""
        ...


class _Compared:
    """Every vector compared; ties in the order of products."""

    def __init__(self, vectors: Array) -> None:
        self._vectors = vectors.astype(np.float32)

    def search(self, vectors: Array, limit: int) -> Array:
        """See :class:`Neighbours`."""
        out = np.full((len(vectors), limit), -1, dtype=np.int64)
        if not len(self._vectors):
            return out
        for row, vector in enumerate(vectors):  # one by one, so that a batch gives the bits of one alone
            scores = self._vectors @ vector
            found = np.flatnonzero(scores >= _least(scores, limit))
            best = found[np.argsort(-scores[found], kind="stable")][:limit]
            out[row, : len(best)] = best
        return out


def _least(scores: Array, limit: int) -> float:
    return float(np.partition(scores, -limit)[-limit]) if limit < len(scores) else -np.inf


class _Partitioned:
    def __init__(self, index: Any) -> None:  # noqa: ANN401 - faiss has no types
        self._index = index

    def search(self, vectors: Array, limit: int) -> Array:
        """See :class:`Neighbours`."""
        faiss().omp_set_num_threads(1)  # threads that wait for work in turns cost more than they bring
        return self._index.search(np.ascontiguousarray(vectors), limit)[1]


@dataclass(frozen=True, slots=True)
class Known:
    """A partition whose lists are kept.

    Its file, for how many products it was learned, and the row that each product of the
    new index has in it (-1: none).
    """

    file: Path
    learned_for: int
    rows: Array


@dataclass(frozen=True, slots=True)
class _Entries:
    """Products of a partition: their rows, the list of each and its code."""

    rows: Array
    lists: Array
    codes: Array


def write_partition(vectors: Array, file: Path, known: Known | None = None) -> None:
    """Write a partition of ``vectors`` (whole numbers, see :func:`as_bytes`).

    Lists that are kept make an update quick. Once many products changed, they should be learned again.
    """
    library = faiss()
    if known is None:
        index = _learned(library, _units(vectors))
        parts = [_read(index, vectors, np.arange(len(vectors)))]
    else:
        index = library.read_index(str(known.file))
        parts = [_kept(library, index, known.rows), _read(index, vectors, np.flatnonzero(known.rows < 0))]
        index.reset()
    _fill(library, index, parts)
    library.write_index(index, str(file))


def _units(vectors: Array) -> Array:
    return vectors.astype(np.float32) / 127


def _read(index: Any, vectors: Array, rows: Array) -> _Entries:  # noqa: ANN401 - faiss has no types
    """Return some products with the list that is nearest to each."""
    units = _units(vectors[rows])
    return _Entries(rows, index.quantizer.search(units, 1)[1][:, 0], index.sq.compute_codes(units))


def _kept(library: Any, index: Any, rows: Array) -> _Entries:  # noqa: ANN401 - faiss has no types
    """Return the products of a partition that are still there, by the rows they have now."""
    there = _entries(library, index)
    now = np.full(index.ntotal, -1, dtype=np.int64)
    known = np.flatnonzero(rows >= 0)
    now[rows[known]] = known
    kept = np.flatnonzero(now[there.rows] >= 0)
    return _Entries(now[there.rows[kept]], there.lists[kept], there.codes[kept])


def _entries(library: Any, index: Any) -> _Entries:  # noqa: ANN401 - faiss has no types
    """Return all products of a partition, list by list."""
    lists, width = index.invlists, int(index.code_size)
    sizes = [int(lists.list_size(number)) for number in range(index.nlist)]
    filled = [number for number, size in enumerate(sizes) if size]
    rows = [library.rev_swig_ptr(lists.get_ids(each), sizes[each]) for each in filled]
    codes = [library.rev_swig_ptr(lists.get_codes(each), sizes[each] * width) for each in filled]
    return _Entries(
        np.concatenate([np.zeros(0, dtype=np.int64), *rows]),
        np.repeat(np.arange(len(sizes)), sizes),
        np.concatenate([np.zeros(0, dtype=np.uint8), *codes]).reshape(-1, width),
    )


def _fill(library: Any, index: Any, parts: Sequence[_Entries]) -> None:  # noqa: ANN401 - faiss has no types
    """Put products into their lists, in the order of their rows."""
    rows, lists = (np.concatenate([getattr(part, name) for part in parts]) for name in ("rows", "lists"))
    codes = parts[0].codes if len(parts) == 1 else np.concatenate([part.codes for part in parts])
    order = np.argsort(lists << np.int64(32) | rows, kind="stable")
    bounds: list[int] = np.searchsorted(lists[order], np.arange(int(index.nlist) + 1)).tolist()
    rows, codes = rows[order], codes[order]
    for number, (start, end) in enumerate(itertools.pairwise(bounds)):
        if end > start:
            ours = library.swig_ptr(rows[start:end]), library.swig_ptr(codes[start:end])
            index.invlists.add_entries(number, end - start, *ours)
    index.ntotal = len(rows)


def _learned(library: Any, units: Array) -> Any:  # noqa: ANN401 - faiss has no types
    size, dimensions = units.shape
    lists = 2 ** round(np.log2(np.sqrt(size)))
    coarse = library.IndexFlatIP(dimensions)
    index = library.IndexIVFScalarQuantizer(
        coarse, dimensions, lists, library.ScalarQuantizer.QT_8bit, library.METRIC_INNER_PRODUCT
    )
    index.cp.niter = _ROUNDS
    step = max(1, size // (lists * _SAMPLE))
    index.train(np.ascontiguousarray(units[::step]))
    return index


def open_neighbours(vectors: Array, file: Path) -> Neighbours:
    """Return the neighbours among ``vectors``; the partition in ``file``, if there is one, is memory-mapped."""
    if not file.is_file():
        return _Compared(vectors)
    library = faiss()
    index = library.read_index(str(file), library.IO_FLAG_MMAP | library.IO_FLAG_READ_ONLY)
    index.nprobe = _PROBES
    return _Partitioned(index)
