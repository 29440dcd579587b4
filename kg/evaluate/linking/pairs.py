"""Same product or not: pairs of titles, scored by the weights that order candidates.

The threshold is chosen on half of the pairs, by a hash of their titles, and all is reported on the other half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rapidfuzz import fuzz, process, utils

from kg.errors import InputError
from kg.evaluate.linking.cases import Advance, batches
from kg.evaluate.linking.data import PairSet, in_fitting_half
from kg.evaluate.linking.evaluation import BY_MODEL, Plan, shipped_model
from kg.evaluate.linking.measures import hit_share
from kg.evaluate.resampling import Estimate, ranking
from linkers.products.analyse import Text
from linkers.products.candidates import Pairs, read_batch
from linkers.products.engines import learn
from linkers.products.features import Values, features
from linkers.products.index import Item, ProductIndex, build_index, read_items
from linkers.products.model import Model
from linkers.products.vectors import Encoder

__all__ = ["PairEvaluation", "PairRow", "best_threshold", "evaluate_pairs"]


@dataclass(frozen=True, slots=True)
class PairRow:
    """What says from its ``threshold`` on that a pair is one product, on the reporting half."""

    name: str
    threshold: float
    precision: Estimate
    recall: Estimate
    f1: Estimate
    average_precision: Estimate


@dataclass(frozen=True, slots=True)
class PairEvaluation:
    """The model, first of the ``rows``, beside string similarity. ``same`` of the ``pairs`` are one product."""

    name: str
    plan: Plan
    pairs: int
    same: int
    fitted_on: int
    reported: int
    rows: tuple[PairRow, ...]
    notes: tuple[str, ...]


def evaluate_pairs(plan: Plan, data: PairSet, advance: Advance, encoder: Encoder | None = None) -> PairEvaluation:
    """Return how well a model tells whether two titles are of one product.

    ``encoder`` reads them (``None``: the static embeddings).

    Raises:
        InputError: the model cannot be read, or one of the halves has no pair of each kind.
    """
    model = shipped_model(plan)
    same = np.array(data.same, dtype=bool)
    names = [f"{left}\x00{right}" for left, right in zip(data.left, data.right, strict=True)]
    fitting = np.array([in_fitting_half(plan.seed, name) for name in names], dtype=bool)
    for half in (fitting, ~fitting):
        if not same[half].any() or same[half].all():
            raise InputError("too few pairs to split in two", file=data.name, remedy="label more pairs of either kind")
    scored = (
        ("shipped", _scores(model, data, advance, encoder)),
        ("rapidfuzz token_set_ratio", _alike(data)),
        ("TF-IDF of three letters", _cosines(data)),
    )
    rows = tuple(_row(name, scores, same, fitting) for name, scores in scored)
    counts = len(same), int(same.sum()), int(fitting.sum()), int((~fitting).sum())
    return PairEvaluation(data.name, plan, *counts, rows, _notes(plan, model))


def best_threshold(scores: Values, same: Values) -> float:
    """Return the score from which calling pairs the same has the best F1; the highest of equally good ones."""
    order = np.argsort(-scores, kind="stable")
    last = np.append(scores[order][1:] != scores[order][:-1], True)
    good = np.cumsum(same[order])
    f1 = 2 * good / (np.arange(1, len(order) + 1) + same.sum())
    return float(scores[order][int(np.argmax(np.where(last, f1, -1)))])


def _row(name: str, scores: Values, same: Values, fitting: Values) -> PairRow:
    threshold = best_threshold(scores[fitting], same[fitting])
    right, said = same[~fitting], scores[~fitting] >= threshold
    good = said & right
    return PairRow(
        name,
        round(threshold, 4),
        hit_share(good, said),
        hit_share(good, right),
        hit_share(2 * good, said * 1 + right * 1),
        ranking(scores[~fitting].tolist(), right.tolist()),
    )


def _scores(model: Model, data: PairSet, advance: Advance, encoder: Encoder | None) -> Values:
    """Return the scores of pairs: the mean of both directions, since a pair has no order."""
    titles = sorted({*data.left, *data.right})
    with TemporaryDirectory(prefix="kg-evaluate-") as folder:
        index = build_index(Path(folder) / "index", (Item(title, Text(title)) for title in titles), encoder=encoder)
        row = {index.id(at): at for at in range(len(index))}
        total = 2 * len(data.left)
        both = [
            _one_way(model, index, (said, [row[title] for title in meant]), (advance, total))
            for said, meant in ((data.left, data.right), (data.right, data.left))
        ]
    return (both[0] + both[1]) / 2


def _one_way(
    model: Model, index: ProductIndex, pairs: tuple[Sequence[str], Sequence[int]], progress: tuple[Advance, int]
) -> Values:
    said, meant = pairs
    advance, total = progress
    out: list[Values] = []
    for part in batches(len(said), total, advance):
        items = [Item(str(at), Text(title)) for at, title in enumerate(said[part])]
        batch = read_batch(index, read_items(items, index.encoder))
        numbers = np.arange(len(items), dtype=np.int64)
        found = features(index, batch, Pairs(numbers, np.array(meant[part], dtype=np.int64)))
        out.append(np.round(model.scores(found), 4))
    return np.concatenate(out)


def _alike(data: PairSet) -> Values:
    left, right = ([utils.default_process(title) for title in side] for side in (data.left, data.right))
    return process.cpdist(left, right, scorer=fuzz.token_set_ratio, dtype=np.float64)


def _cosines(data: PairSet) -> Values:
    weigher = learn("feature_extraction.text").TfidfVectorizer(analyzer="char", ngram_range=(3, 3))
    weigher.fit([*data.left, *data.right])
    left, right = weigher.transform(data.left), weigher.transform(data.right)
    return np.asarray(left.multiply(right).sum(axis=1)).ravel()


def _notes(plan: Plan, model: Model) -> tuple[str, ...]:
    notes = ["the linker does not matter here: pairs are scored by the model"] if plan.linker not in BY_MODEL else []
    if model.made:
        notes.append(f"the model is made of: {model.made}. On pairs that are among these, its figures are no test")
    return tuple(notes)
