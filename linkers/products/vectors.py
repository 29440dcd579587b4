"""Titles as vectors: the mean of the static embeddings of their words, or what a stronger encoder makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from linkers.embeddings import Embedder, Matrix, row_sums

__all__ = ["DIMENSIONS", "Encoder", "Titles", "WordAverage", "as_bytes"]

DIMENSIONS = 64
"""The table was trained so that the first 64 of its 256 numbers are an embedding too (Kusupati et al., "Matryoshka
Representation Learning", NeurIPS 2022)."""
_WITH_DIGITS = 0.25  # numbers and model numbers say little about what a thing is
_KEPT = 500_000


class Encoder(Protocol):
    """Titles -> unit rows. Equal titles give equal rows, alone or in a batch."""

    @property
    def version(self) -> str:
        """Names the encoder: an index made with another is of no use."""
        ...

    def encode(self, titles: Sequence[Sequence[str]]) -> Matrix:
        """Return one row for each title (its words), of length 1, or of zeros when nothing of it is known."""
        ...


class WordAverage:
    """Averages the vectors of words; what a million titles need in a minute."""

    def __init__(self, embedder: Embedder, dimensions: int = DIMENSIONS) -> None:
        self._embedder = embedder
        self._dimensions = dimensions
        self._known: dict[str, int] = {}
        self._table = np.zeros((1024, dimensions), dtype=np.float32)

    @property
    def version(self) -> str:
        """See :class:`Encoder`."""
        return f"{self._embedder.version}/words/{self._dimensions}"

    def encode(self, titles: Sequence[Sequence[str]]) -> Matrix:
        """See :class:`Encoder`."""
        self._learn({word for title in titles for word in title})
        counts = np.array([len(title) for title in titles], dtype=np.int64)
        rows = np.array([self._known[word] for title in titles for word in title], dtype=np.int64)
        out = row_sums(rows, counts, self._table)
        norms = np.linalg.norm(out, axis=1, keepdims=True)
        return np.divide(out, norms, out=out, where=norms > 0)

    def _learn(self, words: set[str]) -> None:
        if len(self._known) > _KEPT:
            self._known.clear()
        new = sorted(words - self._known.keys())
        if not new:
            return
        first = len(self._known)
        while len(self._table) < first + len(new):
            self._table = np.concatenate([self._table, np.zeros_like(self._table)])
        vectors = self._embedder.encode(new)[:, : self._dimensions]
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
        weights = np.array([[_WITH_DIGITS if any(map(str.isdigit, word)) else 1.0] for word in new], dtype=np.float32)
        self._table[first : first + len(new)] = vectors * weights
        self._known |= {word: first + at for at, word in enumerate(new)}


class Titles:
    """Titles as a whole, for an embedder that makes more of a sentence than of its words."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def version(self) -> str:
        """See :class:`Encoder`."""
        return f"{self._embedder.version}/titles"

    def encode(self, titles: Sequence[Sequence[str]]) -> Matrix:
        """See :class:`Encoder`."""
        return self._embedder.encode([" ".join(title) for title in titles])


def as_bytes(vectors: Matrix) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
    """Return unit vectors as whole numbers -127..127."""
    return np.rint(vectors * 127).astype(np.int8)
