"""How well mentions find their product type: each linker beside plain string similarity, in one run.

Run with ``python -m bench.linking_types [--quick] [--json]``. The data are the hand-made mentions and the sample's
product types in ``tests/data``; its README says how they were made and what that means for the figures. Accuracy is the
share of mentions with the right answer, NIL included; ``wrong_links`` counts answers that name a wrong type (a wrong
NIL costs an edge, a wrong type makes a false one). The floor is the best name by ``rapidfuzz.fuzz.token_set_ratio``,
once as it is (it cannot say NIL) and once with the cut-off that is best on the development part, where the linkers'
weights were set too. Rates are per second of CPU, so per core.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from bench.measure import arguments, median, publish
from linkers.base import Target
from linkers.registry import build_linker

__all__ = ["main"]

DATA = Path(__file__).parents[1] / "tests" / "data"
LINKERS = ("hybrid", "lexical", "semantic", "exact")
SPLITS = ("dev", "held_out")
CUTS = range(0, 101, 5)
FULL, QUICK = 15, 3
Answers = list[str | None]


@dataclass(frozen=True, slots=True)
class Mention:
    """A labelled mention: ``right`` are the ids that count as right, or NIL."""

    text: str
    right: frozenset[str]
    split: str


def main() -> None:
    """Measure and print."""
    given = arguments(__doc__ or "")
    repeats = QUICK if given.quick else FULL
    targets, mentions = _targets(), _mentions()
    figures: dict[str, float] = {}
    for name in LINKERS:
        figures |= _linker(name, targets, mentions, repeats)
    figures |= _floor(targets, mentions, repeats)
    for split in SPLITS:
        ratio = figures[f"hybrid_{split}"] / figures[f"floor_{split}"]
        figures[f"hybrid_over_floor_{split}"] = round(ratio, 2)
    sizes = {"types": len(targets), "repeats": repeats}
    sizes |= {split: sum(mention.split == split for mention in mentions) for split in SPLITS}
    publish("linking_types", sizes, figures, as_json=given.json)


def _targets() -> list[Target]:
    lines = (DATA / "linking_types.jsonl").read_text(encoding="utf-8").splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [Target(row["id"], row["name"], (), row["context"], row["popularity"], tuple(row["titles"])) for row in rows]


def _mentions() -> list[Mention]:
    with (DATA / "linking_mentions.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return [
        Mention(
            row["mention"],
            frozenset(name.replace(" ", "-") for name in row["expected"].split("|")),
            row["split"],
        )
        for row in rows
    ]


def _linker(name: str, targets: Sequence[Target], mentions: Sequence[Mention], repeats: int) -> dict[str, float]:
    started = time.process_time()
    linker = build_linker(name, {}, targets)
    built = time.process_time() - started
    texts = [mention.text for mention in mentions]
    answers = [link.target_id for link in linker.link_all(texts)]
    rate = _rate(lambda: linker.link_all(texts), len(texts), repeats)
    figures = _quality(name, mentions, answers)
    return {**figures, f"{name}_mentions_per_s": rate, f"{name}_index_ms": round(built * 1000)}


def _floor(targets: Sequence[Target], mentions: Sequence[Mention], repeats: int) -> dict[str, float]:
    names = {target.id: target.name for target in targets}

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


def _quality(name: str, mentions: Sequence[Mention], answers: Answers) -> dict[str, float]:
    wrong = sum(
        answer is not None and answer not in mention.right for mention, answer in zip(mentions, answers, strict=True)
    )
    return {
        **{f"{name}_{split}": _accuracy(mentions, answers, split) for split in SPLITS},
        f"{name}_wrong_links": wrong,
    }


def _accuracy(mentions: Sequence[Mention], answers: Answers, split: str) -> float:
    """Return the share of right answers, rounded to three places."""
    hits = [
        (answer or "NIL") in mention.right
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
