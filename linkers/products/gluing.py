"""Words run together: "stainlesssteel" in a mention is read as the two words that the catalogue knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from kg.text import normalise, singular
from linkers.products.analyse import Text
from linkers.products.columns import places
from linkers.products.index import ProductIndex
from linkers.products.rows import Array
from linkers.products.terms import WORD, term

__all__ = ["unglued"]

_SHORTEST, _LONGEST, _PART = 6, 24, 3
_MOST = 2_000


def unglued(index: ProductIndex, texts: Sequence[Text]) -> list[Text]:
    """Return ``texts`` with each title's unknown words taken apart where both parts are words of the catalogue.

    Of several ways to take a word apart, the one with the rarer words is taken, the first of equals.
    """
    words = [set(normalise(text.title[:_MOST]).split()) for text in texts]
    long = sorted({word for each in words for word in each if _SHORTEST <= len(word) <= _LONGEST})
    unknown = [word for word, at in zip(long, _known(index, long).tolist(), strict=True) if at < 0]
    parts = _parts(index, unknown)
    if not parts:
        return list(texts)
    return [_apart(text, said, parts) for text, said in zip(texts, words, strict=True)]


def _apart(text: Text, said: Iterable[str], parts: dict[str, str]) -> Text:
    if parts.keys().isdisjoint(said):
        return text
    return text._replace(title=" ".join(_spaced(word, parts) for word in text.title[:_MOST].split()))


def _spaced(word: str, parts: dict[str, str]) -> str:
    """Return a word of a title as it is, or what it is made of."""
    said = normalise(word).split()
    return word if parts.keys().isdisjoint(said) else " ".join(parts.get(each, each) for each in said)


def _parts(index: ProductIndex, words: Sequence[str]) -> dict[str, str]:
    """Return those words that are two known words, as these."""
    cuts = [(word, cut) for word in words for cut in range(_PART, len(word) - _PART + 1)]
    left = _known(index, [word[:cut] for word, cut in cuts])
    there = np.flatnonzero(left >= 0).tolist()
    right = _known(index, [cuts[at][0][cuts[at][1] :] for at in there])
    idf = index.postings.idf
    best: dict[str, tuple[float, int]] = {}
    for at, other in zip(there, right.tolist(), strict=True):
        word, cut = cuts[at]
        if other >= 0:
            found = (-float(idf[left[at]] + idf[other]), cut)
            best[word] = min(found, best.get(word, found))
    return {word: f"{word[:cut]} {word[cut:]}" for word, (_, cut) in best.items()}


def _known(index: ProductIndex, words: Sequence[str]) -> Array:
    """Return where each word stands among the index's terms; -1: nowhere."""
    hashes = np.array([term(WORD, singular(word)) for word in words], dtype=np.uint64)
    return places(index.columns.terms, hashes)
