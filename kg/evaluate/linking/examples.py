"""Single decisions to look at: what speaks for the best candidate, and what puts it before the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kg.evaluate.linking.cases import Cases, decide, halves, taken_away
from kg.evaluate.linking.data import LinkingSet, draw
from kg.evaluate.linking.evaluation import Plan
from kg.model import Candidate
from linkers.products.candidates import Pairs
from linkers.products.deciders import Decider
from linkers.products.explain import Part, acceptance, advantage
from linkers.products.features import FEATURES, Values
from linkers.products.index import ProductIndex
from linkers.products.model import Model

__all__ = ["KINDS", "OTHERS", "Example", "Shown", "examples"]

KINDS: Mapping[str, int] = {"wrong link": 10, "wrong NIL": 10, "right link": 6, "right NIL": 4}
"""What becomes of a mention, and how many examples of each are shown at most."""
OTHERS = "all others"
"""The part that the smaller parts of a sum are put together in."""
_CANDIDATES = 4
_PARTS = 9
_LEAST = 0.005


@dataclass(frozen=True, slots=True)
class Shown:
    """A candidate: its title, and whether it is right."""

    title: str
    right: bool


@dataclass(frozen=True, slots=True)
class Example:
    """One decision.

    ``meant`` are titles of the right products; ``taken`` says that they were taken out of the candidates. ``chance`` is
    the probability (0..1) of the first of the ``candidates``; ``decision`` adds up to its logit, ``order`` to the
    distance of the scores of the first two. Both are empty for a linker without a model.
    """

    kind: str
    mention: str
    meant: tuple[str, ...]
    taken: bool
    chance: float
    candidates: tuple[Shown, ...]
    decision: tuple[Part, ...]
    order: tuple[Part, ...]


def examples(
    plan: Plan,
    deciding: tuple[Decider, float, Model | None],
    cases: Cases,
    data: LinkingSet,
    index: ProductIndex,
) -> tuple[Example, ...]:
    """Return some decisions of the reporting half, of each of :data:`KINDS`, drawn by hash.

    Args:
        plan: says the seed.
        deciding: what decides, from which probability on, and its model if it has one.
        cases: all mentions.
        data: the set.
        index: its products.
    """
    decider, threshold, model = deciding
    taken, reporting = taken_away(data, plan.seed), halves(data, plan.seed)[1]
    asked = cases.without(taken)
    found = decide(asked, decider)
    link = (found.chance >= threshold) & (found.best >= 0)
    right = np.where(link, found.right, ~asked.expected)
    out: list[Example] = []
    for kind, most in KINDS.items():
        is_kind = (link == kind.endswith("link")) & (right == kind.startswith("right")) & reporting
        drawn = {at: draw(plan.seed, "show", data.mentions[at].id, 1 << 32) for at in np.flatnonzero(is_kind).tolist()}
        for at in sorted(drawn, key=drawn.__getitem__)[:most]:
            one = asked.only(np.arange(len(data.mentions)) == at)
            chance = round(float(found.chance[at]), 4)
            out.append(
                Example(
                    kind, data.mentions[at].text.title, _meant(data, at), bool(taken[at]), chance,
                    *_looked_at(one, decider, model, index),
                )
            )  # fmt: skip
    return tuple(out)


def _looked_at(
    one: Cases, decider: Decider, model: Model | None, index: ProductIndex
) -> tuple[tuple[Shown, ...], tuple[Part, ...], tuple[Part, ...]]:
    """Return the first candidates of one mention, and what the model made of them."""
    order = decider.order(Pairs(one.mentions, one.products), one.features).ranked.order.tolist()
    shown = [Shown(index.title(int(one.products[pair])), bool(one.right[pair])) for pair in order[:_CANDIDATES]]
    if model is None or not order:
        return tuple(shown), (), ()
    found = [_candidate(index, int(one.products[pair]), one.features[pair]) for pair in order]
    bias = Part("bias", 1.0, model.bias, "added in any case")
    before = _largest(advantage(model, found)) if len(found) > 1 else ()
    return tuple(shown), (bias, *_largest(acceptance(model, found))), before


def _candidate(index: ProductIndex, row: int, values: Values) -> Candidate:
    return Candidate(index.id(row), index.title(row), 0.0, dict(zip(FEATURES, values.tolist(), strict=True)))


def _largest(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Return the parts that count, largest first; the others as one."""
    telling = [part for part in parts if abs(part.adds) >= _LEAST][:_PARTS]
    rest = sum(part.adds for part in parts) - sum(part.adds for part in telling)
    return (*telling, Part(OTHERS, 0.0, rest, "what adds less")) if abs(rest) >= _LEAST else tuple(telling)


def _meant(data: LinkingSet, at: int) -> tuple[str, ...]:
    gold = data.gold.get(data.mentions[at].id, frozenset[str]())
    return tuple(item.text.title for item in data.products if item.id in gold) if gold else ()
