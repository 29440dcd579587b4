"""Make a linker's model from the labelled mentions of one shop or several, and say what it is worth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.errors import InputError
from kg.evaluate.linking.cases import Advance, Cases, compared, halves, opened, taken_away
from kg.evaluate.linking.data import LinkingSet
from kg.evaluate.linking.evaluation import LEAST, Plan, Row, measured, models_of, opened_linker, shipped_model
from kg.records import atomic_path, to_json
from linkers.products.deciders import ModelDecider
from linkers.products.features import Values
from linkers.products.learning import Labelled
from linkers.products.model import Model
from linkers.products.vectors import Encoder

__all__ = ["FittedModel", "Report", "fit_model", "write_model"]


@dataclass(frozen=True, slots=True)
class Report:
    """The package's model and the new one on those mentions of a set that the new one was not fitted on."""

    name: str
    fitted_on: int
    reported: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A new model, and a report for each set; none when it was fitted on everything."""

    model: Model
    reports: tuple[Report, ...]


def fit_model(
    plan: Plan, sets: Sequence[LinkingSet], advance: Advance, *, everything: bool, encoder: Encoder | None = None
) -> FittedModel:
    """Return a model of labelled mentions: of half of them, by hash, or of all.

    It holds for the encoder that it is fitted with (``None``: the static embeddings).

    Raises:
        InputError: too few mentions have a right candidate.
    """
    cases = [_cases(plan, data, advance, encoder) for data in sets]
    split = [halves(data, plan.seed) for data in sets]
    used = [fitting | everything for fitting, _ in split]
    labelled: list[Labelled] = [each.labelled(part) for each, part in zip(cases, used, strict=True)]
    which = "all" if everything else f"half, by hash with seed {plan.seed}"
    names = ", ".join(data.name for data in sets)
    count = sum(int(part.sum()) for part in used)
    models = models_of(shipped_model(plan), labelled, f"kg linker fit: {count} mentions ({which}) of {names}")
    if models is None:
        raise InputError(
            f"fewer than {LEAST} mentions to fit on have a right candidate", file=names, remedy="label more mentions"
        )
    if everything:
        return FittedModel(models[1], ())
    reports = [_report(plan, models[1], *each) for each in zip(sets, cases, split, strict=True)]
    return FittedModel(models[1], tuple(reports))


def _cases(plan: Plan, data: LinkingSet, advance: Advance, encoder: Encoder | None) -> Cases:
    with opened(data, encoder) as index:
        return compared(opened_linker(plan, index), index, data, advance)


def _report(plan: Plan, model: Model, data: LinkingSet, cases: Cases, split: tuple[Values, Values]) -> Report:
    taken = taken_away(data, plan.seed)
    rows = [
        measured(name, ModelDecider(each), each.threshold(plan.precision), (cases, taken, {}), split)
        for name, each in (("shipped", shipped_model(plan)), ("fitted", model))
    ]
    return Report(data.name, int(split[0].sum()), int(split[1].sum()), tuple(rows))


def write_model(file: Path, model: Model) -> None:
    """Write a model for people to read, whole or not at all."""
    with atomic_path(file) as temporary:
        temporary.write_text(json.dumps(json.loads(to_json(model)), indent=1, sort_keys=True) + "\n", encoding="utf-8")
