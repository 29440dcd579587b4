"""The small model that decides: weights of features, in a file that people can read.

Two steps. The *ranker* orders a mention's candidates: ``score = sum of weight x feature``, with weights such that
``exp(score)`` is in proportion to the chance that a candidate is the one meant (conditional logit; McFadden,
"Conditional logit analysis of qualitative choice behavior", 1974). The *acceptor* says how likely the best one is right
at all: ``p = 1 / (1 + exp(-(bias + sum of weight x signal)))``. Below a threshold the answer is NIL; which threshold
gives which precision was counted when the model was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np

from kg.errors import ArtefactError, InputError
from kg.records import digest, from_json
from linkers.products.features import FEATURES, Values

__all__ = ["LEAD", "SIGNALS", "Cut", "Model", "Ranked", "default_model", "load_model", "rank"]

SIGNALS = {
    "score": "the score of the best candidate",
    "lead": "how far it is before the next one, up to 5",
    "share": "its share of the chances of all candidates",
    **{name: f"the feature {name} of the best candidate" for name in FEATURES},
}
"""What the acceptor looks at, and what each is."""
LEAD = 5.0
"""A lead beyond this says no more."""
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Cut:
    """A threshold, and the precision and recall of accepted links that it had where the model was made."""

    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by name; a name that is not there weighs nothing. ``made`` says of what it was made."""

    format: int
    features: dict[str, float]
    bias: float
    signals: dict[str, float]
    cuts: tuple[Cut, ...]
    made: str = ""

    @property
    def version(self) -> str:
        """Names the weights."""
        return digest(self.features, self.bias, self.signals)[:16]

    def threshold(self, precision: float) -> float:
        """Return the lowest threshold that had at least ``precision``; the highest there is when none had."""
        reached = [cut.threshold for cut in self.cuts if cut.precision >= precision]
        return min(reached, default=max((cut.threshold for cut in self.cuts), default=0.5))

    def scores(self, features: Values) -> Values:
        """Return the score of each pair."""
        return features @ _vector(self.features, FEATURES)

    def chances(self, signals: Values) -> Values:
        """Return the probability, for each mention's signals, that its best candidate is right."""
        logits = np.clip(self.bias + signals.astype(np.float64) @ _vector(self.signals, SIGNALS), -50, 50)
        return (1 / (1 + np.exp(-logits))).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates in order.

    ``order`` lists pairs, by mention and best first; the first of each is at ``first``, and
    ``mentions`` says whose it is. ``signals`` has one row for each of ``first``; ``lead`` the distance of the scores.
    """

    order: Values
    first: Values
    mentions: Values
    signals: Values
    lead: Values


def rank(scores: Values, features: Values, mentions: Values, products: Values) -> Ranked:
    """Order pairs by mention and score; equal scores by the product's number, which is the order of ids."""
    rounded = np.round(scores.astype(np.float64), 4)  # sums in another order must not decide
    order = np.lexsort((products, -rounded, mentions))
    if not len(order):
        none = np.zeros(0, dtype=np.int64)
        return Ranked(none, none, none, np.zeros((0, len(SIGNALS)), dtype=np.float32), none.astype(np.float32))
    sorted_mentions, sorted_scores = mentions[order], rounded[order]
    first = np.flatnonzero(np.r_[True, sorted_mentions[1:] != sorted_mentions[:-1]])
    sizes = np.diff(np.r_[first, len(order)])
    best = sorted_scores[first]
    second = np.where(sizes > 1, sorted_scores[np.minimum(first + 1, len(order) - 1)], best - LEAD)
    lead = np.minimum(best - second, LEAD)
    chances = np.exp(np.clip(sorted_scores - np.repeat(best, sizes), -50, 0))
    share = 1 / np.add.reduceat(chances, first)
    signals = np.column_stack([best, lead, share, features[order[first]]]).astype(np.float32)
    return Ranked(order, first, sorted_mentions[first], signals, lead.astype(np.float32))


def load_model(file: Path) -> Model:
    """Return the model in a file.

    Raises:
        InputError: it cannot be read, or names features that there are not.
    """
    try:
        return _checked(file.read_bytes(), str(file))
    except OSError as error:
        remedy = "check linking.products.hybrid.model (or lexical.model)"
        raise InputError(f"cannot be read: {error.strerror}", file=str(file), remedy=remedy) from error


@lru_cache(maxsize=1)
def default_model() -> Model:
    """Return the model of the package, made without labels of any shop (docs/linking.md says from what)."""
    file = resources.files("linkers.products") / "models" / "default.json"
    return _checked(file.read_bytes(), "linkers/products/models/default.json")


def _checked(data: bytes, file: str) -> Model:
    try:
        model = from_json(data, Model)
    except ArtefactError as error:
        raise InputError(
            f"not a linker's model: {error.reason}", file=file, remedy="make one with 'kg linker fit'"
        ) from error
    unknown = sorted(set(model.features) - FEATURES.keys() | set(model.signals) - SIGNALS.keys())
    if unknown or model.format != _FORMAT:
        reason = f"unknown: {', '.join(unknown)}" if unknown else f"format {model.format}, not {_FORMAT}"
        raise InputError(reason, file=file, remedy="make it again with 'kg linker fit'")
    return model


def _vector(weights: Mapping[str, float], names: Sequence[str] | Mapping[str, str]) -> Values:
    return np.array([weights.get(name, 0.0) for name in names], dtype=np.float64)
