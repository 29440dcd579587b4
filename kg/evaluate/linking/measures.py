"""What is counted: links and refusals at a threshold, thresholds themselves, calibration, all with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kg.evaluate.linking.cases import Decisions
from kg.evaluate.resampling import Estimate, share
from linkers.products.features import Values

__all__ = [
    "AtThreshold",
    "Bin",
    "Point",
    "at_threshold",
    "balanced",
    "curve",
    "hit_share",
    "nil_ceiling",
    "reliability",
    "shown_share",
]

_BINS = 10


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """Links accepted from a threshold on, and NILs below it.

    ``precision`` is the share of links that are right; ``recall`` the share of right links among mentions of things
    that are sold. ``nil_precision`` is the share of NILs that are due; ``nil_recall`` the share of NILs among mentions
    of things that are not sold. A best candidate that is wrong and refused is a false NIL as long as the thing is sold:
    the worse the order of candidates, the lower ``nil_precision`` can be at most.
    """

    threshold: float
    precision: Estimate
    recall: Estimate
    f1: Estimate
    nil_precision: Estimate
    nil_recall: Estimate


@dataclass(frozen=True, slots=True)
class Bin:
    """Mentions whose best candidate has a probability from ``low`` to ``high``: their mean, and the share right."""

    low: float
    high: float
    count: int
    mean: float
    right: float


@dataclass(frozen=True, slots=True)
class Point:
    """Precision and recall of links accepted from a threshold on."""

    threshold: float
    precision: float
    recall: float


def hit_share(hits: Values, cases: Values) -> Estimate:
    """Return the share of ``hits`` among ``cases``, both numbers or truths of one value a mention."""
    return share((hits * 1).tolist(), (cases * 1).tolist())


def at_threshold(found: Decisions, expected: Values, among: Values, threshold: float) -> AtThreshold:
    """Return what comes of a threshold for the mentions ``among`` (shape: mentions, bool)."""
    chance, right, due = found.chance[among], found.right[among], expected[among]
    link = (chance >= threshold) & (found.best[among] >= 0)
    good = link & right
    nil, not_due = ~link, ~due
    return AtThreshold(
        round(float(threshold), 4),
        hit_share(good, link),
        hit_share(good, due),
        hit_share(2 * good, link * 1 + due * 1),
        hit_share(nil & not_due, nil),
        hit_share(nil & not_due, not_due),
    )


def nil_ceiling(found: Decisions, expected: Values, among: Values) -> Estimate:
    """Return the NIL precision that a perfect threshold would have: it refuses every best candidate that is wrong."""
    return hit_share((~expected)[among], (~expected | ~found.right)[among])


def balanced(found: Decisions, expected: Values, among: Values) -> float:
    """Return the threshold with the best mean of NIL precision and NIL recall: the lowest of equally good ones."""
    chance, nil = found.chance[among], ~expected[among]
    order = np.argsort(chance, kind="stable")
    thresholds = np.unique(chance)
    refused = np.searchsorted(chance[order], thresholds, side="left")  # so many are below each threshold
    due = np.concatenate([[0], np.cumsum(nil[order])])[refused]
    mean = due / np.maximum(refused, 1) + due / max(int(nil.sum()), 1)
    return float(thresholds[int(np.argmax(mean))]) if len(thresholds) else 0.5


def curve(found: Decisions, expected: Values, among: Values, most: int = 200) -> tuple[Point, ...]:
    """Return precision and recall at ``most`` thresholds or fewer, highest first; equal probabilities go together."""
    linked = among & (found.best >= 0)
    order = np.argsort(-found.chance[linked], kind="stable")
    chance, right = found.chance[linked][order], found.right[linked][order]
    last = np.flatnonzero(np.append(chance[1:] != chance[:-1], True)) if len(chance) else np.zeros(0, dtype=int)
    good = np.cumsum(right)
    due = max(int(expected[among].sum()), 1)
    points = [
        Point(round(float(chance[at]), 4), round(float(good[at] / (at + 1)), 4), round(float(good[at] / due), 4))
        for at in last[:: max(1, -(-len(last) // most))].tolist()
    ]
    return tuple(points)


def reliability(chances: Values, right: Values) -> tuple[Bin, ...]:
    """Return ten bins of equal width; ones that nothing falls into are left out."""
    at = np.minimum((chances * _BINS).astype(int), _BINS - 1)
    return tuple(
        Bin(
            number / _BINS,
            (number + 1) / _BINS,
            int((at == number).sum()),
            round(float(chances[at == number].mean()), 4),
            round(float(right[at == number].mean()), 4),
        )
        for number in range(_BINS)
        if (at == number).any()
    )


def shown_share(value: Estimate) -> str:
    """Return a figure with its interval as people read it: "0.812 [0.781, 0.843]"; a dash where it is not defined."""
    if value.value is None or value.low is None or value.high is None:
        return "-"
    return f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}]"
