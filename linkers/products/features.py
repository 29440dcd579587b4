"""Features of a mention and a product: what of either the other accounts for, and what contradicts it.

All are between -1 and 1 (``length``: from 0 to 3.5) and mean the same whatever the catalogue: shares weigh a word by
how rare it is there. What is worked out for thousands of pairs at once is one array operation, not a loop.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process

from linkers.products.candidates import Batch, Pairs
from linkers.products.columns import GRAMS, places
from linkers.products.comparing import Sets, best, once, owned, ratio, spread, units
from linkers.products.contrasts import load_contrasts
from linkers.products.index import ProductIndex
from linkers.products.rows import Array, Rows

__all__ = ["FEATURES", "Values", "features"]

Values = Array
"""Numbers of pairs, as an array."""

FEATURES = {
    "same": "the titles are equal, up to case, accents and punctuation",
    "words": "cosine of the words of the titles, the rarer the heavier",
    "text": "cosine of all that is known of either: title, brand, detail",
    "letters": "cosine of groups of three and four letters within words",
    "said": "share of the mention's words that the product accounts for",
    "said_exact": "share of the mention's words that stand in the product's title",
    "stated": "share of the product's title that the mention accounts for",
    "code": "a model number in common: 1 as rare as can be, 0 none",
    "core": "the same of model numbers without the letters that make a variant",
    "code_near": "the beginning of a model number in common, where none is whole: by its length",
    "code_clash": "both have model numbers, and none begins like one of the other",
    "numbers_missing": "numbers of the mention that the product does not have",
    "numbers_added": "numbers of the product's title that the mention does not have",
    "brand": "the product's brand is in the mention",
    "maker": "share of the mention's brand, or first word, that the product's title or brand has",
    "brand_clash": "both state a brand, another one",
    "order": "how alike the titles are with their words sorted (RapidFuzz token_sort_ratio)",
    "inside": "how alike they are where they overlap (RapidFuzz token_set_ratio)",
    "within": "how alike the shorter title is to the best stretch of the longer one (RapidFuzz partial_ratio)",
    "meaning": "cosine of their embeddings",
    "type": "the mention has the word that names the product's type",
    "contrast": "dimensions in which they state different values: black and white, mac and windows",
    "agreed": "dimensions in which they state the same value",
    "unsaid": "dimensions in which only the product states a value",
    "price": "distance of the prices, up to a factor of e squared; 0 where one is unknown",
    "priced": "both prices are known",
    "length": "difference of the numbers of words, as a logarithm",
}
"""The features of a pair, in order, and what each is."""

_WORDS = frozenset({"words", "text", "letters"})
_SAID = frozenset({"said", "said_exact", "numbers_missing"})
_STATED = frozenset({"stated", "numbers_added", "length"})
_CODES = frozenset({"code", "core", "code_near", "code_clash"})
_BRANDS = frozenset({"brand", "brand_clash", "maker"})
_STRINGS = frozenset({"same", "order", "inside", "within"})
_REST = FEATURES.keys() - _WORDS - _SAID - _STATED - _CODES - _BRANDS - _STRINGS
_SCORERS = {"order": fuzz.token_sort_ratio, "inside": fuzz.token_set_ratio, "within": fuzz.partial_ratio}
_JOINED, _STEM, _DETAIL = 0.9, 0.75, 0.6
_LEVELS = 3  # beginnings of model numbers, of five letters, seven, nine


def features(index: ProductIndex, batch: Batch, pairs: Pairs, wanted: Collection[str] = FEATURES.keys()) -> Values:
    """Return the features of each pair, shape (pairs, features), in the order of :data:`FEATURES`.

    Args:
        index: the products.
        batch: the mentions.
        pairs: which to compare.
        wanted: the features that are needed; others may be left 0, if that saves work.
    """
    if not len(pairs):
        return np.zeros((0, len(FEATURES)), dtype=np.float32)
    found = _Comparison(index, batch, pairs).all(frozenset(wanted))
    nothing = np.zeros(len(pairs), dtype=np.float32)
    return np.stack([found.get(name, nothing) for name in FEATURES], axis=1).astype(np.float32)


class _Comparison:
    """One batch of pairs. ``_ours`` numbers the mention of each pair, ``_theirs`` its product among those compared."""

    def __init__(self, index: ProductIndex, batch: Batch, pairs: Pairs) -> None:
        self._index, self._batch = index, batch
        self._mine = batch.columns
        self._ours = pairs.mentions
        products, self._theirs = np.unique(pairs.products, return_inverse=True)
        self._other = index.columns.take(products)  # read from the memory-mapped columns once
        self._size = len(pairs)

    def all(self, wanted: frozenset[str]) -> dict[str, Values]:
        """Return the wanted features, and those that come with them."""
        groups = (
            (_WORDS, self._cosines),
            (_SAID, self._said),
            (_STATED, self._stated),
            (_CODES, self._codes),
            (_BRANDS, self._brands),
            (_STRINGS, self._strings),
            (_REST, self._rest),
        )
        out: dict[str, Values] = {}
        for names, work_out in groups:
            if names & wanted:
                out |= work_out(wanted)
        return out

    def _cosines(self, wanted: frozenset[str]) -> dict[str, Values]:
        mine, other, batch, idf = self._mine, self._other, self._batch, self._index.postings.idf
        out: dict[str, Values] = {}
        for name, ours, theirs in (
            ("words", (mine.words,), (other.words,)),
            ("text", (mine.words, mine.detail), (other.words, other.detail)),
        ):
            if name in wanted:
                owners, values = owned(*ours)
                left = units(owners, batch.idf[values], batch.place[values], (len(mine), len(idf)))
                owners, values = owned(*theirs)
                right = units(owners, idf[values], values, (len(other), len(idf)))
                out[name] = self._dots(left, right)
        return out | ({"letters": self._letters()} if "letters" in wanted else {})

    def _letters(self) -> Values:
        gram_idf = self._index.postings.gram_idf
        spelled: list[Any] = []
        for side in (self._mine, self._other):
            grams = side.grams.take(side.words.values)
            owners, values = once(side.words.owners()[grams.owners()], grams.values)
            spelled.append(units(owners, gram_idf[values], values, (len(side), GRAMS)))
        return self._dots(*spelled)

    def _dots(self, left: Any, right: Any) -> Values:  # noqa: ANN401 - scipy's types are partial
        return np.asarray(left[self._ours].multiply(right[self._theirs]).sum(axis=1)).ravel()

    def _said(self, _: frozenset[str]) -> dict[str, Values]:
        """See what of the mention the product accounts for."""
        mine, other, batch = self._mine, self._other, self._batch
        at, pair = spread(mine.words, self._ours)
        words, owner = batch.known(mine.words)[at], self._theirs[pair]
        low = (mine.terms[mine.words.values] & _LOW).astype(np.int64)
        exact = Sets.of(other.words.owners(), other.words.values).have(owner, words)
        cover = best(
            (1.0, exact),
            (_JOINED, Sets.of(other.joins.owners(), other.joins.values.astype(np.int64)).have(owner, low[at])),
            (_STEM, Sets.of(other.stems.owners(), other.stems.values).have(owner, batch.known(mine.stems)[at])),
            (_DETAIL, Sets.of(other.detail.owners(), other.detail.values).have(owner, words)),
        )
        idf = batch.idf[mine.words.values][at]
        total = self._sum(pair, idf)
        return {
            "said": ratio(self._sum(pair, idf * cover), total),
            "said_exact": ratio(self._sum(pair, idf * exact), total),
            "numbers_missing": np.minimum(1, self._sum(pair, mine.numbers.values[at] & (cover < _DETAIL)) / 2),
        }

    def _stated(self, _: frozenset[str]) -> dict[str, Values]:
        """See what of the product's title the mention accounts for."""
        mine, other, batch = self._mine, self._other, self._batch
        at, pair = spread(other.words, self._theirs)
        words, owner = other.words.values[at], self._ours[pair]
        low = (self._index.columns.terms[words] & _LOW).astype(np.int64)
        cover = best(
            (1.0, Sets.of(mine.words.owners(), batch.known(mine.words)).have(owner, words)),
            (_JOINED, Sets.of(mine.joins.owners(), mine.joins.values.astype(np.int64)).have(owner, low)),
            (_STEM, Sets.of(mine.stems.owners(), batch.known(mine.stems)).have(owner, other.stems.values[at])),
            (_DETAIL, Sets.of(mine.detail.owners(), batch.known(mine.detail)).have(owner, words)),
        )
        idf = self._index.postings.idf[words]
        longer = (1 + mine.words.counts[self._ours]) / (1 + other.words.counts[self._theirs])
        return {
            "stated": ratio(self._sum(pair, idf * cover), self._sum(pair, idf)),
            "numbers_added": np.minimum(1, self._sum(pair, other.numbers.values[at] & (cover < _DETAIL)) / 2),
            "length": np.abs(np.log(longer)),
        }

    def _codes(self, _: frozenset[str]) -> dict[str, Values]:
        mine, other = self._mine, self._other
        outer, cores, inner = (
            Sets.of(rows.owners(), rows.values) for rows in (other.codes, other.cores, other.inner_codes)
        )
        whole = self._shared((mine.codes, outer, 1.0), (mine.codes, inner, 0.9), (mine.inner_codes, outer, 0.9))
        core = self._shared((mine.cores, cores, 1.0), (mine.cores, inner, 0.9), (mine.inner_codes, cores, 0.9))
        found = np.maximum(whole, core)
        at, pair = spread(mine.prefixes, self._ours)
        begin = Sets.of(other.prefixes.owners(), other.prefixes.values.astype(np.int64))
        shared = begin.have(self._theirs[pair], mine.prefixes.values[at].astype(np.int64))
        near = np.where(found > 0, 0, np.minimum(1, self._sum(pair, shared) / _LEVELS))
        both = (mine.codes.counts[self._ours] > 0) & (other.codes.counts[self._theirs] > 0)
        return {"code": whole, "core": core, "code_near": near, "code_clash": both & (found == 0) & (near == 0)}

    def _shared(self, *places_: tuple[Rows, Sets, float]) -> Values:
        """Return how rare the rarest term is that both have in one of the places, 0: none, times the place's weight."""
        found = np.zeros(self._size, dtype=np.float32)
        for rows, sets, weight in places_:
            at, pair = spread(rows, self._ours)
            shared = sets.have(self._theirs[pair], self._batch.known(rows)[at])
            rare = self._batch.idf[rows.values[at]] / self._batch.rarest
            np.maximum.at(found, pair, (weight * shared * rare).astype(np.float32))
        return found

    def _brands(self, _: frozenset[str]) -> dict[str, Values]:
        mine, other, batch = self._mine, self._other, self._batch
        said = Sets.of(
            np.concatenate([mine.words.owners(), mine.brand.owners()]),
            np.concatenate([batch.known(mine.words), batch.known(mine.brand)]),
        )
        at, pair = spread(other.brand, self._theirs)
        found = self._sum(pair, said.have(self._ours[pair], other.brand.values[at])) > 0
        both = (mine.brand.counts[self._ours] > 0) & (other.brand.counts[self._theirs] > 0)
        return {"brand": found, "brand_clash": both & ~found, "maker": self._maker()}

    def _maker(self) -> Values:
        mine, other, batch = self._mine, self._other, self._batch
        there = Sets.of(*owned(other.words, other.brand))
        brands = Rows(mine.brand.starts, batch.known(mine.brand))
        first = Rows(mine.words.starts, batch.known(mine.words))
        at, pair = spread(brands, self._ours)
        counts = np.maximum(brands.counts[self._ours], 1)
        shares = self._sum(pair, there.have(self._theirs[pair], brands.values[at])) / counts
        has_words = first.counts[self._ours] > 0
        starts = np.where(has_words, np.append(first.values, -1)[first.starts[self._ours]], -1)
        return np.where(brands.counts[self._ours] > 0, shares, there.have(self._theirs, starts))

    def _strings(self, wanted: frozenset[str]) -> dict[str, Values]:
        ours = [self._mine.text("keys", row) for row in range(len(self._mine))]
        theirs = [self._other.text("keys", row) for row in range(len(self._other))]
        left: list[str] = [ours[row] for row in self._ours.tolist()]
        right: list[str] = [theirs[row] for row in self._theirs.tolist()]
        out: dict[str, Values] = {}
        if "same" in wanted:
            out["same"] = np.fromiter(map(str.__eq__, left, right), dtype=np.float32, count=self._size)
        for name, scorer in _SCORERS.items():
            if name in wanted:
                out[name] = process.cpdist(left, right, scorer=scorer, dtype=np.float32) / 100
        return out

    def _rest(self, _: frozenset[str]) -> dict[str, Values]:
        mine, other = self._mine, self._other
        ours, theirs = (side.vectors.astype(np.float32) / 127 for side in (mine, other))
        differ, agree, silent = load_contrasts().compare(mine.marks[self._ours], other.marks[self._theirs])
        a, b = mine.price[self._ours], other.price[self._theirs]
        known = (a > 0) & (b > 0)
        far = np.abs(np.log(np.where(known, a, 1) / np.where(known, b, 1)))
        said = Sets.of(mine.words.owners(), self._batch.known(mine.words))
        heads = places(self._index.columns.terms, other.head)
        return {
            "meaning": np.einsum("ij,ij->i", ours[self._ours], theirs[self._theirs]),
            "contrast": np.minimum(differ, 2) / 2,
            "agreed": np.minimum(agree, 2) / 2,
            "unsaid": np.minimum(silent, 2) / 2,
            "price": np.minimum(far, 2) / 2,
            "priced": known,
            "type": said.have(self._ours, heads[self._theirs]),
        }

    def _sum(self, pair: Array, values: Array) -> Values:
        return np.bincount(pair, weights=values, minlength=self._size).astype(np.float32)


_LOW = np.uint64(0xFFFFFFFF)
