"""What two models disagree on: the most telling edges that only one of them keeps, and the whole in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from kg.evaluate.models import Agreement, EdgeKey, Figures, Run, edge_key
from kg.model import Edge, Relation, Verdict, VerdictKind

__all__ = ["Difference", "differences", "in_a_sentence"]

_FRACTIONS = (
    (0.1, "a tenth of"),
    (0.2, "a fifth of"),
    (0.25, "a quarter of"),
    (1 / 3, "a third of"),
    (0.5, "half"),
    (2 / 3, "two thirds of"),
    (0.75, "three quarters of"),
    (2.0, "twice"),
    (3.0, "three times"),
)
_NEAR = 0.06
_WORST = (VerdictKind.DROP, VerdictKind.REVIEW, VerdictKind.KEEP)


@dataclass(frozen=True, slots=True)
class Difference:
    """An edge that only ``kept_by`` keeps. ``plausibility_a`` and ``_b`` are the models' yes on it, if they were asked.

    ``other`` says what became of it with the other model.
    """

    kept_by: str
    relation: Relation
    subject: str
    target: str
    mention: str
    plausibility_a: float | None
    plausibility_b: float | None
    confidence: float
    other: str
    explanation: str


def differences(a: Run, b: Run, types: Mapping[str, str], most: int = 10) -> list[Difference]:
    """Return up to ``most`` edges that only ``a`` keeps, then as many that only ``b`` keeps.

    First come those on which the two models' yes-probabilities are furthest apart, of equal ones the more confident.
    ``types`` are the names of product types by id.
    """
    return [*_only(a, b, (a, b), types)[:most], *_only(b, a, (a, b), types)[:most]]


def in_a_sentence(a: Figures, b: Figures, agreed: Agreement, currency: str) -> str:
    """Return what matters for the choice between two models in plain words."""
    if not a.edges:
        return f"{a.name} keeps no edge, {b.name} keeps {b.edges:,}: there is nothing to compare"
    kept = f"{b.name} keeps {agreed.a_kept_by_b.value or 0:.0%} of {a.name}'s edges"
    extra = b.edges - sum(each.edges_both for each in agreed.relations)
    more = f" and {extra:,} of its own" if extra else ""
    worst = min(
        (each for each in agreed.relations if each.kept.value is not None), key=lambda each: each.kept.value or 0
    )
    apart = (
        "they keep the same edges"
        if worst.kept.value == 1
        else f"they disagree most on {worst.relation.value}, where {worst.kept.value or 0:.0%} of all edges are both's"
    )
    return f"{kept}{more}{_cost(a, b, currency)}; {apart}"


def _only(one: Run, other: Run, both: tuple[Run, Run], types: Mapping[str, str]) -> list[Difference]:
    statements = {each.id: each for each in one.statements}
    judged = both[0].judged, both[1].judged
    fates, theirs = _fates(other), {edge_key(edge) for edge in other.edges}
    found: list[tuple[float, float, EdgeKey, Difference]] = []
    for edge in one.edges:
        name = edge_key(edge)
        if name in theirs:
            continue
        said = [statements[each] for each in edge.statement_ids if each in statements]
        best = max(said, key=lambda each: (_gap(judged, each.id), each.id))
        difference = Difference(
            kept_by=one.name,
            relation=edge.relation,
            subject=best.subject,
            target=types.get(edge.target_id, edge.target_id),
            mention=best.mention,
            plausibility_a=judged[0].get(best.id),
            plausibility_b=judged[1].get(best.id),
            confidence=edge.confidence,
            other=_fate(edge, fates, other.name),
            explanation=edge.explanation,
        )
        found.append((-_gap(judged, best.id), -edge.confidence, name, difference))
    return [each for *_, each in sorted(found, key=lambda each: each[:3])]


def _gap(judged: tuple[Mapping[str, float], Mapping[str, float]], statement: str) -> float:
    """Return how far apart the two models' probabilities are; 0 where one was not asked."""
    first, second = (each.get(statement) for each in judged)
    return 0.0 if first is None or second is None else abs(first - second)


def _fates(run: Run) -> dict[EdgeKey, Verdict]:
    """Return what became of each linked claim of a model, the best where it was made in several words."""
    fates: dict[EdgeKey, Verdict] = {}
    for each in run.statements:
        verdict = run.verdicts.get(each.id)
        if verdict is None or verdict.target_id is None:
            continue
        name = each.relation, each.subject_kind, each.subject_id, verdict.target_id
        if name not in fates or _WORST.index(verdict.verdict) > _WORST.index(fates[name].verdict):
            fates[name] = verdict
    return fates


def _fate(edge: Edge, fates: Mapping[EdgeKey, Verdict], other: str) -> str:
    verdict = fates.get(edge_key(edge))
    if verdict is None:
        return f"{other} does not name it"
    if verdict.verdict is VerdictKind.KEEP:
        return f"{other} names it; the checks of the whole graph took it away"
    what = "waits for review" if verdict.verdict is VerdictKind.REVIEW else "is dropped"
    return f"{other} names it; it {what}: {verdict.rule}: {verdict.reason}"


def _cost(a: Figures, b: Figures, currency: str) -> str:
    """Return what B costs beside A: in money where both prices are known and A's is not nothing, else in tokens."""
    if a.money and b.money is not None:
        return f" at {_times(b.money / a.money)} cost" if b.money else " and costs nothing"
    if a.money is not None and b.money:
        return f" for {b.money:.3g} {currency}, where {a.name} costs nothing"
    tokens = [figures.prompt_tokens + figures.completion_tokens for figures in (a, b)]
    return f" with {_times(Decimal(tokens[1]) / tokens[0])} tokens" if tokens[0] else ""


def _times(ratio: Decimal) -> str:
    """Return a ratio in words: ``a third of the``, ``the same``, ``1.4 times the``."""
    value = float(ratio)
    if abs(value - 1) <= _NEAR:
        return "the same"
    apart, words = min((abs(value - each) / each, words) for each, words in _FRACTIONS)
    return f"{words} the" if apart <= _NEAR else f"{value:.2g} times the"
