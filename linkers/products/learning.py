"""Making a model from labelled mentions: what ``kg linker fit`` and the evaluation call.

Weights keep the sign that common sense gives their feature (a model number in common never speaks against a pair), so
that a model made in one shop holds in another. The acceptor also sees each mention with what it means taken away, for
mentions of things that a shop does not sell.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from linkers.products.engines import learn, minimize
from linkers.products.features import FEATURES, Values
from linkers.products.model import SIGNALS, Cut, Model, rank

__all__ = ["AGAINST", "NIL_SHARE", "Labelled", "calibrate", "cuts_of", "fit", "fit_ranker"]

AGAINST = frozenset(
    {
        "missing", "added", "code_clash", "numbers_missing", "numbers_added", "amount_clash", "brand_clash", "contrast",
        "unsaid", "price", "length",
    }
)  # fmt: skip
"""Features that speak against a pair; all others speak for it."""
EITHER = frozenset({"dearer"})
"""Features that may speak for it in one shop and against it in another."""
NIL_SHARE = 1 / 3
"""The share of mentions without a product that probabilities are calibrated for."""
_PENALTY = 2.0
_NOTHING: Mapping[str, float] = MappingProxyType({})
_PRECISIONS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Pairs of labelled mentions. ``right`` says which pairs are; mentions count from 0; ``weight`` of all of them."""

    features: Values
    mentions: Values
    products: Values
    right: Values
    weight: float = 1.0


def fit(sets: Sequence[Labelled], *, towards: Model | None = None, made: str = "") -> Model:
    """Return a model of labelled mentions, the nearer to ``towards`` the fewer they are."""
    ranker = fit_ranker(sets, towards=towards.features if towards else _NOTHING)
    return calibrate(Model(1, ranker, 0.0, {}, (), made), sets)


def fit_ranker(
    sets: Sequence[Labelled],
    penalty: float = _PENALTY,
    *,
    towards: Mapping[str, float] = _NOTHING,
    without: Collection[str] = (),
) -> dict[str, float]:
    """Return weights of features that make the right candidates likely: conditional logit, ridge penalty, signs kept.

    A mention without a right candidate says nothing here. With several right ones, any of them will do. The fewer the
    mentions, the nearer the weights stay to ``towards``; features in ``without`` weigh nothing.
    """
    data = _Choices.of(sets)
    bounds = [(0.0, 0.0) if name in without else _bounds(name) for name in FEATURES]
    prior = np.array([towards.get(name, 0.0) for name in FEATURES]) * data.scale
    found = minimize(data.loss, prior, args=(penalty, prior), jac=True, method="L-BFGS-B", bounds=bounds)
    weights = found.x / data.scale
    return {name: round(float(value), 4) for name, value in zip(FEATURES, weights, strict=True) if abs(value) > 5e-5}


def _bounds(feature: str) -> tuple[float | None, float | None]:
    if feature == "priced":  # the same for all candidates, or by chance
        return 0.0, 0.0
    return None if feature in AGAINST | EITHER else 0.0, 0.0 if feature in AGAINST else None


@dataclass(frozen=True, slots=True)
class _Choices:
    """The mentions that have a right candidate, one after the other; features over their spread."""

    features: Values
    right: Values
    starts: Values
    group: Values
    weight: Values
    scale: Values

    @classmethod
    def of(cls, sets: Sequence[Labelled]) -> _Choices:
        features = np.concatenate([each.features for each in sets]).astype(np.float64)
        right = np.concatenate([each.right for each in sets]).astype(bool)
        weight = np.concatenate([np.full(len(each.right), each.weight) for each in sets])
        offsets = np.cumsum([0, *(int(each.mentions.max(initial=-1)) + 1 for each in sets[:-1])])
        mentions = np.concatenate([each.mentions + at for each, at in zip(sets, offsets, strict=True)])
        kept = np.isin(mentions, np.unique(mentions[right]))
        features, right, weight, mentions = features[kept], right[kept], weight[kept], mentions[kept]
        order = np.argsort(mentions, kind="stable")
        _, starts, group = np.unique(mentions[order], return_index=True, return_inverse=True)
        scale = features.std(axis=0) + 1e-6
        return cls((features / scale)[order], right[order], starts, group, weight[order][starts], scale)

    def loss(self, weights: Values, penalty: float, prior: Values) -> tuple[float, Values]:
        """Return the negative log-likelihood with its penalty, and its slope."""
        scores = self.features @ weights
        top = np.maximum.reduceat(scores, self.starts)
        chances = np.exp(scores - top[self.group])
        all_, ours = (np.add.reduceat(each, self.starts) for each in (chances, chances * self.right))
        moved = weights - prior
        loss = float((self.weight * (np.log(all_) - np.log(ours))).sum()) + penalty * float(moved @ moved) / 2
        off = chances / all_[self.group] - chances * self.right / ours[self.group]
        return loss, self.features.T @ (off * self.weight[self.group]) + penalty * moved


def calibrate(model: Model, sets: Sequence[Labelled]) -> Model:
    """Return the model with an acceptor and thresholds for labelled mentions, its ranker as it is."""
    signals, right, weight = _outcomes(model, sets)
    scaler = learn("preprocessing").StandardScaler().fit(signals)
    learner = learn("linear_model").LogisticRegression(C=1.0, max_iter=2_000)
    learner.fit(scaler.transform(signals), right, sample_weight=weight)
    slopes = learner.coef_[0] / scaler.scale_
    bias = float(learner.intercept_[0] - slopes @ scaler.mean_)
    named = {name: round(float(value), 4) for name, value in zip(SIGNALS, slopes, strict=True)}
    ready = Model(model.format, model.features, round(bias, 4), named, (), model.made)
    return dataclasses.replace(ready, cuts=cuts_of(ready.chances(signals), right, weight))


def _outcomes(model: Model, sets: Sequence[Labelled]) -> tuple[Values, Values, Values]:
    """Return the signals of all mentions as they are and with the right candidates taken away, and what came of it."""
    parts: list[tuple[Values, Values, Values]] = []
    for each in sets:
        for taken in (False, True):
            there = ~each.right.astype(bool) if taken else np.ones(len(each.right), dtype=bool)
            features, mentions = each.features[there], each.mentions[there]
            ranked = rank(model.scores(features), features, mentions, each.products[there])
            right = each.right[there][ranked.order[ranked.first]].astype(bool)
            share = NIL_SHARE if taken else 1 - NIL_SHARE
            parts.append((ranked.signals, right, np.full(len(right), share * each.weight)))
    signals, right, weight = (np.concatenate([part[at] for part in parts]) for at in range(3))
    return signals, right, weight


def cuts_of(chances: Values, right: Values, weight: Values) -> tuple[Cut, ...]:
    """Return, for a scale of precisions, the lowest threshold above which links are right so often."""
    lower = np.floor(chances.astype(np.float64) * 1e4) / 1e4  # a threshold has four digits
    order = np.argsort(-lower, kind="stable")
    ends = np.append(lower[order][1:] != lower[order][:-1], True)  # links of one chance are accepted together
    good, all_ = np.cumsum((weight * right)[order]), np.cumsum(weight[order])
    precision = good / np.maximum(all_, 1e-9)
    possible = max(float((weight * right).sum()), 1e-9)
    out: list[Cut] = []
    for wanted in _PRECISIONS:
        reached = np.flatnonzero((precision >= wanted) & ends)
        if len(reached):
            at = int(reached[-1])
            cut = Cut(
                round(float(lower[order[at]]), 4),
                round(float(precision[at]), 4),
                round(float(good[at] / possible), 4),
            )
            out.append(cut)
    return tuple(dict.fromkeys(out))
