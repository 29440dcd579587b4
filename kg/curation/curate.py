"""The stage: run the rules over all claims, let people's decisions win, make edges of what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from kg.curation.claims import (
    Claim,
    EdgeKey,
    Finding,
    PairKey,
    Peers,
    RuleContext,
    edge_key,
    pair_key,
    words,
)
from kg.curation.edges import make_edges
from kg.curation.gather import CurationContext, gather
from kg.curation.resolve import warning
from kg.curation.result import CurationResult
from kg.curation.review import review_items
from kg.curation.rules import DECISION, RULES, Rule, apply
from kg.curation.rules_text import claim_skeleton
from kg.model import (
    Decision,
    DecisionAction,
    Failure,
    Link,
    Relation,
    StageCounts,
    Statement,
    Verdict,
    VerdictKind,
)
from kg.text import key

__all__ = ["CurationContext", "curate"]

_VERBS = {
    DecisionAction.ACCEPT: "accepted",
    DecisionAction.REJECT: "rejected",
    DecisionAction.EDIT: "edited",
    DecisionAction.PIN: "pinned",
}


@dataclass(slots=True)
class _Case:
    """A claim on its way through the rules. ``rule`` and ``finding`` are the ones that decide so far."""

    claim: Claim
    rule: str = ""
    finding: Finding | None = None
    passed: list[str] = field(default_factory=list[str])

    @property
    def verdict(self) -> VerdictKind:
        return VerdictKind.KEEP if self.finding is None else self.finding.verdict

    @property
    def alive(self) -> bool:
        return self.verdict is not VerdictKind.DROP

    def take(self, rule: str, finding: Finding) -> None:
        """The first DROP decides, else the first REVIEW."""
        if self.finding is None or (self.alive and finding.verdict is VerdictKind.DROP):
            self.rule, self.finding = rule, finding


def curate(
    statements: Iterable[Statement],
    links: Mapping[str, Link],
    context: CurationContext,
    progress: Callable[[int], None] | None = None,
) -> CurationResult:
    """Judge every statement: KEEP, REVIEW or DROP, each with rule and reason, and make edges of what is kept.

    Args:
        statements: what the model said; their order does not matter.
        links: the link of each statement, by statement id.
        context: catalogue, engagement, human decisions, settings.
        progress: called with the number of statements taken in since the last call.

    Returns:
        The result obeys ``taken = kept + review + dropped + failed``, has one edge at most per relation,
        source and target, and never a pair of types that is both substitute and complement.
    """
    gathered = gather(statements, links, context, progress)
    cases = [_Case(claim) for claim in gathered.claims]
    rule_context = _rule_context(gathered.claims, context)
    for case in cases:
        _judge(case, rule_context)
    for rule in (rule for rule in RULES if rule.peers):
        _judge_peers(cases, rule, replace(rule_context, peers=_peers(cases)))
    return CurationResult(
        verdicts=tuple(sorted((_verdict(case) for case in cases), key=lambda each: each.statement_id)),
        edges=make_edges([case.claim for case in cases if case.verdict is VerdictKind.KEEP], _merged(cases)),
        failures=tuple(gathered.failures),
        counts=_counts(gathered.taken, cases, gathered.failures),
        warnings=(*gathered.warnings, *_wordless(cases)),
        decisions=gathered.decisions,
        review=review_items(
            [(case.claim, _verdict(case)) for case in cases if case.verdict is VerdictKind.REVIEW],
            context.types,
            context.intents,
        ),
    )


def _rule_context(claims: Iterable[Claim], context: CurationContext) -> RuleContext:
    targets: dict[tuple[tuple[Relation, str] | None, str], set[str]] = {}
    for claim in claims:
        if not (bones := claim_skeleton(claim)):
            continue
        target = claim.statement.mention if claim.target is None else claim.target.id
        for scope in ((claim.statement.relation, claim.statement.subject_id), None):
            targets.setdefault((scope, bones), set()).add(target)
    return RuleContext(
        options=context.options,
        type_names={key(node.name): node.id for node in context.types},
        copies={scope: len(found) for scope, found in targets.items()},
        examples=frozenset(" ".join(words(example)) for example in context.examples) - {""},
    )


def _judge(case: _Case, context: RuleContext) -> None:
    """Run the rules that look at one claim alone. On a decided claim they only note what it passed."""
    claim = case.claim
    for rule in RULES:
        if rule.peers or not case.alive:
            continue
        finding = apply(rule, claim, context)
        if finding is None:
            case.passed.append(rule.name)
        elif claim.decision is None:
            case.take(rule.name, finding)
    if claim.decision is not None and (finding := _decided(claim, claim.decision)) is not None:
        case.take(DECISION, finding)


def _decided(claim: Claim, decision: Decision) -> Finding | None:
    """Return why a person's decision does not keep the claim, or ``None``."""
    if decision.action is DecisionAction.REJECT:
        return Finding(VerdictKind.DROP, _said(decision))
    if not words(claim.explanation):
        return Finding(VerdictKind.REVIEW, f"{_said(decision)}; but there is no explanation to show")
    return None


def _said(decision: Decision) -> str:
    why = f": {decision.why}" if decision.why else ""
    return f"{_VERBS[decision.action]} by {decision.who} on {decision.when}{why}"


def _wordless(cases: Iterable[_Case]) -> list[Failure]:
    """Warn of decisions that would keep a claim, had it a sentence to show."""
    found = [case.claim.decision for case in cases if case.rule == DECISION and case.claim.forced and case.finding]
    remedy = "neither the claim nor the line has an explanation; write one on the line"
    return [warning(decision, "no explanation", remedy) for decision in found if decision is not None]


def _judge_peers(cases: Iterable[_Case], rule: Rule, context: RuleContext) -> None:
    for case in cases:
        if not case.alive:
            continue
        finding = apply(rule, case.claim, context)
        if finding is None:
            case.passed.append(rule.name)
        else:
            case.take(rule.name, finding)


def _peers(cases: Iterable[_Case]) -> Peers:
    """Return how the claims that are alive stand to each other."""
    alive = sorted((case for case in cases if case.alive), key=_worse)
    best: dict[EdgeKey, str] = {}
    stronger: dict[PairKey, Relation] = {}
    place: dict[str, int] = {}
    filled: dict[tuple[Relation, str, str], int] = {}
    for case in alive:
        relation, kind, source, target = edge_key(case.claim)
        best.setdefault((relation, kind, source, target), case.claim.id)
        if relation in {Relation.COMPLEMENTS, Relation.SUBSTITUTES}:
            stronger.setdefault(pair_key(source, target), relation)
        if case.verdict is VerdictKind.KEEP:
            subject = (relation, str(kind), source)
            place[case.claim.id] = filled[subject] = filled.get(subject, 0) + 1
    return Peers(best, stronger, place)


def _worse(case: _Case) -> tuple[bool, bool, bool, bool, float, bool, str, str]:
    """Order claims from best to worst: a person's word, KEEP, confidence; ties by complement and id."""
    claim = case.claim
    pinned = claim.decision is not None and claim.decision.action is DecisionAction.PIN
    return (
        not claim.forced,
        not pinned,
        case.verdict is not VerdictKind.KEEP,
        not claim.explanation,
        -claim.scores.confidence,
        claim.statement.relation is not Relation.COMPLEMENTS,
        claim.target.id if claim.target else "",
        claim.id,
    )


def _verdict(case: _Case) -> Verdict:
    claim = case.claim
    rule, reason = "passed", "passed all rules"
    if case.finding is not None:
        rule, reason = case.rule, case.finding.reason
    elif claim.decision is not None:
        rule, reason = DECISION, _said(claim.decision)
    return Verdict(
        statement_id=claim.id,
        verdict=case.verdict,
        rule=rule,
        reason=reason,
        target_id=claim.link.target_id,
        plausibility=claim.scores.plausibility,
        typicality=claim.scores.typicality,
        confidence=claim.scores.confidence,
        passed=tuple(case.passed),
    )


def _merged(cases: Iterable[_Case]) -> dict[EdgeKey, list[Claim]]:
    """Return the claims that were dropped as duplicates, by their edge."""
    merged: dict[EdgeKey, list[Claim]] = {}
    for case in cases:
        if case.rule == "duplicate":
            merged.setdefault(edge_key(case.claim), []).append(case.claim)
    return merged


def _counts(taken: int, cases: Iterable[_Case], failures: Iterable[Failure]) -> StageCounts:
    verdicts = [case.verdict for case in cases]
    return StageCounts(
        taken=taken,
        kept=verdicts.count(VerdictKind.KEEP),
        review=verdicts.count(VerdictKind.REVIEW),
        dropped=verdicts.count(VerdictKind.DROP),
        failed=sum(1 for _ in failures),
    )
