"""Quantities of titles as whole numbers, so that "64 oz" and "1.89 L" can be compared for thousands of pairs at once.

An amount is its kind, whether it is only *another reading* ("oz" of a fluid, the pieces of "6 x 330 ml"), and the
logarithm of its total. What is compared, and when two agree, is as in :func:`kg.measures.same_measures`.
"""

from __future__ import annotations

import math

import numpy as np

from kg.measures import Dimension, measured
from kg.units import FLUID
from linkers.products.comparing import crossed, ratio
from linkers.products.rows import Array, Rows

__all__ = ["amounts_of", "compare_amounts"]

_KINDS = {kind: number for number, kind in enumerate(Dimension)}
_LEAST, _STEPS, _MOST = 1e-9, 2_048, 1 << 17
_OTHER = 1 << 17
_KIND = 18
_NEAR = math.log(1.03) * _STEPS
_FOOT = math.log(12) * _STEPS  # 24' is often written where 24" is meant
_MANY = 8


def amounts_of(text: str) -> tuple[tuple[int, ...], str]:
    """Return the quantities that a cleaned text states, each once, ascending, of many the first ones; and its words."""
    out: set[int] = set()
    found, words = measured(text)
    for each in found[:_MANY]:
        out.add(_number(each.kind, each.total))
        if each.ounces:
            out.add(_number(Dimension.VOLUME, each.total * FLUID) | _OTHER)
        if each.pieces > 1:
            out.add(_number(Dimension.COUNT, float(each.pieces)) | _OTHER)
    return tuple(sorted(out)), words


def compare_amounts(mine: Rows, ours: Array, other: Rows, theirs: Array) -> tuple[Array, Array]:
    """Return, for pairs of rows, the share of the kinds that both state in which they agree, and whether one differs.

    Two other readings say nothing to each other. A length in feet agrees with as many inches.
    """
    a, b, pair = crossed(mine, ours, other, theirs)
    comparable = (a >> _KIND == b >> _KIND) & ((a & b & _OTHER) == 0)
    apart = np.abs((a & (_OTHER - 1)) - (b & (_OTHER - 1)))
    near = (apart <= _NEAR) | ((a >> _KIND == _KINDS[Dimension.LENGTH]) & (np.abs(apart - _FOOT) <= _NEAR))
    shape = (len(ours), len(_KINDS))
    place = pair * len(_KINDS) + (a >> _KIND)
    both, same = (
        (np.bincount(place[chosen], minlength=len(ours) * len(_KINDS)) > 0).reshape(shape).sum(axis=1)
        for chosen in (comparable, comparable & near)
    )
    return ratio(same.astype(np.float32), both.astype(np.float32)), same < both


def _number(kind: Dimension, total: float) -> int:
    steps = round(math.log(max(total, _LEAST) / _LEAST) * _STEPS)
    return _KINDS[kind] << _KIND | min(steps, _MOST - 1)
