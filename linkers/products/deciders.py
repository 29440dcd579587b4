"""What decides among candidates: the model, equal titles, or the nearest embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from linkers.products.candidates import Pairs
from linkers.products.features import FEATURES, Values
from linkers.products.model import SIGNALS, Model, Ranked, rank

__all__ = ["Decider", "EqualTitles", "ModelDecider", "NearestMeaning", "Ordered"]


@dataclass(frozen=True, slots=True)
class Ordered:
    """The candidates of a batch in order, and their scores."""

    ranked: Ranked
    scores: Values


class Decider(Protocol):
    """Orders candidates and says how likely the best one is right. Pure."""

    @property
    def version(self) -> str:
        """Changes whenever decisions may change."""
        ...

    @property
    def ranks_by(self) -> frozenset[str]:
        """The features that the order of candidates depends on."""
        ...

    def order(self, pairs: Pairs, found: Values) -> Ordered:
        """Return the order of candidates, by the features in :attr:`ranks_by`."""
        ...

    def chances(self, ordered: Ordered, best: Values) -> Values:
        """Return how likely (0..1) the best candidate of each mention is right; ``best``: all its features."""
        ...


class ModelDecider:
    """By the weights of a model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.version = model.version
        self.ranks_by = frozenset(FEATURES)  # what has no weight for the order is still looked at to decide

    def order(self, pairs: Pairs, found: Values) -> Ordered:
        """See :class:`Decider`."""
        scores = self.model.scores(found)
        return Ordered(rank(scores, found, pairs.mentions, pairs.products), scores)

    def chances(self, ordered: Ordered, best: Values) -> Values:
        """See :class:`Decider`."""
        seen = ordered.ranked.signals[:, : len(SIGNALS) - len(FEATURES)]
        return self.model.chances(np.concatenate([seen, best], axis=1))


class EqualTitles:
    """By equal titles alone; products of one title share the chance."""

    version = "equal-titles"
    ranks_by = frozenset({"same"})

    def order(self, pairs: Pairs, found: Values) -> Ordered:
        """See :class:`Decider`."""
        same = found[:, _at("same")]
        return Ordered(rank(same, found, pairs.mentions, pairs.products), same)

    def chances(self, ordered: Ordered, best: Values) -> Values:
        """See :class:`Decider`."""
        ranked = ordered.ranked
        ends = np.append(ranked.first[1:], len(ranked.order))
        equal = np.add.reduceat(ordered.scores[ranked.order], ranked.first) if len(ends) else ends
        return np.where(best[:, _at("same")] > 0, 1 / np.maximum(equal, 1), 0.0)


class NearestMeaning:
    """By the cosine of embeddings, on a logistic curve."""

    ranks_by = frozenset({"meaning"})

    def __init__(self, midpoint: float, steepness: float) -> None:
        self._midpoint, self._steepness = midpoint, steepness
        self.version = f"nearest-{midpoint}-{steepness}"

    def order(self, pairs: Pairs, found: Values) -> Ordered:
        """See :class:`Decider`."""
        cosines = found[:, _at("meaning")]
        return Ordered(rank(cosines, found, pairs.mentions, pairs.products), cosines)

    def chances(self, ordered: Ordered, best: Values) -> Values:
        """See :class:`Decider`."""
        del ordered
        return 1 / (1 + np.exp(-self._steepness * (best[:, _at("meaning")] - self._midpoint)))


def _at(feature: str) -> int:
    return list(FEATURES).index(feature)
