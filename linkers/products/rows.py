"""Rows of numbers of different length, as two flat arrays: what an index is made of."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Rows", "distinct", "rows_of", "stacked", "starts_of"]

Array = NDArray[Any]
_LONG_RUN = 8


@dataclass(frozen=True, slots=True)
class Rows:
    """Row ``i`` is ``values[starts[i]:starts[i + 1]]``; ``starts`` has one more entry than there are rows."""

    starts: Array
    values: Array

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def counts(self) -> Array:
        """The length of each row."""
        return np.diff(self.starts)

    def owners(self, dtype: Any = np.int64) -> Array:  # noqa: ANN401 - a numpy dtype
        """Return for each value the row it belongs to."""
        return np.repeat(np.arange(len(self), dtype=dtype), self.counts)

    def take(self, rows: Array) -> Rows:
        """Return the rows numbered ``rows``, in that order."""
        begins = self.starts[rows].astype(np.int64)
        counts = self.starts[rows + 1].astype(np.int64) - begins
        starts = starts_of(counts)
        runs = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
        if 0 < len(runs) * _LONG_RUN <= len(rows):  # whole stretches are copied as they are
            firsts, lasts = begins[runs].tolist(), (begins + counts)[np.append(runs[1:], len(rows)) - 1].tolist()
            return Rows(starts, np.concatenate([self.values[a:b] for a, b in zip(firsts, lasts, strict=True)]))
        at = np.arange(starts[-1], dtype=np.int64) + np.repeat(begins - starts[:-1], counts)
        return Rows(starts, self.values[at])

    def with_values(self, values: Array) -> Rows:
        """Return rows of the same lengths with other values."""
        return Rows(self.starts, values)


def starts_of(counts: Any) -> Array:  # noqa: ANN401 - whatever numpy adds up
    """Return where rows of these lengths start, one after the other, and where the last one ends."""
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def distinct(values: Array) -> Array:
    """Return the distinct values, ascending. By sorting: numpy's own hashes whole numbers, and is slow on these."""
    ordered = np.sort(values)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def rows_of(rows: Sequence[Sequence[int]], dtype: Any = np.uint64) -> Rows:  # noqa: ANN401 - a numpy dtype
    """Return rows from sequences."""
    starts = starts_of([len(row) for row in rows])
    flat = np.fromiter(itertools.chain.from_iterable(rows), dtype=dtype, count=int(starts[-1]))
    return Rows(starts, flat)


def stacked(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all parts, one part after the other."""
    counts = np.concatenate([part.counts for part in parts]) if parts else np.zeros(0, dtype=np.int64)
    starts = starts_of(counts)
    values = np.concatenate([part.values for part in parts]) if parts else np.zeros(0, dtype=np.uint64)
    return Rows(starts, values)
