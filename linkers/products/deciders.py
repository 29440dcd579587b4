"""What decides among candidates: the model, equal titles, or the nearest embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from linkers.products.candidates import Pairs
from linkers.products.features import FEATURES, Values
from linkers.products.model import Model, Ranked, rank

__all__ = ["Decided", "Decider", "EqualTitles", "ModelDecider", "NearestMeaning"]


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a batch: candidates in order, and for each mention the chance (0..1) of its best one."""

    ranked: Ranked
    scores: Values
    chances: Values


class Decider(Protocol):
    """Orders candidates and says how likely the best one is right. Pure."""

    @property
    def version(self) -> str:
        """Changes whenever decisions may change."""
        ...

    def decide(self, pairs: Pairs, found: Values) -> Decided:
        """Return the order of candidates and their chances, of the features of pairs."""
        ...


class ModelDecider:
    """By the weights of a model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.version = model.version

    def decide(self, pairs: Pairs, found: Values) -> Decided:
        """See :class:`Decider`."""
        scores = self._model.scores(found)
        ranked = rank(scores, found, pairs.mentions, pairs.products)
        return Decided(ranked, scores, self._model.chances(ranked.signals))


class EqualTitles:
    """By equal titles alone; products of one title share the chance."""

    version = "equal-titles"

    def decide(self, pairs: Pairs, found: Values) -> Decided:
        """See :class:`Decider`."""
        same = found[:, list(FEATURES).index("same")]
        ranked = rank(same, found, pairs.mentions, pairs.products)
        equal = np.bincount(pairs.mentions, weights=same, minlength=int(pairs.mentions.max(initial=0)) + 1)
        best = same[ranked.order[ranked.first]]
        return Decided(ranked, same, np.where(best > 0, 1 / np.maximum(equal[ranked.mentions], 1), 0.0))


class NearestMeaning:
    """By the cosine of embeddings, on a logistic curve."""

    def __init__(self, midpoint: float, steepness: float) -> None:
        self._midpoint, self._steepness = midpoint, steepness
        self.version = f"nearest-{midpoint}-{steepness}"

    def decide(self, pairs: Pairs, found: Values) -> Decided:
        """See :class:`Decider`."""
        cosines = found[:, list(FEATURES).index("meaning")]
        ranked = rank(cosines, found, pairs.mentions, pairs.products)
        best = cosines[ranked.order[ranked.first]]
        return Decided(ranked, cosines, 1 / (1 + np.exp(-self._steepness * (best - self._midpoint))))
