"""Candidates without all pairs: the targets that share a word with the mention, united with the nearest names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from linkers.embeddings import Embedder, Matrix
from linkers.types.inventory import Inventory
from linkers.types.lexicon import Lexicon
from linkers.types.phrase import Phrase

__all__ = ["NearestNames", "WordIndex"]


class WordIndex:
    """Inverted index from words to targets: words of names, what categories call them, what titles end on."""

    def __init__(self, inventory: Inventory, lexicon: Lexicon) -> None:
        self._inventory = inventory
        self._lexicon = lexicon
        self._postings: dict[str, list[int]] = {}
        self._called: dict[str, list[int]] = {}
        self._same: dict[tuple[str, ...], list[int]] = {}
        self._broader: dict[tuple[str, ...], list[int]] = {}
        for index, profile in enumerate(inventory.profiles):
            for word in sorted({word for name in profile.names for word in name.words}):
                self._postings.setdefault(word, []).append(index)
            for words in sorted(profile.broader):
                self._broader.setdefault(words, []).append(index)
            for words in dict.fromkeys(name.words for name in profile.names):
                self._same.setdefault(words, []).append(index)
            for head in profile.calls.heads:
                self._called.setdefault(head, []).append(index)

    def search(self, mention: Phrase, limit: int) -> list[int]:
        """Return up to ``limit`` targets for each of the three ways, best first by rarity of the words shared."""
        total = len(self._inventory.profiles)
        scores: dict[int, float] = {}
        for word in mention.words:
            found = self._postings.get(word, ())
            weight = math.log(1 + total / (1 + len(found)))
            for index in found:
                scores[index] = scores.get(index, 0.0) + weight
        out = sorted(scores, key=lambda index: (-round(scores[index], 9), self._length(index), index))[:limit]
        for words in dict.fromkeys((mention.words, mention.core)):
            named = self._inventory.named.get(words, {})
            out.extend(sorted(named, key=lambda index: (-named[index], index))[:limit])
        for words in self._endings(mention):
            out.extend(self._popular(self._broader.get(words, ()))[:limit])
        for words in self._lexicon.varieties.get(mention.kind, ()):
            out.extend(self._same.get(words, ()))
        called = self._called.get(mention.head, ())
        out.extend(sorted(called, key=lambda index: (-self._share(index, mention.head), index))[:limit])
        return list(dict.fromkeys(out))

    def _endings(self, mention: Phrase) -> Iterable[tuple[str, ...]]:
        """Yield every ending of the mention's words and of its core, once; of both without "gear" and the like."""
        whole = (mention.words, mention.core, mention.bare)
        return dict.fromkeys(words[at:] for words in whole for at in range(len(words)))

    def _share(self, index: int, head: str) -> float:
        return self._inventory.profiles[index].calls.heads[head]

    def _length(self, index: int) -> int:
        return min((len(name.words) for name in self._inventory.profiles[index].names), default=0)

    def _popular(self, found: Sequence[int]) -> list[int]:
        profiles = self._inventory.profiles
        return sorted(found, key=lambda index: (-profiles[index].target.popularity, index))


class NearestNames:
    """Cosine between a mention and every name, all at once."""

    def __init__(self, inventory: Inventory, embedder: Embedder) -> None:
        self._embedder = embedder
        names = [(index, name.key) for index, profile in enumerate(inventory.profiles) for name in profile.names]
        self._owners = np.array([index for index, _ in names], dtype=np.int64)
        self._names = embedder.encode([key for _, key in names])
        self._size = len(inventory.profiles)

    def cosines(self, mentions: Sequence[str]) -> Matrix:
        """Return the best cosine (-1..1) of each mention with each target, shape (mentions, targets)."""
        out = np.full((len(mentions), self._size), -1.0, dtype=np.float32)
        if not len(self._owners):
            return out
        # One product per mention, so that a batch gives the very same bits as one mention alone.
        for row, vector in enumerate(self._embedder.encode(mentions)):
            np.maximum.at(out[row], self._owners, self._names @ vector)
        return out

    @staticmethod
    def nearest(cosines: Matrix, limit: int) -> list[int]:
        """Return the ``limit`` targets with the highest cosine of one row, best first, ties in order."""
        if limit >= len(cosines):
            return np.argsort(-cosines, kind="stable").tolist()[:limit]
        best = np.argpartition(-cosines, limit)[: limit + 1]
        return sorted((int(index) for index in best), key=lambda i: (-float(cosines[i]), i))[:limit]
