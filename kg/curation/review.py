"""The review queue: which claim a person should look at first, and the spreadsheet in which to do it."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from kg.curation.claims import Claim, Node
from kg.curation.decisions import COLUMNS, NOTES, safe_cell
from kg.curation.result import CurationResult, ReviewItem
from kg.model import Intent, ProductType, Verdict
from kg.records import atomic_path
from kg.text import clean, key

__all__ = ["review_items", "review_queue", "uncertainty", "write_review"]

_BY_SCORE = frozenset({"weak_link", "plausibility", "typicality", "confidence", "max_per_subject"})
_LEAST_DOUBT = 0.5  # bits: a rule on words may be wrong about a claim that the scores are sure of
_LEAST_REACH = 0.01  # so that uncertainty orders what nobody has bought yet


def review_queue(result: CurationResult) -> list[ReviewItem]:
    """Return what waits for a person, by priority (uncertainty x reach), highest first; ties by id."""
    return sorted(result.review, key=lambda item: (-item.priority, item.statement_id))


def write_review(path: Path, items: Iterable[ReviewItem]) -> int:
    """Write ``items`` as CSV for a spreadsheet; return how many.

    The first columns are those of the decisions file, with an empty ``action``: fill in action, who and
    when, and copy the line there (or use this file as it is). No cell is taken for a formula.
    """
    count = 0
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\r\n")
        writer.writerow((*COLUMNS, *NOTES))
        for item in items:
            writer.writerow([safe_cell(clean(cell)) for cell in _cells(item)])
            count += 1
    return count


def uncertainty(confidence: float) -> float:
    """Return the entropy of a yes with this probability, in bits (0..1): 1 at 0.5."""
    if not 0 < confidence < 1:
        return 0.0
    return -(confidence * math.log2(confidence) + (1 - confidence) * math.log2(1 - confidence))


def review_items(
    waiting: Iterable[tuple[Claim, Verdict]], types: Sequence[ProductType], intents: Sequence[Intent]
) -> tuple[ReviewItem, ...]:
    """Return the claims that wait as items, ordered by statement id."""
    top = max((intent.popularity for intent in intents), default=0.0)
    names = Counter(key(node.name) for node in (*types, *intents))
    items = [_item(claim, verdict, top, names) for claim, verdict in waiting]
    return tuple(sorted(items, key=lambda item: item.statement_id))


def _item(claim: Claim, verdict: Verdict, top: float, names: Counter[str]) -> ReviewItem:
    subject, target = claim.subject_type or claim.intent, claim.target
    reach = (_reach(subject, top) + _reach(target, top)) / 2
    doubt = uncertainty(verdict.confidence)
    if verdict.rule not in _BY_SCORE:
        doubt = max(doubt, _LEAST_DOUBT)
    return ReviewItem(
        statement_id=claim.id,
        relation=claim.statement.relation,
        subject=_called(subject, claim.subject_name, names),
        target=_called(target, claim.target_name, names),
        explanation=claim.explanation,
        mention=claim.statement.mention,
        verdict=verdict.verdict,
        rule=verdict.rule,
        reason=verdict.reason,
        plausibility=verdict.plausibility,
        typicality=verdict.typicality,
        confidence=verdict.confidence,
        reach=round(reach, 6),
        priority=round(doubt * max(reach, _LEAST_REACH), 6),
    )


def _called(node: Node | None, name: str, names: Counter[str]) -> str:
    """Return the name when it means one node only, else the id."""
    return name if node is None or names[key(node.name)] == 1 else node.id


def _reach(node: Node | None, top: float) -> float:
    """Return a type's reach, or an intent's popularity as a share of the highest; 0..1."""
    match node:
        case ProductType():
            return max(0.0, min(1.0, node.reach))
        case Intent():
            return max(0.0, min(1.0, node.popularity / top)) if top > 0 else 0.0
        case None:  # pragma: no cover - NIL never waits for review
            return 0.0


def _cells(item: ReviewItem) -> list[str]:
    decided = ["", item.relation.value, item.subject, item.target, item.explanation, "", "", ""]
    notes = [item.mention, item.verdict.value, item.rule, item.reason]
    scores = (item.plausibility, item.typicality, item.confidence, item.reach, item.priority)
    return [*decided, *notes, *(f"{value:.4f}" for value in scores), item.statement_id]
