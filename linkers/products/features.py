"""Features of a mention and a product: what of either the other accounts for, and what contradicts it.

All are between -1 and 1 (``length``: from 0 to 3.5) and mean the same whatever the catalogue: shares weigh a word by
how rare it is there. What is worked out for thousands of pairs at once is one array operation, not a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cached_property

import numpy as np

from linkers.products.amounts import compare_amounts
from linkers.products.analyse import BARE, OF_AMOUNT
from linkers.products.candidates import Batch, Pairs
from linkers.products.columns import places
from linkers.products.comparing import Sets, covered, crossed, owned, ratio, spread, units
from linkers.products.contrasts import load_contrasts
from linkers.products.index import ProductIndex
from linkers.products.likeness import near_codes, runs_together, spelled
from linkers.products.rows import Array, Rows

__all__ = ["FEATURES", "Values", "features"]

Values = Array
"""Numbers of pairs, as an array."""

FEATURES = {
    "same": "the titles are equal, up to case, accents and punctuation",
    "text": "cosine of all that is known of either (title, brand, detail), the rarer the word the heavier",
    "said": "share of the mention's words that the product accounts for",
    "stated": "share of the product's title that the mention accounts for",
    "inside": "share of the product's title that stands in the mention's letters, spaces or not",
    "missing": "words of the mention that the product's title does not have, as a logarithm",
    "added": "words of the product's title that the mention does not have, as a logarithm",
    "ending": "the mention's last word, often a model number or what the thing is, is in the product's title",
    "code": "a model number in common: 1 as rare as can be, 0 none",
    "core": "the same of model numbers without the letters that make a variant",
    "code_near": "how alike the most alike model numbers are (Levenshtein), if half of it is equal",
    "code_clash": "both have model numbers, and none is in common or near",
    "numbers_missing": "numbers of the mention that the product does not have",
    "numbers_added": "numbers of the product's title that the mention does not have",
    "amount": "share of the kinds of quantities that both state in which they agree: 64 oz and 1.89 L",
    "amount_clash": "both state a quantity of a kind, another one",
    "brand": "the product's brand is in the mention",
    "maker": "share of the mention's brand, or first word, that the product's title or brand has",
    "brand_clash": "both state a brand, another one",
    "part": "how alike the mention is to the best part of the title, between dashes, brackets and commas (RapidFuzz)",
    "opening": "how alike the first parts of both are, their words sorted (RapidFuzz)",
    "within": "share of the shorter title's letters that stand in the longer one, in the same order (RapidFuzz LCSseq)",
    "meaning": "cosine of their embeddings",
    "type": "the mention has the word that names the product's type",
    "contrast": "dimensions in which they state different values: black and white, mac and windows",
    "agreed": "dimensions in which they state the same value",
    "unsaid": "dimensions in which only the product states a value",
    "price": "distance of the prices, up to a factor of e squared; 0 where one is unknown",
    "price_near": "the prices are nearly the same: 1 equal, 0.5 a tenth apart",
    "dearer": "how much dearer the product is, up to a factor of e squared; negative: cheaper",
    "priced": "both prices are known",
    "length": "difference of the numbers of words, as a logarithm",
}
"""The features of a pair, in order, and what each is."""

_SAID = frozenset({"said", "missing", "ending", "numbers_missing"})
_STATED = frozenset({"stated", "inside", "added", "numbers_added", "length"})
_CODES = frozenset({"code", "core", "code_near", "code_clash"})
_AMOUNTS = frozenset({"amount", "amount_clash"})
_BRANDS = frozenset({"brand", "brand_clash", "maker"})
_STRINGS = frozenset({"same", "part", "opening", "within"})
_PRICES = frozenset({"price", "price_near", "dearer", "priced"})
_STATES = frozenset({"contrast", "agreed", "unsaid"})
_JOINED, _STEM, _DETAIL = 0.9, 0.75, 0.6
_MANY = 20  # words
_PRICE_STEP = 0.15


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
        # Read from the memory-mapped columns once, and nothing that is only shown.
        self._other = index.columns.take(products, without=("ids", "titles"))
        self._size = len(pairs)

    def all(self, wanted: frozenset[str]) -> dict[str, Values]:
        """Return the wanted features, and those that come with them."""
        groups: tuple[tuple[frozenset[str], Callable[[], dict[str, Values]]], ...] = (
            (frozenset({"text"}), self._text),
            (_SAID, self._said),
            (_STATED, self._stated),
            (_CODES, self._codes),
            (_AMOUNTS, self._amounts),
            (_BRANDS, self._brands),
            (_STRINGS, lambda: spelled(self._mine, self._ours, self._other, self._theirs)),
            (_PRICES, self._prices),
            (_STATES, self._states),
            (frozenset({"meaning"}), self._meaning),
            (frozenset({"type"}), self._type),
        )
        out: dict[str, Values] = {}
        for names, work_out in groups:
            if names & wanted:
                out |= work_out()
        return out

    def _text(self) -> dict[str, Values]:
        mine, other, batch, idf = self._mine, self._other, self._batch, self._index.postings.idf
        owners, values = owned(mine.words, mine.detail)
        left = units(owners, batch.idf[values], batch.place[values], (len(mine), len(idf)))
        owners, values = owned(other.words, other.detail)
        right = units(owners, idf[values], values, (len(other), len(idf)))
        return {"text": np.asarray(left[self._ours].multiply(right[self._theirs]).sum(axis=1)).ravel()}

    def _said(self) -> dict[str, Values]:
        """See what of the mention the product accounts for."""
        mine, other, batch = self._mine, self._other, self._batch
        at, pair = spread(mine.words, self._ours)
        words, owner = batch.known(mine.words)[at], self._theirs[pair]
        low = (mine.terms[mine.words.values] & _LOW).astype(np.int64)
        cover = covered(
            owner,
            (1.0, Sets.of(other.words.owners(), other.words.values), words),
            (_JOINED, Sets.of(other.joins.owners(), other.joins.values.astype(np.int64)), low[at]),
            (_STEM, Sets.of(other.stems.owners(), other.stems.values), batch.known(mine.stems)[at]),
            (_DETAIL, Sets.of(other.detail.owners(), other.detail.values), words),
        )
        exact = cover == 1
        idf = batch.idf[mine.words.values][at]
        last = at == mine.words.starts[1:][self._ours][pair] - 1
        return {
            "said": ratio(self._sum(pair, idf * cover), self._sum(pair, idf)),
            "missing": _count(self._sum(pair, ~exact)),
            "ending": self._sum(pair, exact & last),
            "numbers_missing": self._numbers(pair, mine.numbers.values[at], cover),
        }

    def _stated(self) -> dict[str, Values]:
        """See what of the product's title the mention accounts for."""
        mine, other, batch = self._mine, self._other, self._batch
        at, pair = spread(other.words, self._theirs)
        words, owner = other.words.values[at], self._ours[pair]
        low = (self._index.columns.terms[words] & _LOW).astype(np.int64)
        cover = covered(
            owner,
            (1.0, Sets.of(mine.words.owners(), batch.known(mine.words)), words),
            (_JOINED, Sets.of(mine.joins.owners(), mine.joins.values.astype(np.int64)), low),
            (_STEM, Sets.of(mine.stems.owners(), batch.known(mine.stems)), other.stems.values[at]),
            (_DETAIL, Sets.of(mine.detail.owners(), batch.known(mine.detail)), words),
        )
        exact = cover == 1
        idf = self._index.postings.idf[words]
        total = self._sum(pair, idf)
        together = runs_together(mine, self._index.columns, owner, words)
        longer = (1 + mine.words.counts[self._ours]) / (1 + other.words.counts[self._theirs])
        return {
            "stated": ratio(self._sum(pair, idf * cover), total),
            "inside": ratio(self._sum(pair, idf * (exact | together)), total),
            "added": _count(self._sum(pair, ~exact)),
            "numbers_added": self._numbers(pair, other.numbers.values[at], cover),
            "length": np.abs(np.log(longer)),
        }

    def _numbers(self, pair: Array, numbers: Array, cover: Array) -> Values:
        """Count numbers without their like on the other side; those of quantities only where these do not agree."""
        counted = (numbers == BARE) | ((numbers == OF_AMOUNT) & (self._agreement[0][pair] < 1))
        return np.minimum(1, self._sum(pair, counted & (cover < _DETAIL)) / 2)

    def _codes(self) -> dict[str, Values]:
        mine, other = self._mine, self._other
        outer, cores, inner = (
            Sets.of(rows.owners(), rows.values) for rows in (other.codes, other.cores, other.inner_codes)
        )
        whole = self._shared((mine.codes, outer, 1.0), (mine.codes, inner, 0.9), (mine.inner_codes, outer, 0.9))
        core = self._shared((mine.cores, cores, 1.0), (mine.cores, inner, 0.9), (mine.inner_codes, cores, 0.9))
        near = near_codes(
            mine, self._index.columns, crossed(mine.codes, self._ours, other.codes, self._theirs), self._size
        )
        both = (mine.codes.counts[self._ours] > 0) & (other.codes.counts[self._theirs] > 0)
        return {
            "code": whole,
            "core": core,
            "code_near": near,
            "code_clash": both & (whole == 0) & (core == 0) & (near == 0),
        }

    @cached_property
    def _agreement(self) -> tuple[Array, Array]:
        return compare_amounts(self._mine.amounts, self._ours, self._other.amounts, self._theirs)

    def _amounts(self) -> dict[str, Values]:
        agree, clash = self._agreement
        return {"amount": agree, "amount_clash": clash}

    def _shared(self, *places_: tuple[Rows, Sets, float]) -> Values:
        """Return how rare the rarest term is that both have in one of the places, 0: none, times the place's weight."""
        found = np.zeros(self._size, dtype=np.float32)
        for rows, sets, weight in places_:
            at, pair = spread(rows, self._ours)
            shared = sets.have(self._theirs[pair], self._batch.known(rows)[at])
            rare = self._batch.idf[rows.values[at]] / self._batch.rarest
            np.maximum.at(found, pair, (weight * shared * rare).astype(np.float32))
        return found

    def _brands(self) -> dict[str, Values]:
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

    def _prices(self) -> dict[str, Values]:
        a, b = self._mine.price[self._ours], self._other.price[self._theirs]
        known = (a > 0) & (b > 0)
        far = np.log(np.where(known, b, 1) / np.where(known, a, 1))
        return {
            "price": np.minimum(np.abs(far), 2) / 2,
            "price_near": np.where(known, np.exp(-np.abs(far) / _PRICE_STEP), 0),
            "dearer": np.clip(far, -2, 2) / 2,
            "priced": known,
        }

    def _states(self) -> dict[str, Values]:
        mine, other = self._mine.marks[self._ours], self._other.marks[self._theirs]
        differ, agree, silent = load_contrasts().compare(mine, other)
        return {
            "contrast": np.minimum(differ, 2) / 2,
            "agreed": np.minimum(agree, 2) / 2,
            "unsaid": np.minimum(silent, 2) / 2,
        }

    def _meaning(self) -> dict[str, Values]:
        ours, theirs = (side.vectors.astype(np.float32) / 127 for side in (self._mine, self._other))
        return {"meaning": np.einsum("ij,ij->i", ours[self._ours], theirs[self._theirs])}

    def _type(self) -> dict[str, Values]:
        said = Sets.of(self._mine.words.owners(), self._batch.known(self._mine.words))
        heads = places(self._index.columns.terms, self._other.head)
        return {"type": said.have(self._ours, heads[self._theirs])}

    def _sum(self, pair: Array, values: Array) -> Values:
        return np.bincount(pair, weights=values, minlength=self._size).astype(np.float32)


def _count(found: Array) -> Values:
    """Return a number of words as a logarithm: 0 none, 1 twenty."""
    return np.minimum(1, np.log1p(found) / np.log1p(_MANY))


_LOW = np.uint64(0xFFFFFFFF)
