"""Shares with intervals: how far a figure could be off because only so many subjects were asked about.

The intervals are percentile bootstrap intervals of 95 % (B. Efron, "Bootstrap methods: another look at the jackknife",
1979). What a model says about one subject hangs together, so subjects are drawn, not statements. The draws are seeded:
the same figures give the same intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Estimate", "kappa", "plain_share", "share", "spearman"]

_DRAWS = 2000
_SEED = 20_260_101
_DIGITS = 4
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


def _estimate(table: _Array, statistic: Callable[[_Array], _Array], cases: int) -> Estimate:
    """Return the statistic of a table's column sums, with the interval from drawing its rows."""
    count = len(table)
    if not count:
        return Estimate(None, None, None, 0)
    value = float(statistic(table.sum(axis=0, keepdims=True))[0])
    if np.isnan(value):
        return Estimate(None, None, None, cases)
    weights = np.random.default_rng(_SEED).multinomial(count, np.full(count, 1 / count), _DRAWS)
    return Estimate(round(value, _DIGITS), *_interval(statistic(weights @ table)), cases)


def _interval(drawn: npt.NDArray[Any]) -> tuple[float, float]:
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return round(float(low), _DIGITS), round(float(high), _DIGITS)


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
