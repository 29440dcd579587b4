"""Labelled mentions beside their candidates, and what a decider makes of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from kg.evaluate.linking.data import LinkingSet, draw, in_fitting_half
from linkers.products.candidates import Pairs
from linkers.products.deciders import Decider
from linkers.products.features import FEATURES, Values
from linkers.products.index import ProductIndex, build_index
from linkers.products.learning import Labelled
from linkers.products.linker import ProductLinker
from linkers.products.vectors import Encoder

__all__ = ["Advance", "Cases", "Decisions", "batches", "compared", "decide", "halves", "opened", "taken_away"]

Advance = Callable[[str, int, int], None]
"""Told of progress: the step, how much of it was done just now, and how much there is."""
_BATCH = 256
_NIL_PARTS = 3


@dataclass(frozen=True, slots=True)
class Cases:
    """All mentions of a set.

    ``features`` has shape (pairs, features); ``mentions``, ``products`` and ``right`` one value a pair, mentions
    ascending. ``expected`` has one value a mention: the catalogue has what is meant.
    """

    features: Values
    mentions: Values
    products: Values
    right: Values
    expected: Values

    def without(self, mentions: Values) -> Cases:
        """Return the cases with what some mentions (shape: mentions, bool) mean taken out of the catalogue."""
        kept = ~(self.right & mentions[self.mentions])
        return replace(self._pairs(kept), expected=self.expected & ~mentions)

    def only(self, mentions: Values) -> Cases:
        """Return the cases with the candidates of some mentions (shape: mentions, bool) alone."""
        return self._pairs(mentions[self.mentions])

    def labelled(self, mentions: Values) -> Labelled:
        """Return some mentions (shape: mentions, bool) to learn from."""
        part = self.only(mentions)
        return Labelled(part.features, part.mentions, part.products, part.right)

    def _pairs(self, kept: Values) -> Cases:
        return Cases(self.features[kept], self.mentions[kept], self.products[kept], self.right[kept], self.expected)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a decider says of each mention.

    Arrays of one value a mention: ``best`` is the number of a pair (-1: none), ``chance`` the probability (0..1) of it,
    ``right`` whether it is right, ``place`` where the first right candidate stands, counted from 1 (0: it is none).
    """

    best: Values
    chance: Values
    right: Values
    place: Values


@contextmanager
def opened(data: LinkingSet, encoder: Encoder | None = None) -> Generator[ProductIndex]:
    """Yield an index of the products of a set, for as long as it is used; ``None``: with the static embeddings."""
    with TemporaryDirectory(prefix="kg-evaluate-") as folder:
        yield build_index(Path(folder) / "index", data.products, encoder=encoder)


def batches(size: int, total: int, advance: Advance) -> Iterator[slice]:
    """Yield the places of a few of ``size`` texts at a time; each is told of, as one of ``total``, once it is done."""
    for start in range(0, size, _BATCH):
        part = slice(start, min(start + _BATCH, size))
        yield part
        advance("compare", part.stop - part.start, total)


def compared(linker: ProductLinker, index: ProductIndex, data: LinkingSet, advance: Advance) -> Cases:
    """Return all mentions of a set beside the candidates that a linker looks at."""
    parts: list[tuple[Values, Values, Values]] = []
    for part in batches(len(data.mentions), len(data.mentions), advance):
        pairs, found = linker.compare([item.text for item in data.mentions[part]])
        parts.append((found, pairs.mentions + part.start, pairs.products))
    features, mentions, products = (np.concatenate([part[at] for part in parts]) for at in range(3))
    meant = [data.gold.get(item.id, frozenset[str]()) for item in data.mentions]
    right = [index.id(product) in meant[at] for at, product in zip(mentions.tolist(), products.tolist(), strict=True)]
    expected = np.array([bool(each) for each in meant])
    return Cases(features.reshape(-1, len(FEATURES)), mentions, products, np.array(right, dtype=bool), expected)


def halves(data: LinkingSet, seed: int) -> tuple[Values, Values]:
    """Return which mentions are for fitting and which for reporting (each of shape: mentions, bool)."""
    fitting = np.array([in_fitting_half(seed, item.id) for item in data.mentions], dtype=bool)
    return fitting, ~fitting


def taken_away(data: LinkingSet, seed: int) -> Values:
    """Return the third of the mentions (shape: mentions, bool) that are asked as if the shop did not sell the thing."""
    return np.array([draw(seed, "nil", item.id, _NIL_PARTS) == 0 for item in data.mentions], dtype=bool)


def decide(cases: Cases, decider: Decider) -> Decisions:
    """Return what a decider says of every mention; of one without candidates, that nothing is right."""
    size = len(cases.expected)
    best, place = np.full(size, -1, dtype=np.int64), np.zeros(size, dtype=np.int64)
    chance, right = np.zeros(size), np.zeros(size, dtype=bool)
    if not len(cases.mentions):
        return Decisions(best, chance, right, place)
    ordered = decider.order(Pairs(cases.mentions, cases.products), cases.features)
    ranked = ordered.ranked
    counts = np.diff(np.append(ranked.first, len(ranked.order)))
    best[ranked.mentions] = ranked.order[ranked.first]
    chance[ranked.mentions] = decider.chances(ordered, cases.features[best[ranked.mentions]])
    right[ranked.mentions] = cases.right[best[ranked.mentions]]
    places = np.arange(len(ranked.order)) - np.repeat(ranked.first, counts) + 1
    found = cases.right[ranked.order]
    # The first of several wins: they are written last to first.
    place[cases.mentions[ranked.order][found][::-1]] = places[found][::-1]
    return Decisions(best, chance, right, place)
