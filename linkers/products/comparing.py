"""What comparing pairs is made of: which terms whom has, values spread over pairs, rows as unit vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linkers.products.engines import sparse
from linkers.products.rows import Array, Rows, distinct

__all__ = ["Sets", "covered", "crossed", "owned", "ratio", "spread", "units"]


@dataclass(frozen=True, slots=True)
class Sets:
    """Which terms each of some owners has, as sorted keys."""

    keys: Array

    @classmethod
    def of(cls, owners: Array, terms: Array) -> Sets:
        """Return the sets of owners and the terms beside them; a term of -1 is none."""
        known = terms >= 0
        return cls(distinct(owners[known] << np.int64(32) | terms[known].astype(np.int64)))

    def have(self, owners: Array, terms: Array) -> NDArray[np.bool_]:
        """Return whether each owner has the term beside it."""
        if not len(self.keys):
            return np.zeros(len(terms), dtype=np.bool_)
        keys = owners << np.int64(32) | np.maximum(terms, 0).astype(np.int64)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return (self.keys[at] == keys) & (terms >= 0)


def spread(rows: Rows, owners: Array) -> tuple[Array, Array]:
    """Return, for the rows of ``owners`` one after the other, where each value is and which of the owners it is for."""
    starts, counts = rows.starts[owners], rows.counts[owners]
    pair = np.repeat(np.arange(len(owners), dtype=np.int64), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    return np.arange(len(pair), dtype=np.int64) - first + np.repeat(starts, counts), pair


def crossed(mine: Rows, ours: Array, other: Rows, theirs: Array) -> tuple[Array, Array, Array]:
    """Return, for pairs of rows, every value of the first beside every one of the second, and the pair they are of."""
    at, pair = spread(mine, ours)
    there, entry = spread(other, theirs[pair])
    return mine.values[at][entry], other.values[there], pair[entry]


def owned(*parts: Rows) -> tuple[Array, Array]:
    """Return the values of rows and their owners, each value once for an owner, in order."""
    owners = np.concatenate([rows.owners() for rows in parts])
    values = np.concatenate([rows.values for rows in parts])
    keys = distinct(owners << np.int64(32) | values.astype(np.int64))
    return keys >> np.int64(32), (keys & np.int64(0xFFFFFFFF)).astype(np.int64)


def units(owners: Array, weights: Array, columns: Array, shape: tuple[int, int]) -> Any:  # noqa: ANN401
    """Return rows of length 1 as a sparse matrix; a column of -1 counts for the length only."""
    squares = np.bincount(owners, weights=weights.astype(np.float64) ** 2, minlength=shape[0])
    lengths = np.where(squares > 0, np.sqrt(squares), 1.0)
    known = columns >= 0
    data = (weights / lengths[owners]).astype(np.float32)[known]
    return sparse().csr_array((data, (owners[known], columns[known])), shape=shape)


def covered(owners: Array, *found: tuple[float, Sets, Array]) -> Array:
    """Return, for each value of ``owners``, the weight of the first of ``found`` whose set has the term beside it."""
    out = np.zeros(len(owners), dtype=np.float32)
    left = np.arange(len(owners))
    for weight, sets, terms in found:
        there = sets.have(owners[left], terms[left])
        out[left[there]] = weight
        left = left[~there]
    return out


def ratio(part: Array, whole: Array) -> Array:
    """Return the quotients; 0 where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
