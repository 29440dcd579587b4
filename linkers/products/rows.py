"""Rows of numbers of different length, as two flat arrays: what an index is made of."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Gather", "Rows", "distinct", "gather", "rows_of", "stacked", "starts_of"]

Array = NDArray[Any]
_LONG = 8


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
        return gather([len(self)], rows).rows([self])

    def with_values(self, values: Array) -> Rows:
        """Return rows of the same lengths with other values."""
        return Rows(self.starts, values)


@dataclass(frozen=True, slots=True)
class Gather:
    """Rows chosen out of parts that stand one after the other, in an order of their own; see :func:`gather`.

    ``chosen`` are their numbers, counted through all parts. Where most of them stand beside each other, ``stretches``
    says so (part, first row, the one behind the last): these are copied as they are.
    """

    chosen: Array
    stretches: tuple[Array, Array, Array] | None

    def array(self, parts: Sequence[Array]) -> Array:
        """Return the chosen rows of a column of numbers."""
        if self.stretches is None:
            return (parts[0] if len(parts) == 1 else np.concatenate(parts))[self.chosen]
        return _pieces(parts, *self.stretches)

    def rows(self, parts: Sequence[Rows]) -> Rows:
        """Return the chosen rows of a column of rows."""
        if self.stretches is None:
            return _taken(parts[0] if len(parts) == 1 else stacked(parts), self.chosen)
        part, firsts, ends = self.stretches
        starts = starts_of(self.array([each.counts for each in parts]))
        places = np.concatenate([each.starts for each in parts])
        offsets = starts_of([len(each.starts) for each in parts])[part]
        values = _pieces([each.values for each in parts], part, places[offsets + firsts], places[offsets + ends])
        return Rows(starts, values)


def gather(sizes: Sequence[int], chosen: Array | None = None) -> Gather:
    """Return how rows of parts of these sizes are brought together; ``None``: all of them as they stand."""
    bounds = starts_of(sizes)
    if chosen is None:
        chosen = np.arange(bounds[-1], dtype=np.int64)
    apart = np.diff(chosen, prepend=-2) != 1
    for bound in bounds[1:-1]:
        apart |= chosen == bound
    at = np.flatnonzero(apart)
    if not 0 < len(at) * _LONG <= len(chosen):
        return Gather(chosen, None)
    part = np.searchsorted(bounds, chosen[at], side="right") - 1
    firsts = chosen[at] - bounds[part]
    return Gather(chosen, (part, firsts, firsts + np.diff(at, append=len(chosen))))


def _pieces(parts: Sequence[Array], part: Array, firsts: Array, ends: Array) -> Array:
    numbers, places, behind = (cast("list[int]", each.tolist()) for each in (part, firsts, ends))
    stretches = zip(numbers, places, behind, strict=True)
    return np.concatenate([parts[number][first:end] for number, first, end in stretches])


def _taken(rows: Rows, chosen: Array) -> Rows:
    begins = rows.starts[chosen].astype(np.int64)
    counts = rows.starts[chosen + 1].astype(np.int64) - begins
    starts = starts_of(counts)
    return Rows(starts, rows.values[np.arange(starts[-1], dtype=np.int64) + np.repeat(begins - starts[:-1], counts)])


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
