"""What a few lines of code reach on the same mentions: a linker that does no better shows nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process, utils

from kg.evaluate.linking.cases import Advance
from kg.evaluate.linking.data import LinkingSet, draw
from kg.evaluate.linking.measures import hit_share
from kg.evaluate.resampling import Estimate
from linkers.products.engines import learn
from linkers.products.features import Values

__all__ = ["Floor", "floors", "three_letters"]

_SAMPLE, _FUZZY, _LETTERS = 300, 2_000_000, 50_000_000  # comparisons of titles that are affordable
_FIRST = 10
_BLOCK = 64


@dataclass(frozen=True, slots=True)
class Floor:
    """Plain string similarity of titles: the nearest product, and whether a right one is among the nearest ten.

    Of ``mentions`` mentions that are sold: all that are reported on, or a sample where that would take long.
    """

    name: str
    accuracy: Estimate
    recall_at_10: Estimate
    mentions: int


def floors(data: LinkingSet, among: Values, seed: int, advance: Advance) -> tuple[Floor, ...]:
    """Return the floors for those of the mentions ``among`` (shape: mentions, bool) that have a gold link."""
    due = [at for at in np.flatnonzero(among).tolist() if data.mentions[at].id in data.gold]
    chosen = sorted(due, key=lambda at: draw(seed, "floor", data.mentions[at].id, 1 << 32))
    size = max(len(data.products), 1)
    return (
        _floor("rapidfuzz token_set_ratio", data, _some(chosen, _FUZZY // size), _alike, advance),
        _floor("TF-IDF of three letters", data, _some(chosen, _LETTERS // size), three_letters, advance),
    )


def three_letters(said: Sequence[str], titles: Sequence[str]) -> Iterator[Values]:
    """Yield cosines of groups of three characters, rarer ones heavier: blocks of shape (some of ``said``, titles)."""
    weigher: Any = learn("feature_extraction.text").TfidfVectorizer(analyzer="char", ngram_range=(3, 3))
    try:
        there = weigher.fit_transform(titles).T.tocsr()
    except ValueError:  # no title has three characters
        yield from (np.zeros((len(said[at : at + _BLOCK]), len(titles))) for at in range(0, len(said), _BLOCK))
        return
    for start in range(0, len(said), _BLOCK):
        yield (weigher.transform(said[start : start + _BLOCK]) @ there).toarray()


def _alike(said: Sequence[str], titles: Sequence[str]) -> Iterator[Values]:
    plain = [utils.default_process(title) for title in titles]
    for start in range(0, len(said), _BLOCK):
        block = [utils.default_process(text) for text in said[start : start + _BLOCK]]
        yield process.cdist(block, plain, scorer=fuzz.token_set_ratio, dtype=np.float32)


def _some(chosen: Sequence[int], affordable: int) -> Sequence[int]:
    """Return all that were chosen, or, if that is more than is affordable, a few of them."""
    return sorted(chosen if len(chosen) <= affordable else chosen[:_SAMPLE])


def _floor(name: str, data: LinkingSet, chosen: Sequence[int], similarity: Any, advance: Advance) -> Floor:  # noqa: ANN401
    said, ids = [data.mentions[at].text.title for at in chosen], [item.id for item in data.products]
    first: list[bool] = []
    among: list[bool] = []
    for block in similarity(said, [item.text.title for item in data.products]):
        for row in block:
            meant = data.gold[data.mentions[chosen[len(first)]].id]
            best = np.argsort(-row, kind="stable")[:_FIRST].tolist()
            first.append(ids[best[0]] in meant)
            among.append(any(ids[at] in meant for at in best))
        advance(name, len(block), len(said))
    every = np.ones(len(first), dtype=bool)
    return Floor(name, hit_share(np.array(first), every), hit_share(np.array(among), every), len(first))
