"""Our linker of products beside its peers on two public benchmarks: what is found, what is accepted, how fast.

Run with ``python -m bench.linking_peers [--quick] [--json]``. The sets are Abt-Buy (electronics, every mention is sold)
and Amazon-Google (software, 251 of 1,354 mentions are not), from which no weight of the package was made; they stand
beside the repository. All mentions are asked, each for itself: nobody is told that two mentions never mean one product.

Figures of a linker: ``accuracy`` is the share of mentions with a gold link whose best candidate is right (``_low`` and
``_high``: its 95 % bootstrap interval), ``recall_at_10`` how often a right one is among the first ten; equal scores
stand in the order of ids. ``precision``, ``recall`` and ``f1`` are those of links accepted at the linker's own
threshold, where it has one. ``cut_f1`` is F1 at the threshold that is best on one half of the mentions, measured on the
other, both ways round; ``unsold_f1`` is the same when a third of the mentions have their product taken out of their
candidates. ``ready_s`` is CPU until the first question (indexing, training, fitting; libraries are loaded before),
``mentions_per_s`` is per second of CPU after that.

The linkers. Where there was a choice, a peer has what did best over both sets, found with their labels. Ours is not
free of these sets either: no weight was learned from them, but which features there are was chosen with an eye on them.

- ``ours``: ``hybrid`` with the package's model, at its threshold for a precision of 0.95.
- ``ours_fitted``: its model fitted to one half of the mentions, measured on the other, both ways round; its threshold
  is for a precision of 0.95 too. It links as fast as ``ours``.
- ``token_set_ratio``, ``token_sort_ratio``: ``rapidfuzz.process.extract`` over normalised titles, with the brand before
  them for ``token_sort_ratio``, which it helps (it harms ``token_set_ratio``). ``token_set_ratio`` has several best
  products for 27 % of the mentions of Amazon-Google: drawn at random, its accuracy would be 0.667.
- ``tfidf``: cosine of TF-IDF of three letters within words (scikit-learn), sublinear, weights counted in the catalogue.
- ``bm25s``: BM25 as it comes, over normalised words. It and ``tfidf`` see brand and title: descriptions harm them.
- ``splink``: Fellegi-Sunter, trained without labels, accepted from a match probability of 0.5. Its settings are in
  :mod:`bench.linking_peers_splink`.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process

from bench.linking_peers_splink import EVEN, Splink, named
from bench.measure import arguments, publish
from kg.evaluate.linking.cases import Cases, Decisions, compared, decide, halves, opened, taken_away
from kg.evaluate.linking.data import LinkingSet, draw, read_linking
from kg.evaluate.linking.evaluation import Plan, opened_linker
from kg.evaluate.linking.measures import at_threshold, hit_share
from kg.evaluate.resampling import Estimate
from kg.text import normalise
from linkers.products.candidates import Pairs
from linkers.products.deciders import Decider, ModelDecider, Ordered
from linkers.products.engines import learn, top_products
from linkers.products.features import Values
from linkers.products.index import read_items
from linkers.products.learning import fit
from linkers.products.linker import ProductLinker
from linkers.products.model import default_model, rank

__all__ = ["main"]

DATA = Path(__file__).parents[2] / "shared" / "data" / "dev"
SETS = {"abt_buy": "em_abt_buy", "amazon_google": "em_amazon_google"}
LIBRARIES = ("bm25s", "rapidfuzz", "scikit-learn", "splink")
COLUMNS = (
    "accuracy", "recall_at_10", "precision", "recall", "f1", "cut_f1", "unsold_f1", "ready_s", "mentions_per_s",
)  # fmt: skip
SEED = 1
QUICK_PARTS = 8  # one of so many mentions
LIMIT, FIRST = 20, 10
Figures = dict[str, float]
Scored = tuple[Values, Values, Values]
"""Numbers of mentions and products, and their scores, the higher the better."""
Ask = Callable[[], Scored]


@dataclass(frozen=True, slots=True)
class Row:
    """A linker to measure: its candidates, and what decides for the mentions of each half, from which threshold."""

    cases: Cases
    deciders: tuple[Decider, Decider]
    thresholds: tuple[float, float] | None
    costs: Figures


class ByScore:
    """Decides by the one feature there is: a score."""

    version = "score"
    ranks_by = frozenset[str]()

    def order(self, pairs: Pairs, found: Values) -> Ordered:
        """See :class:`Decider`."""
        return Ordered(rank(found[:, 0], found, pairs.mentions, pairs.products), found[:, 0])

    def chances(self, ordered: Ordered, best: Values) -> Values:
        """See :class:`Decider`; a score is no probability, and is not made one."""
        del ordered
        return best[:, 0]


def main() -> None:
    """Measure and print."""
    given = arguments(__doc__ or "")
    for library in ("bm25s", "sklearn.feature_extraction.text", "sklearn.random_projection", "splink"):
        importlib.import_module(library)
    figures: Figures = {}
    sizes: dict[str, int] = {}
    for name, folder in SETS.items():
        if not (DATA / folder).is_dir():
            print(f"no labelled mentions at {DATA / folder}: {name} is left out")
            continue
        data = _read(DATA / folder, quick=given.quick)
        sizes |= {f"{name}_products": len(data.products), f"{name}_mentions": len(data.mentions)}
        found = {row: _figures(value, data) for row, value in _rows(data).items()}
        _print_table(name, found)
        figures |= {f"{name}_{row}_{key}": value for row, each in found.items() for key, value in each.items()}
    print(", ".join(f"{library} {version(library)}" for library in LIBRARIES))
    publish("linking_peers", sizes, figures, as_json=given.json)


def _read(folder: Path, *, quick: bool) -> LinkingSet:
    """Return a set, its products in the order of ids; of its mentions a part if it is to be quick."""
    data = read_linking(folder)
    asked = tuple(item for item in data.mentions if not quick or draw(SEED, "quick", item.id, QUICK_PARTS) == 0)
    gold = {item.id: data.gold[item.id] for item in asked if item.id in data.gold}
    return LinkingSet(data.name, tuple(sorted(data.products, key=lambda item: item.id)), asked, gold)


def _rows(data: LinkingSet) -> dict[str, Row]:
    return {**_ours(data), **{name: _peer(data, build, threshold) for name, (build, threshold) in PEERS.items()}}


def _ours(data: LinkingSet) -> dict[str, Row]:
    read_items(data.products[:1])  # loads the embeddings
    started = time.process_time()
    with opened(data) as index:
        linker = opened_linker(Plan(seed=SEED), index)
        indexed = time.process_time() - started
        rate = _speed(linker, data)
        started = time.process_time()
        cases = compared(linker, index, data, _say_nothing)
    compare = time.process_time() - started
    started = time.process_time()
    models = [fit([cases.labelled(half)], towards=default_model()) for half in reversed(halves(data, SEED))]
    fitted = (time.process_time() - started) / len(models)
    first, second = (ModelDecider(model) for model in models)
    cuts = models[0].threshold(Plan().precision), models[1].threshold(Plan().precision)
    costs = {"ready_s": round(indexed, 2), "mentions_per_s": rate}
    return {
        "ours": Row(cases, (linker.decider, linker.decider), (linker.threshold, linker.threshold), costs),
        "ours_fitted": Row(cases, (first, second), cuts, {"ready_s": round(indexed + compare + fitted, 2)}),
    }


def _say_nothing(step: str, done: int, of: int) -> None:
    del step, done, of


def _speed(linker: ProductLinker, data: LinkingSet) -> float:
    texts = [item.text for item in data.mentions]
    linker.link_all(texts[:FIRST])
    started = time.process_time()
    linker.link_all(texts)
    return round(len(texts) / (time.process_time() - started))


def _peer(data: LinkingSet, build: Callable[[LinkingSet], Ask], threshold: float | None) -> Row:
    started = time.process_time()
    ask = build(data)
    ready = time.process_time() - started
    started = time.process_time()
    scored = ask()
    rate = len(data.mentions) / (time.process_time() - started)
    decider = ByScore()
    cuts = None if threshold is None else (threshold, threshold)
    costs = {"ready_s": round(ready, 2), "mentions_per_s": round(rate)}
    return Row(_cases(data, scored), (decider, decider), cuts, costs)


def _cases(data: LinkingSet, scored: Scored) -> Cases:
    order = np.argsort(scored[0], kind="stable")
    mentions, products, scores = (each[order] for each in scored)
    meant = [data.gold.get(item.id, frozenset[str]()) for item in data.mentions]
    ids = [item.id for item in data.products]
    right = [
        ids[product] in meant[mention] for mention, product in zip(mentions.tolist(), products.tolist(), strict=True)
    ]
    expected = np.array([bool(each) for each in meant])
    return Cases(scores.reshape(-1, 1), mentions, products, np.array(right, dtype=bool), expected)


def _by_ratio(scorer: Callable[..., float], read: Callable[[Any], str]) -> Callable[[LinkingSet], Ask]:
    def build(data: LinkingSet) -> Ask:
        titles = [read(item) for item in data.products]

        def ask() -> Scored:
            asked = [read(item) for item in data.mentions]
            found = [process.extract(text, titles, scorer=scorer, limit=LIMIT) for text in asked]
            return _scored([[(hit[2], hit[1]) for hit in hits] for hits in found])

        return ask

    return build


def _tfidf(data: LinkingSet) -> Ask:
    make: Any = learn("feature_extraction.text").TfidfVectorizer
    weigher = make(analyzer="char_wb", ngram_range=(3, 3), sublinear_tf=True)
    there = weigher.fit_transform([named(item) for item in data.products]).T.tocsr()

    def ask() -> Scored:
        found = top_products(weigher.transform([named(item) for item in data.mentions]), there, LIMIT).tocoo()
        return found.row, found.col, found.data

    return ask


def _bm25s(data: LinkingSet) -> Ask:
    model: Any = importlib.import_module("bm25s").BM25()
    model.index([named(item).split() for item in data.products], show_progress=False)

    def ask() -> Scored:
        asked = [named(item).split() for item in data.mentions]
        found: Any = model.retrieve(asked, k=LIMIT, show_progress=False, n_threads=0)
        mentions = np.repeat(np.arange(len(asked)), LIMIT)
        return mentions, np.asarray(found.documents).ravel(), np.asarray(found.scores).ravel()

    return ask


def _splink(data: LinkingSet) -> Ask:
    model = Splink(data)

    def ask() -> Scored:
        numbers = {item.id: at for at, item in enumerate(data.products)}
        found: dict[str, list[tuple[int, float]]] = {item.id: [] for item in data.mentions}
        for mention, product, score in model.pairs():
            found[mention].append((numbers[product], score))
        return _scored([found[item.id] for item in data.mentions])

    return ask


def _scored(found: Sequence[Sequence[tuple[int, float]]]) -> Scored:
    mentions = np.repeat(np.arange(len(found)), [len(each) for each in found])
    products = np.array([product for each in found for product, _ in each], dtype=np.int64)
    return mentions, products, np.array([score for each in found for _, score in each], dtype=np.float64)


PEERS: Mapping[str, tuple[Callable[[LinkingSet], Ask], float | None]] = {
    "token_set_ratio": (_by_ratio(fuzz.token_set_ratio, lambda item: normalise(item.text.title)), None),
    "token_sort_ratio": (_by_ratio(fuzz.token_sort_ratio, named), None),
    "tfidf": (_tfidf, None),
    "bm25s": (_bm25s, None),
    "splink": (_splink, EVEN),
}


def _figures(row: Row, data: LinkingSet) -> Figures:
    """Return the figures of a linker, each half of the mentions decided by what was made with the other."""
    split, expected = halves(data, SEED), row.cases.expected
    found = _decided(row, row.cases)
    plain = _over(found, split, (0.0, 0.0))
    accuracy = hit_share(plain.right & expected, expected)
    among = hit_share((plain.place > 0) & (plain.place <= FIRST) & expected, expected)
    out = {"accuracy": _value(accuracy), "accuracy_low": accuracy.low or 0.0, "accuracy_high": accuracy.high or 0.0}
    out["recall_at_10"] = _value(among)
    if row.thresholds:
        met = at_threshold(_over(found, split, row.thresholds), expected, np.ones_like(expected), 0.0)
        out |= {"precision": _value(met.precision), "recall": _value(met.recall), "f1": _value(met.f1)}
    out["cut_f1"] = _cut_f1(found, split, expected)
    unsold = row.cases.without(taken_away(data, SEED))
    out["unsold_f1"] = _cut_f1(_decided(row, unsold), split, unsold.expected)
    return {key: round(value, 3) for key, value in out.items()} | row.costs


def _decided(row: Row, cases: Cases) -> tuple[Decisions, Decisions]:
    first, second = row.deciders
    return decide(cases, first), decide(cases, second)


def _cut_f1(found: tuple[Decisions, Decisions], split: tuple[Values, Values], expected: Values) -> float:
    """Return F1 over all mentions, each at the threshold that is best for the other half."""
    cuts = _best_cut(found[0], expected, split[1]), _best_cut(found[1], expected, split[0])
    return _value(at_threshold(_over(found, split, cuts), expected, np.ones_like(expected), 0.0).f1)


def _best_cut(found: Decisions, expected: Values, among: Values) -> float:
    """Return the threshold with the best F1 on the mentions ``among`` (shape: mentions, bool)."""
    linked = among & (found.best >= 0)
    order = np.argsort(-found.chance[linked], kind="stable")
    chance, right = found.chance[linked][order], found.right[linked][order]
    f1 = 2 * np.cumsum(right) / (np.arange(1, len(chance) + 1) + expected[among].sum())
    ends = np.flatnonzero(np.append(chance[1:] != chance[:-1], True))  # equal ones are accepted together
    return float(chance[ends[int(np.argmax(f1[ends]))]])


def _over(
    found: tuple[Decisions, Decisions], split: tuple[Values, Values], thresholds: tuple[float, float]
) -> Decisions:
    """Return the decisions of each half, their chances as how far they are above the half's threshold."""
    first, second = (replace(each, chance=each.chance - cut) for each, cut in zip(found, thresholds, strict=True))
    return Decisions(
        np.where(split[0], first.best, second.best),
        np.where(split[0], first.chance, second.chance),
        np.where(split[0], first.right, second.right),
        np.where(split[0], first.place, second.place),
    )


def _value(estimate: Estimate) -> float:
    return estimate.value or 0.0


def _print_table(name: str, rows: Mapping[str, Figures]) -> None:
    print(f"| {name} | {' | '.join(COLUMNS)} |")
    print(f"|---|{'---|' * len(COLUMNS)}")
    for row, figures in rows.items():
        print(f"| {row} | {' | '.join(f'{figures[key]:,}' if key in figures else '-' for key in COLUMNS)} |")


if __name__ == "__main__":
    main()
