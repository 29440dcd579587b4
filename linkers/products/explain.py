"""Why a product was linked, in numbers: what each feature adds to the model's score and to its probability."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.model import Candidate
from linkers.products.features import FEATURES
from linkers.products.model import LEAD, SIGNALS, Model

__all__ = ["Part", "acceptance", "advantage"]


@dataclass(frozen=True, slots=True)
class Part:
    """One term of a sum: ``value`` of a feature or signal and what it ``adds``; ``means`` says what the value is."""

    name: str
    value: float
    adds: float
    means: str


def advantage(model: Model, candidates: Sequence[Candidate]) -> list[Part]:
    """Return why the first candidate is ranked before the second: the terms of the difference of their scores.

    The value is the first's. Without a second, the terms of the first's own score.
    """
    best = candidates[0].features
    other: Mapping[str, float] = candidates[1].features if len(candidates) > 1 else {}
    parts = [
        Part(name, best.get(name, 0.0), weight * (best.get(name, 0.0) - other.get(name, 0.0)), FEATURES[name])
        for name, weight in model.features.items()
    ]
    return _ordered(parts)


def acceptance(model: Model, candidates: Sequence[Candidate]) -> list[Part]:
    """Return what the first candidate's probability is the sum of, in log-odds, without the model's ``bias``.

    ``candidates`` are all that were compared, best first.
    """
    scores = [_score(model, candidate) for candidate in candidates]
    lead = min(scores[0] - scores[1], LEAD) if len(scores) > 1 else LEAD
    share = 1 / sum(math.exp(max(score - scores[0], -50.0)) for score in scores)
    values = {**candidates[0].features, "score": scores[0], "lead": lead, "share": share}
    parts = [
        Part(name, values.get(name, 0.0), weight * values.get(name, 0.0), FEATURES.get(name) or SIGNALS[name])
        for name, weight in model.signals.items()
    ]
    return _ordered(parts)


def _score(model: Model, candidate: Candidate) -> float:
    return sum(weight * candidate.features.get(name, 0.0) for name, weight in model.features.items())


def _ordered(parts: Sequence[Part]) -> list[Part]:
    """Return the parts that add something, what adds most (either way) first."""
    return sorted((part for part in parts if part.adds), key=lambda part: (-abs(part.adds), part.name))
