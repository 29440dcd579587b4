"""How well mentions find their product type: each linker beside plain string similarity, in one run.

Run with ``python -m bench.linking_types [--quick] [--json]``. Two catalogues: the types of the sample, named by hand,
and those that the build derives from 2,000 products of a real shop (``real_*``; only where the data stand beside the
repository). The data are hand-made mentions in ``tests/data``; the READMEs there say how they were made and what that
means for the figures. Accuracy is the share of mentions with the right answer, NIL included, ``_low`` and ``_high`` its
95 % bootstrap interval; ``wrong_links`` counts answers that name a wrong type (a wrong NIL costs an edge, a wrong type
makes a false one); ``nil_precision`` and ``nil_recall`` are those of the answer NIL. The floor is the best name by
``rapidfuzz.fuzz.token_set_ratio``, once as it is (it cannot say NIL) and once with the cut-off that is best on the
development part, where the linkers' weights were set too. Rates are per second of CPU, so per core.
"""

from __future__ import annotations

import csv
import itertools
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from bench.measure import KG, arguments, median, publish, run
from kg.catalog.samples import sample_titles
from kg.evaluate.resampling import plain_share
from kg.model import ProductType
from kg.records import read_jsonl
from linkers.base import Target, targets_of
from linkers.registry import build_linker

__all__ = ["main"]

DATA = Path(__file__).parents[1] / "tests" / "data"
REAL = Path(__file__).parents[2] / "shared" / "data" / "demo" / "esci_catalog" / "sample_2000.csv.gz"
LINKERS = ("hybrid", "lexical", "semantic", "exact")
SPLITS = ("dev", "held_out")
CUTS = range(0, 101, 5)
FULL, QUICK = 15, 3
NIL = "NIL"
Answers = list[str | None]
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Mention:
    """A labelled mention: ``right`` are the ids that count as right, or NIL; ``slice`` what makes it hard, or ""."""

    text: str
    right: frozenset[str]
    split: str
    slice: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A catalogue with its mentions. ``prefix`` begins the names of its figures."""

    prefix: str
    targets: list[Target]
    mentions: list[Mention]


def main() -> None:
    """Measure and print."""
    given = arguments(__doc__ or "")
    repeats = QUICK if given.quick else FULL
    cases = [_sample()]
    if REAL.is_file():
        cases.append(_real())
    else:
        print(f"no real catalogue at {REAL}: its figures (real_*) are left out")
    figures: Figures = {}
    sizes = {"repeats": repeats}
    for case in cases:
        figures |= {f"{case.prefix}{name}": value for name, value in _case(case, repeats).items()}
        sizes[f"{case.prefix}types"] = len(case.targets)
        sizes |= {f"{case.prefix}{split}": _count(case.mentions, split) for split in SPLITS}
    publish("linking_types", sizes, figures, as_json=given.json)


def _count(mentions: Sequence[Mention], split: str) -> int:
    return sum(mention.split == split for mention in mentions)


def _sample() -> Case:
    lines = (DATA / "linking_types.jsonl").read_text(encoding="utf-8").splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    targets = [
        Target(row["id"], row["name"], (), row["context"], row["popularity"], tuple(row["titles"])) for row in rows
    ]
    return Case("", targets, _mentions("linking_mentions.csv", targets))


def _real() -> Case:
    """Return the types that ``kg build --to catalog`` derives from the real catalogue with the default settings."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(f"catalog:\n  files: [{REAL}]\n", encoding="utf-8")
        run([*KG, "build", "-q", "--to", "catalog", "--config", str(config)])
        made = Path(folder) / "builds" / "next" / "catalog"
        types = read_jsonl(made / "product_types.jsonl", ProductType)
        targets = targets_of(types, sample_titles(made / "products.parquet"))
    return Case("real_", targets, _mentions("real_mentions.csv", targets))


def _mentions(file: str, targets: Sequence[Target]) -> list[Mention]:
    with (DATA / file).open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return [
        Mention(
            row["mention"],
            frozenset(right for name in row["expected"].split("|") for right in _ids(name, targets)),
            row["split"],
            row.get("slice", ""),
        )
        for row in rows
    ]


def _ids(name: str, targets: Sequence[Target]) -> set[str]:
    """Return the ids of a name; of several types with one name, of those whose last category is called so."""
    found = [target for target in targets if target.name == name]
    sure = [target for target in found if target.context.rpartition("> ")[2].casefold() == name]
    return {target.id for target in sure or found} or {NIL}


def _case(case: Case, repeats: int) -> Figures:
    figures: Figures = {}
    for name in LINKERS:
        figures |= _linker(name, case, repeats)
    figures |= _floor(case, repeats)
    for split in SPLITS:
        ratio = figures[f"hybrid_{split}"] / figures[f"floor_{split}"]
        figures[f"hybrid_over_floor_{split}"] = round(ratio, 2)
    return figures


def _linker(name: str, case: Case, repeats: int) -> Figures:
    started = time.process_time()
    linker = build_linker(name, {}, case.targets)
    built = time.process_time() - started
    texts = [mention.text for mention in case.mentions]
    answers = [link.target_id for link in linker.link_all(texts)]
    rate = _rate(lambda: linker.link_all(texts), len(texts), repeats)
    figures = _quality(name, case.mentions, answers)
    if name == "hybrid":
        figures |= _slices(name, case.mentions, answers)
    return {**figures, f"{name}_mentions_per_s": rate, f"{name}_index_ms": round(built * 1000)}


def _floor(case: Case, repeats: int) -> Figures:
    names = {target.id: target.name for target in case.targets}
    mentions = case.mentions

    def ask() -> list[tuple[str, float]]:
        found = (process.extractOne(mention.text.lower(), names, scorer=fuzz.token_set_ratio) for mention in mentions)
        return [(hit[2], hit[1]) for hit in found]

    hits = ask()

    def with_cut(cut: int) -> Answers:
        return [target if score >= cut else None for target, score in hits]

    best = max(CUTS, key=lambda cut: (_accuracy(mentions, with_cut(cut), "dev"), -cut))
    plain = {f"floor_without_nil_{split}": _accuracy(mentions, with_cut(0), split) for split in SPLITS}
    rate = _rate(ask, len(mentions), repeats)
    return {**_quality("floor", mentions, with_cut(best)), "floor_cut": best, **plain, "floor_mentions_per_s": rate}


def _quality(name: str, mentions: Sequence[Mention], answers: Answers) -> Figures:
    """Return accuracy with its interval, wrong links, and how NIL was said, by split."""
    figures: Figures = {f"{name}_wrong_links": _wrong(list(zip(mentions, answers, strict=True)))}
    for split in SPLITS:
        part = [pair for pair in zip(mentions, answers, strict=True) if pair[0].split == split]
        hits = sum((answer or NIL) in mention.right for mention, answer in part)
        known = plain_share(hits, len(part))
        figures |= {f"{name}_{split}": round(hits / len(part), 3)}
        figures |= {f"{name}_{split}_low": round(known.low or 0, 3), f"{name}_{split}_high": round(known.high or 0, 3)}
        said = sum(answer is None for _, answer in part)
        meant = sum(NIL in mention.right for mention, _ in part)
        both = sum(answer is None and NIL in mention.right for mention, answer in part)
        figures[f"{name}_{split}_wrong_links"] = _wrong(part)
        figures[f"{name}_{split}_nil_precision"] = round(both / said, 3) if said else 0.0
        figures[f"{name}_{split}_nil_recall"] = round(both / meant, 3)
    return figures


def _wrong(pairs: Sequence[tuple[Mention, str | None]]) -> int:
    return sum(answer is not None and answer not in mention.right for mention, answer in pairs)


def _slices(name: str, mentions: Sequence[Mention], answers: Answers) -> Figures:
    kinds = dict.fromkeys(mention.slice for mention in mentions if mention.slice)
    figures: Figures = {}
    for split, kind in itertools.product(SPLITS, kinds):
        picked = [at for at, mention in enumerate(mentions) if mention.slice == kind]
        found = _accuracy([mentions[at] for at in picked], [answers[at] for at in picked], split)
        figures[f"{name}_{split}_{kind}"] = found
    return figures


def _accuracy(mentions: Sequence[Mention], answers: Answers, split: str) -> float:
    """Return the share of right answers, rounded to three places."""
    hits = [
        (answer or NIL) in mention.right
        for mention, answer in zip(mentions, answers, strict=True)
        if mention.split == split
    ]
    return round(sum(hits) / len(hits), 3)


def _rate(ask: Callable[[], object], count: int, repeats: int) -> float:
    """Return mentions per second of CPU, the median of ``repeats`` passes."""
    rates: list[float] = []
    for _ in range(repeats):
        started = time.process_time()
        ask()
        rates.append(count / (time.process_time() - started))
    return round(median(rates))


if __name__ == "__main__":
    main()
