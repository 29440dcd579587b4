"""Words run together: "stainlesssteel" in a mention is read as the two words that the catalogue knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from kg.text import normalise, singular
from linkers.products.analyse import Text
from linkers.products.columns import places
from linkers.products.index import ProductIndex
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
    unknown = [word for word, at in zip(long, _known(index, long), strict=True) if at < 0]
    parts = {word: pair for word in unknown if (pair := _parts(index, word))}
    if not parts:
        return list(texts)
    return [_apart(text, said, parts) for text, said in zip(texts, words, strict=True)]


def _apart(text: Text, said: Iterable[str], parts: dict[str, str]) -> Text:
    if parts.keys().isdisjoint(said):
        return text
    rest = (parts.get(word, word) for word in normalise(text.title[:_MOST]).split())
    return text._replace(title=" ".join(rest))


def _parts(index: ProductIndex, word: str) -> str:
    """Return a word as two known words, or "" where there are none."""
    cuts = range(_PART, len(word) - _PART + 1)
    left = _known(index, [word[:cut] for cut in cuts])
    right = _known(index, [word[cut:] for cut in cuts])
    idf = index.postings.idf
    both = [(-float(idf[a] + idf[b]), cut) for a, b, cut in zip(left, right, cuts, strict=True) if a >= 0 and b >= 0]
    if not both:
        return ""
    cut = min(both)[1]
    return f"{word[:cut]} {word[cut:]}"


def _known(index: ProductIndex, words: Sequence[str]) -> list[int]:
    """Return where each word stands among the index's terms; -1: nowhere."""
    hashes = np.array([term(WORD, singular(word)) for word in words], dtype=np.uint64)
    found: list[int] = places(index.columns.terms, hashes).tolist()
    return found
