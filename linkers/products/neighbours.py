"""Nearest titles by their vectors: all of them compared while they are few, else the nearest lists of a partition.

The partition is faiss's inverted file over 8-bit numbers (Douze et al., 2024): centroids by k-means on a sample that
depends on nothing but the vectors, so that two builds of one catalogue are equal, whatever the number of threads.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from linkers.products.engines import faiss
from linkers.products.rows import Array

__all__ = ["FEW", "Known", "Neighbours", "lists_of", "open_neighbours", "write_partition"]

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

    Its file, for how many products it was learned, and the list of each product of
    the new index (-1: not known).
    """

    file: Path
    learned_for: int
    lists: Array


def write_partition(vectors: Array, file: Path, known: Known | None = None) -> None:
    """Write a partition of ``vectors`` (whole numbers, see :func:`as_bytes`).

    Lists that are kept make an update quick. Once many products changed, they should be learned again.
    """
    library = faiss()
    units = vectors.astype(np.float32) / 127
    if known is None:
        index = _learned(library, units)
        lists = np.full(len(units), -1, dtype=np.int64)
    else:
        index = library.read_index(str(known.file))
        index.reset()
        lists = known.lists.copy()
    new = np.flatnonzero(lists < 0)
    if len(new):
        lists[new] = index.quantizer.search(units[new], 1)[1][:, 0]
    _fill(library, index, units, lists)
    library.write_index(index, str(file))


def lists_of(file: Path, size: int) -> Array:
    """Return the list of each of the ``size`` products of a partition."""
    library = faiss()
    index = library.read_index(str(file), library.IO_FLAG_MMAP | library.IO_FLAG_READ_ONLY)
    out = np.full(size, -1, dtype=np.int64)
    for number in range(index.nlist):
        count = index.invlists.list_size(number)
        if count:
            out[library.rev_swig_ptr(index.invlists.get_ids(number), count)] = number
    return out


def _fill(library: Any, index: Any, units: Array, lists: Array) -> None:  # noqa: ANN401 - faiss has no types
    """Put every vector into its list, in the order of products."""
    codes = index.sq.compute_codes(units)
    order = np.argsort(lists, kind="stable").astype(np.int64)
    lists_there = int(index.nlist)
    bounds = np.searchsorted(lists[order], np.arange(lists_there + 1))
    ends: list[int] = bounds.tolist()
    for number, (start, end) in enumerate(itertools.pairwise(ends)):
        if end > start:
            rows, part = order[start:end].copy(), np.ascontiguousarray(codes[order[start:end]])
            index.invlists.add_entries(number, end - start, library.swig_ptr(rows), library.swig_ptr(part))
    index.ntotal = len(units)


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
