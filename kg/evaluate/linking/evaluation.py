"""How well a linker of products does on labelled mentions, told apart from what it was fitted to.

Mentions are split in two by a hash of their ids. On one half models are fitted and thresholds chosen; on the other all
figures are reported. Three models stand side by side: ``shipped`` as it comes, ``calibrated``, whose probabilities and
thresholds are learned anew on the fitting half, and ``fitted``, all of whose weights are.

Whether the shop has a thing at all is asked of the same mentions: for a third of them, drawn by hash, the product meant
is taken out of the candidates.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kg.evaluate.linking.cases import Advance, Cases, decide, halves, taken_away
from kg.evaluate.linking.data import LinkingSet
from kg.evaluate.linking.floors import Floor, floors
from kg.evaluate.linking.measures import (
    AtThreshold,
    Bin,
    Point,
    at_threshold,
    balanced,
    curve,
    hit_share,
    nil_ceiling,
    reliability,
)
from kg.evaluate.resampling import Estimate, calibration_error
from linkers.products.deciders import Decider, ModelDecider
from linkers.products.features import Values
from linkers.products.index import ProductIndex, read_items
from linkers.products.learning import Labelled, calibrate, fit
from linkers.products.linker import ProductLinker
from linkers.products.model import Model, default_model, load_model
from linkers.products.registry import build_product_linker

__all__ = [
    "BY_MODEL",
    "LEAST",
    "Evaluation",
    "Plan",
    "Row",
    "evaluate_on",
    "measured",
    "models_of",
    "opened_linker",
    "shipped_model",
]

BY_MODEL = frozenset({"hybrid", "lexical"})
"""The linkers that a model decides for."""

LEAST = 10
"""Fewer mentions with a right candidate are not enough to fit a model."""
_FIRST = 10
_SHORT = 3
_MB = 1_048_576


@dataclass(frozen=True, slots=True)
class Plan:
    """What to evaluate. ``precision`` (0..1): so many links are to be right; ``model``: a file, "": the package's."""

    linker: str = "hybrid"
    model: str = ""
    precision: float = 0.95
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One model on the reporting half.

    ``accuracy`` is the share of mentions with a gold link whose best candidate is right, whatever its probability;
    ``recall_at_10`` and ``recall`` how often a right one is among the first ten candidates, and among all. The rest is
    counted with the products of a third of the mentions taken away. ``slices`` are accuracies of parts of the mentions.
    """

    name: str
    accuracy: Estimate
    recall_at_10: Estimate
    recall: Estimate
    at_precision: AtThreshold
    at_balance: AtThreshold
    nil_ceiling: Estimate
    calibration_error: Estimate
    reliability: tuple[Bin, ...]
    curve: tuple[Point, ...]
    slices: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The whole of it. ``with_gold`` of the ``mentions`` have a gold link; ``reported`` is the size of that half.

    ``accuracy_of_all`` is that of ``shipped`` over both halves, ``fitted_of_all`` that of two models, each fitted on
    one half and asked about the other; ``None`` for a linker without weights. ``per_second`` counts mentions for a
    second of one processor; ``peak_mb`` is the most memory the process had until then.
    """

    name: str
    plan: Plan
    products: int
    mentions: int
    with_gold: int
    fitted_on: int
    reported: int
    accuracy_of_all: Estimate
    fitted_of_all: Estimate | None
    rows: tuple[Row, ...]
    floors: tuple[Floor, ...]
    per_second: float
    peak_mb: float
    notes: tuple[str, ...]


def opened_linker(plan: Plan, index: ProductIndex) -> ProductLinker:
    """Return the linker to evaluate.

    Raises:
        ConfigError: no such linker, or it uses no model and one is given.
        InputError: the model cannot be read.
    """
    options: dict[str, object] = {"precision": plan.precision} if plan.linker in BY_MODEL else {}
    if plan.model:
        options["model"] = plan.model
    return build_product_linker(plan.linker, options, index)


def evaluate_on(plan: Plan, linker: ProductLinker, cases: Cases, data: LinkingSet, advance: Advance) -> Evaluation:
    """Return how well a linker, opened over the index of a set, does on its mentions."""
    fitting, reporting = halves(data, plan.seed)
    per_second = _speed(linker, data, advance)
    peak = _peak_mb()
    first = decide(cases, linker.decider)
    deciders, notes = _deciders(plan, linker, cases, fitting)
    taken = taken_away(data, plan.seed)
    parts = _slices(data)
    rows = [
        measured(name, decider, threshold, (cases, taken, parts), (fitting, reporting))
        for name, decider, threshold in deciders
    ]
    return Evaluation(
        data.name,
        plan,
        len(data.products),
        len(data.mentions),
        int(cases.expected.sum()),
        int(fitting.sum()),
        int(reporting.sum()),
        _among(first.right, cases.expected),
        _crossed(plan, cases, deciders[-1][1], reporting) if len(deciders) > 1 else None,
        tuple(rows),
        floors(data, reporting, plan.seed, advance),
        per_second,
        peak,
        notes,
    )


def measured(
    name: str,
    decider: Decider,
    threshold: float,
    of: tuple[Cases, Values, Mapping[str, Values]],
    split: tuple[Values, Values],
) -> Row:
    """Return the figures of a decider on the reporting half.

    Args:
        name: what to call it.
        decider: what decides.
        threshold: from which probability (0..1) links are accepted.
        of: the cases, which mentions have what they mean taken away, and which mentions are in each slice.
        split: which mentions thresholds may be chosen on, and which are reported on.
    """
    cases, taken, parts = of
    fitting, reporting = split
    found = decide(cases, decider)
    due = cases.expected & reporting
    open_cases = cases.without(taken)
    asked = decide(open_cases, decider)
    expected = open_cases.expected
    return Row(
        name,
        _among(found.right, due),
        _among((found.place > 0) & (found.place <= _FIRST), due),
        _among(found.place > 0, due),
        at_threshold(asked, expected, reporting, threshold),
        at_threshold(asked, expected, reporting, balanced(asked, expected, fitting)),
        nil_ceiling(asked, expected, reporting),
        calibration_error(asked.chance[reporting].tolist(), asked.right[reporting].tolist()),
        reliability(asked.chance[reporting], asked.right[reporting]),
        curve(asked, expected, reporting),
        {part: _among(found.right, due & inside) for part, inside in parts.items()},
    )


def models_of(shipped: Model, labelled: Sequence[Labelled], made: str) -> tuple[Model, Model] | None:
    """Return a model recalibrated on labelled mentions and one fitted to them; nothing when they are too few."""
    if sum(len(np.unique(each.mentions[each.right])) for each in labelled) < LEAST:
        return None
    return replace(calibrate(shipped, labelled), made=made), fit(labelled, towards=shipped, made=made)


def _crossed(plan: Plan, cases: Cases, fitted: Decider, reporting: Values) -> Estimate | None:
    """Return the accuracy of both halves: of ``fitted`` on the reporting one, of a model of that one on the other."""
    models = models_of(shipped_model(plan), [cases.labelled(reporting)], "")
    if models is None:
        return None
    there, here = (decide(cases, each).right for each in (fitted, ModelDecider(models[1])))
    return _among(np.where(reporting, there, here), cases.expected)


def shipped_model(plan: Plan) -> Model:
    """Return the model of a plan.

    Raises:
        InputError: it cannot be read.
    """
    return load_model(Path(plan.model)) if plan.model else default_model()


def _deciders(
    plan: Plan, linker: ProductLinker, cases: Cases, fitting: Values
) -> tuple[list[tuple[str, Decider, float]], tuple[str, ...]]:
    """Return what is to be compared: its name, what decides, its threshold; and what is to be said about it."""
    found: list[tuple[str, Decider, float]] = [("shipped", linker.decider, linker.threshold)]
    if plan.linker not in BY_MODEL:
        return found, (f"{plan.linker} has no weights: nothing to calibrate or fit; the threshold is its own",)
    models = models_of(shipped_model(plan), [cases.labelled(fitting)], "")
    if models is None:
        return found, (f"fewer than {LEAST} mentions to fit on have a right candidate: 'shipped' stands alone",)
    named = zip(("calibrated", "fitted"), models, strict=True)
    return [*found, *((name, ModelDecider(model), model.threshold(plan.precision)) for name, model in named)], ()


def _slices(data: LinkingSet) -> dict[str, Values]:
    """Return which mentions (shape: mentions, bool) are in each part; prices are those of the right product."""
    columns = read_items(data.mentions)
    numbered = columns.codes.counts > 0
    short = np.array([len(item.text.title.split()) <= _SHORT for item in data.mentions], dtype=bool)
    prices = {item.id: item.text.price > 0 for item in data.products}
    priced = np.array(
        [
            item.text.price > 0 and any(prices[id_] for id_ in data.gold.get(item.id, frozenset[str]()))
            for item in data.mentions
        ],
        dtype=bool,
    )
    return {
        "with a model number": numbered,
        "without a model number": ~numbered,
        f"{_SHORT} words or fewer": short,
        f"more than {_SHORT} words": ~short,
        "with a price on both sides": priced,
        "without a price on both sides": ~priced,
    }


def _among(hits: Values, cases: Values) -> Estimate:
    return hit_share((hits & cases)[cases], cases[cases])


def _speed(linker: ProductLinker, data: LinkingSet, advance: Advance) -> float:
    """Return how many mentions a second of processor time links, once everything is loaded."""
    texts = [item.text for item in data.mentions]
    linker.link_all(texts[:_FIRST])
    start = time.process_time()
    linker.link_all(texts)
    advance("link", len(texts), len(texts))
    return round(len(texts) / max(time.process_time() - start, 1e-6), 1)


def _peak_mb() -> float:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / _MB if sys.platform == "darwin" else most / 1024, 1)
