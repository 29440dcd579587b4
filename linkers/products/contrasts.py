"""Words that tell variants apart ("black" and "white", "mac" and "windows"), read from ``contrasts.txt`` as bits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

__all__ = ["Contrasts", "load_contrasts"]

Masks = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Contrasts:
    """``bits`` maps a word to the bit of its value (a word may have two); ``dimensions`` are masks of values."""

    bits: Mapping[str, int]
    dimensions: tuple[int, ...]
    version: str

    def mask(self, words: Iterable[str]) -> int:
        """Return the values that ``words`` state, as one 64-bit mask."""
        out = 0
        for word in words:
            out |= self.bits.get(word, 0)
        return out

    def filled(self, stated: int, beside: int) -> int:
        """Return ``stated`` and, of dimensions it says nothing of, the value in ``beside`` if there is just one."""
        for dimension in self.dimensions:
            found = beside & dimension
            if found and not stated & dimension and not found & (found - 1):
                stated |= found
        return stated

    def compare(
        self, ours: Masks, theirs: Masks
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return, for pairs of masks, in how many dimensions they differ, agree, and only the second says something."""
        differ, agree, silent = (np.zeros(len(ours), dtype=np.float32) for _ in range(3))
        for dimension in self.dimensions:
            a, b = ours & np.uint64(dimension), theirs & np.uint64(dimension)
            both = (a != 0) & (b != 0)
            same = (a & b) != 0
            differ += both & ~same
            agree += both & same
            silent += (a == 0) & (b != 0)
        return differ, agree, silent


@lru_cache(maxsize=1)
def load_contrasts() -> Contrasts:
    """Return the table of the package."""
    text = (resources.files("linkers.products") / "contrasts.txt").read_text("utf-8")
    bits: dict[str, int] = {}
    dimensions: list[int] = []
    bit = 1
    for line in text.splitlines():
        if line.startswith("#") or ":" not in line:
            continue
        dimension = 0
        for value in line.partition(":")[2].split("|"):
            for word in value.split(","):
                bits[word.strip()] = bits.get(word.strip(), 0) | bit
            dimension |= bit
            bit <<= 1
        dimensions.append(dimension)
    return Contrasts(bits, tuple(dimensions), hashlib.sha256(text.encode()).hexdigest()[:16])
