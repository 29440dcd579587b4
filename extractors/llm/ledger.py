"""What the cache holds and what it has cost, counted in one pass over the file.

The counted part of an answer is decoded here: that takes a microsecond and no JSON functions of SQLite's, which
cost as much and are not in every build of it.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from extractors.llm.cachefile import CacheFile
from extractors.llm.replies import Usage
from kg.errors import ArtefactError

__all__ = ["Average", "Bill", "Billed", "CacheStats", "add_bill", "averages", "billed", "held", "split_item", "stats"]

Bill = tuple[str, str, Usage]
"""One call to be billed: the model, the kind of reply, the tokens."""

_ANSWERS = "SELECT model, source, answer FROM answers"


@dataclass(frozen=True, slots=True)
class Billed:
    """All calls of one kind to one model that brought a reply, usable or not, since the cache has counted them."""

    model: str
    kind: str
    calls: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What is held of one model. Tokens are those its answers were made with, billed ones those of all its replies.

    ``recorded`` answers came with an import. The billed figures hold nothing of what an older version has asked.
    """

    model: str
    answers: int = 0
    recorded: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    dead_letters: int = 0
    billed_calls: int = 0
    billed_prompt_tokens: int = 0
    billed_completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Average:
    """What the answers of one relation and step were like: means per answer, to estimate what more of them will cost.

    ``names`` is the mean count of names in an answer; ``yes`` the share (0..1) that reaches the threshold, of the
    answers that are a probability.
    """

    relation: str
    step: str
    answers: int
    prompt_tokens: float
    completion_tokens: float
    names: float
    yes: float


class _Figures(msgspec.Struct):
    """The part of an answer that is counted."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    names: list[str] = []
    yes: float | None = None


_figures = msgspec.json.Decoder(_Figures)


def add_bill(db: sqlite3.Connection, bill: Bill, calls: int = 1) -> None:
    """Add ``calls`` calls, with the tokens of all of them, to the totals."""
    model, kind, usage = bill
    db.execute(
        "INSERT INTO billed VALUES (?, ?, ?, ?, ?) ON CONFLICT (model, kind) DO UPDATE SET"
        " calls = calls + excluded.calls, prompt_tokens = prompt_tokens + excluded.prompt_tokens,"
        " completion_tokens = completion_tokens + excluded.completion_tokens",
        (model, kind, calls, usage.prompt_tokens, usage.completion_tokens),
    )


def billed(file: CacheFile) -> list[Billed]:
    """Return the totals of what was billed, by model and kind."""
    return [Billed(*row) for row in file.read("SELECT * FROM billed ORDER BY model, kind")]


def stats(file: CacheFile) -> list[CacheStats]:
    """Return what the file holds and what was billed for each model, by name."""
    totals = _answers(file, "", ())
    for model, count in file.read("SELECT model, count(*) FROM dead GROUP BY model"):
        totals[model]["dead_letters"] = count
    for each in billed(file):
        total = totals[each.model]
        total["billed_calls"] += each.calls
        total["billed_prompt_tokens"] += each.prompt_tokens
        total["billed_completion_tokens"] += each.completion_tokens
    return _by_model(totals)


def held(file: CacheFile, table: str, where: str, values: Sequence[object]) -> list[CacheStats]:
    """Return what of ``table`` (answers or dead) a WHERE clause selects of each model, by name."""
    if table == "answers":
        return _by_model(_answers(file, where, values))
    rows = file.read(f"SELECT model, count(*) FROM dead {where} GROUP BY model ORDER BY model", values)
    return [CacheStats(model, dead_letters=count) for model, count in rows]


def averages(file: CacheFile, model: str, yes_from: float) -> list[Average]:
    """Return what the answers of ``model`` were like, by relation and step."""
    sums: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for item, raw in file.stream("SELECT item, answer FROM answers WHERE model = ?", (model,)):
        relation, _, step = split_item(item)
        figures, total = _counted(file, raw), sums[relation, step]
        total["answers"] += 1
        total["prompt"] += figures.prompt_tokens
        total["completion"] += figures.completion_tokens
        total["names"] += len(figures.names)
        if figures.yes is not None:
            total["checks"] += 1
            total["yes"] += figures.yes >= yes_from
    return [_average(relation, step, total) for (relation, step), total in sorted(sums.items())]


def split_item(item: str) -> tuple[str, str, str]:
    """Return relation, subject and step: ``SATISFIED_BY: insomnia -> tea [names]``. What is not there is empty."""
    head, bracket, step = item.rpartition(" [")
    if not (bracket and step.endswith("]")):
        head, step = item, ""
    relation, colon, rest = head.partition(": ")
    if not colon:
        relation, rest = "", head
    return relation, rest.partition(" -> ")[0], step.removesuffix("]")


def _counted(file: CacheFile, raw: bytes) -> _Figures:
    try:
        return _figures.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ArtefactError(
            f"{file.path} holds a damaged answer: {error}", remedy="move it away, or restore it from a copy"
        ) from error


def _answers(file: CacheFile, where: str, values: Sequence[object]) -> defaultdict[str, Counter[str]]:
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for model, source, raw in file.stream(f"{_ANSWERS} {where}", values):
        figures, total = _counted(file, raw), totals[model]
        total["answers"] += 1
        total["recorded"] += source == "recorded"
        total["prompt_tokens"] += figures.prompt_tokens
        total["completion_tokens"] += figures.completion_tokens
    return totals


def _by_model(totals: defaultdict[str, Counter[str]]) -> list[CacheStats]:
    return [CacheStats(model, **total) for model, total in sorted(totals.items())]


def _average(relation: str, step: str, total: Counter[str]) -> Average:
    count = total["answers"]
    return Average(
        relation,
        step,
        count,
        prompt_tokens=total["prompt"] / count,
        completion_tokens=total["completion"] / count,
        names=total["names"] / count,
        yes=total["yes"] / total["checks"] if total["checks"] else 0.0,
    )
