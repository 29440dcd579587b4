"""How alike titles and model numbers are as strings, for thousands of pairs at once (RapidFuzz)."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import LCSseq, Levenshtein

from linkers.products.analyse import PART
from linkers.products.columns import Columns, texts_of
from linkers.products.comparing import Sets, ratio
from linkers.products.rows import Array, distinct, starts_of

__all__ = ["near_codes", "runs_together", "spelled"]

_HALF = 0.5
_SHORTEST = 2  # a single letter or digit stands everywhere


def spelled(mine: Columns, ours: Array, other: Columns, theirs: Array) -> dict[str, Array]:
    """Return the features of spelling (``same``, ``within``, ``part``, ``opening``) of pairs of rows of two columns."""
    left: list[int] = ours.tolist()
    right: list[int] = theirs.tolist()
    keys, titles = mine.texts("keys"), other.texts("keys")
    letters, their_letters = ([key.replace(" ", "") for key in side] for side in (keys, titles))
    shorter = np.minimum(_lengths(letters)[ours], _lengths(their_letters)[theirs])
    within = _alike(LCSseq.similarity, [letters[row] for row in left], [their_letters[row] for row in right])
    return {
        "same": np.array([keys[a] == titles[b] for a, b in zip(left, right, strict=True)], dtype=np.float32),
        "within": ratio(within, shorter),
        **_parts(keys, [text.split(PART) for text in mine.texts("parts")], left, _parts_of(other, right)),
    }


def _parts_of(columns: Columns, rows: list[int]) -> list[list[str]]:
    parts = [text.split(PART) for text in columns.texts("parts")]
    return [parts[row] for row in rows]


def _parts(keys: list[str], ours: list[list[str]], mine: list[int], theirs: list[list[str]]) -> dict[str, Array]:
    """Compare mentions, as a whole and by their first parts, with the parts of the products beside them."""
    whole = [" ".join(sorted(key.split())) for key in keys]
    counts = [len(each) for each in theirs]
    said = list(itertools.chain.from_iterable(map(itertools.repeat, [whole[row] for row in mine], counts)))
    alike = _alike(fuzz.ratio, said, list(itertools.chain.from_iterable(theirs))) / 100
    opening = _alike(fuzz.ratio, [ours[row][0] for row in mine], [each[0] for each in theirs]) / 100
    return {"part": np.maximum.reduceat(alike, starts_of(counts)[:-1]), "opening": opening}


def near_codes(mine: Columns, other: Columns, codes: tuple[Array, Array, Array], size: int) -> Array:
    """Return how alike the most alike model numbers of each pair are; 0 where less than half of one is.

    Args:
        mine: the mentions.
        other: what has the names of the products' terms.
        codes: a model number of a mention and one of a product, as terms, and the number of their pair.
        size: how many pairs there are.
    """
    ours, theirs, pair = codes
    found = np.zeros(size, dtype=np.float32)
    if len(pair):
        left, right = _named(mine, ours), _named(other, theirs)
        alike = _alike(Levenshtein.normalized_similarity, left, right)
        written = np.array([bool(a and b) for a, b in zip(left, right, strict=True)])  # not joined from two words
        np.maximum.at(found, pair, np.where(written & (alike > _HALF), alike, 0))
    return found


def runs_together(mine: Columns, other: Columns, mentions: Array, words: Array) -> NDArray[np.bool_]:
    """Return whether each word of ``other`` stands in the letters, without spaces, of the mention beside it."""
    letters = [key.replace(" ", "") for key in mine.texts("keys")]
    asked = distinct(mentions << np.int64(32) | words.astype(np.int64))
    owners, terms = asked >> np.int64(32), asked & np.int64(0xFFFFFFFF)
    used = distinct(terms)
    names = [name if len(name) >= _SHORTEST else PART for name in texts_of(other.names.take(used))]
    pairs = zip(owners.tolist(), np.searchsorted(used, terms).tolist(), strict=True)
    found = np.fromiter((names[word] in letters[owner] for owner, word in pairs), np.bool_, len(asked))
    return Sets(asked[found]).have(mentions, words)


def _named(columns: Columns, terms: Array) -> list[str]:
    """Return the text of each term."""
    used = distinct(terms)
    names = texts_of(columns.names.take(used))
    return [names[at] for at in np.searchsorted(used, terms).tolist()]


def _alike(scorer: Callable[..., float], left: list[str], right: list[str]) -> Array:
    """Return a score of RapidFuzz for each two texts that stand beside each other."""
    return process.cpdist(left, right, scorer=scorer, dtype=np.float32)


def _lengths(texts: list[str]) -> Array:
    return np.fromiter(map(len, texts), dtype=np.float32, count=len(texts))
