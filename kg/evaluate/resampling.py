"""Figures with intervals: how far one could be off because only so many subjects were asked about.

The intervals are percentile bootstrap intervals of 95 % (B. Efron, "Bootstrap methods: another look at the jackknife",
1979). What a model says about one subject hangs together, so subjects are drawn, not statements. The draws are seeded:
the same figures give the same intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Estimate", "calibration_error", "kappa", "plain_share", "ranking", "share", "spearman"]

_DRAWS = 2000
_SEED = 20_260_101
_DIGITS = 4
_BINS = 10
_AT_ONCE = 1 << 22
_Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, from ``of`` cases; ``None`` where it is not defined (no case)."""

    value: float | None
    low: float | None
    high: float | None
    of: int


def share(hits: Sequence[int], cases: Sequence[int]) -> Estimate:
    """Return the share (0..1) of ``hits`` in ``cases``, both given for each subject."""
    table = np.array([hits, cases], dtype=np.float64).T.reshape(-1, 2)
    return _estimate(table, lambda sums: _ratio(sums[:, 0], sums[:, 1]), int(sum(cases)))


def plain_share(hits: int, cases: int) -> Estimate:
    """Return the share (0..1) of ``hits`` in ``cases`` that do not hang together."""
    if cases <= 0:
        return Estimate(None, None, None, 0)
    value = hits / cases
    drawn = np.random.default_rng(_SEED).binomial(cases, value, _DRAWS) / cases
    return Estimate(round(value, _DIGITS), *_interval(drawn), cases)


def kappa(cells: Sequence[tuple[int, int, int, int]]) -> Estimate:
    """Return Cohen's kappa (-1..1): agreement beyond what two judges with these shares of yes reach by chance.

    ``cells`` are for each subject how often both said yes, the first only, the second only, neither (J. Cohen, "A
    coefficient of agreement for nominal scales", 1960). It is not defined where both always say the same one word.
    """
    table = np.array(cells, dtype=np.float64).reshape(-1, 4)
    return _estimate(table, _kappa, int(table.sum()))


def calibration_error(chances: Sequence[float], right: Sequence[bool]) -> Estimate:
    """Return the expected calibration error (0..1) of probabilities: 0 when what is called 0.8 is right 8 times in 10.

    Probabilities fall into ten bins of equal width. The error is the mean, over all cases, of the distance in a bin
    between its mean probability and the share that was right: ``sum over bins of n_bin / n x |right_bin - mean_bin|``
    (C. Guo et al., "On calibration of modern neural networks", 2017). Drawing cases again adds to the distances, so the
    interval is moved back by as much as the draws are above the figure on average.
    """
    said, was = np.array(chances, dtype=np.float64), np.array(right, dtype=np.float64)
    table = np.zeros((len(said), _BINS + 1))
    table[:, _BINS] = 1
    table[np.arange(len(said)), np.minimum((said * _BINS).astype(int), _BINS - 1)] = said - was
    found = _estimate(table, _distance, len(said), centred=True)
    return found if found.low is None else replace(found, low=max(found.low, 0.0))


def ranking(scores: Sequence[float], right: Sequence[bool]) -> Estimate:
    """Return the average precision (0..1) of an order by ``scores``, highest first; equal ones stand as given.

    It is the mean, over all that are right, of the precision down to there.
    """
    order = np.argsort(-np.array(scores, dtype=np.float64), kind="stable")
    was = np.array(right, dtype=np.float64)[order]
    if not was.any():
        return Estimate(None, None, None, len(was))
    drawn = [_average_precision(weights, was) for weights in _weights(len(was))]
    value = float(_average_precision(np.ones((1, len(was))), was)[0])
    return Estimate(round(value, _DIGITS), *_interval(np.concatenate(drawn)), len(was))


def spearman(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation (-1..1), ties at their mean rank; ``None`` below three pairs or for constants.

    Ranks, since two models' probabilities are on scales of their own: one that says 0.99 where the other says 0.8, and
    0.6 where it says 0.3, agrees with it about everything but the scale.
    """
    if len(left) < 3:
        return None
    ranks = _ranks(left), _ranks(right)
    if any(float(np.ptp(each)) == 0 for each in ranks):
        return None
    return round(float(np.corrcoef(*ranks)[0, 1]), _DIGITS)


def _estimate(table: _Array, statistic: Callable[[_Array], _Array], cases: int, *, centred: bool = False) -> Estimate:
    """Return the statistic of a table's column sums, with the interval from drawing its rows."""
    count = len(table)
    if not count:
        return Estimate(None, None, None, 0)
    value = float(statistic(table.sum(axis=0, keepdims=True))[0])
    if np.isnan(value):
        return Estimate(None, None, None, cases)
    drawn = np.concatenate([statistic(weights @ table) for weights in _weights(count)])
    if centred:
        drawn = drawn - (drawn.mean() - value)
    return Estimate(round(value, _DIGITS), *_interval(drawn), cases)


@lru_cache(maxsize=4)
def _weights(count: int) -> tuple[_Array, ...]:
    """Return how often each of ``count`` cases is drawn, in blocks of (draws, count); the same for the same count."""
    chance, each = np.random.default_rng(_SEED), np.full(count, 1 / count)
    step = max(1, _AT_ONCE // count)
    sizes = [min(step, _DRAWS - start) for start in range(0, _DRAWS, step)]
    return tuple(chance.multinomial(count, each, size).astype(np.float64) for size in sizes)


def _average_precision(weights: _Array, right: _Array) -> _Array:
    found = weights * right
    precision = _ratio(np.cumsum(found, axis=1), np.cumsum(weights, axis=1))
    return _ratio(np.nansum(found * precision, axis=1), found.sum(axis=1))


def _interval(drawn: npt.NDArray[Any]) -> tuple[float, float]:
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return round(float(low), _DIGITS), round(float(high), _DIGITS)


def _distance(sums: _Array) -> _Array:
    """Return the calibration error of sums by bin, the last column being the number of cases."""
    return _ratio(np.abs(sums[:, :_BINS]).sum(axis=1), sums[:, _BINS])


def _ratio(hits: _Array, cases: _Array) -> _Array:
    """Return the quotients; not a number where there is no case."""
    return np.divide(hits, cases, out=np.full_like(hits, np.nan), where=cases > 0)


def _kappa(sums: _Array) -> _Array:
    both, first, second, neither = sums.T
    total = sums.sum(axis=1)
    agreed = _ratio(both + neither, total)
    yes = _ratio(both + first, total) * _ratio(both + second, total)
    no = _ratio(second + neither, total) * _ratio(first + neither, total)
    return _ratio(agreed - yes - no, 1 - yes - no)


def _ranks(values: Sequence[float]) -> _Array:
    _, place, counts = np.unique(np.array(values), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]
