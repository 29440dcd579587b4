"""Rules on what a shop may say and sell, and the thresholds on the three scores."""

from __future__ import annotations

from kg.curation.claims import Claim, Finding, RuleContext, compiled, folded, has_phrase
from kg.curation.options import Misfit
from kg.curation.rules_links import within
from kg.model import VerdictKind

__all__ = ["blocked", "confidence", "misfit", "plausibility", "typicality", "unsafe_claim"]


def blocked(claim: Claim, context: RuleContext) -> Finding | None:
    """Nothing in the claim is on the shop's own lists."""
    policy = context.options.policy
    for word in policy.blocked_words:
        if has_phrase(claim.statement.mention, word) or has_phrase(claim.explanation, word):
            return Finding(VerdictKind.DROP, f"{word!r} is on the list of blocked words")
    for node in (claim.subject_type, claim.target):
        if node is not None and _listed(node.id, node.name, policy.blocked_types):
            return Finding(VerdictKind.DROP, f"{node.name!r} is on the list of blocked product types")
    return None


def unsafe_claim(claim: Claim, context: RuleContext) -> Finding | None:
    """The text makes no medical, dosage, safety or proof claim."""
    text = f"{folded(claim.statement.mention)}. {folded(claim.explanation)}"
    for entry in context.options.policy.unsafe:
        if (match := compiled(entry.pattern).search(text)) is not None:
            return Finding(entry.verdict, f"the text {entry.name}: {match.group(0)[:60]!r}")
    return None


def misfit(claim: Claim, context: RuleContext) -> Finding | None:
    """Subject and target are no pair that needs a person's consent (insomnia and coffee)."""
    target = f"{claim.target_name} / {claim.statement.mention}"
    for entry in context.options.policy.misfits:
        if _fits(claim.subject_name, target, entry):
            return Finding(VerdictKind.REVIEW, f"{entry.name}: {claim.target_name!r}")
    return None


def plausibility(claim: Claim, context: RuleContext) -> Finding | None:
    """The claim is likely to be true."""
    threshold = context.options.of(claim.statement.relation).plausibility
    return within(claim.scores.plausibility, threshold, "plausibility")


def typicality(claim: Claim, context: RuleContext) -> Finding | None:
    """Most shoppers would agree with the claim."""
    threshold = context.options.of(claim.statement.relation).typicality
    return within(claim.scores.typicality, threshold, "typicality")


def confidence(claim: Claim, context: RuleContext) -> Finding | None:
    """All evidence together speaks for the claim."""
    threshold = context.options.of(claim.statement.relation).confidence
    return within(claim.scores.confidence, threshold, "confidence")


def _fits(subject: str, target: str, entry: Misfit) -> bool:
    return (
        any(has_phrase(subject, phrase) for phrase in entry.subject)
        and any(has_phrase(target, phrase) for phrase in entry.target)
        and not any(has_phrase(target, phrase) for phrase in entry.unless)
        and not any(has_phrase(subject, phrase) for phrase in entry.except_subject)
    )


def _listed(identifier: str, name: str, listed: tuple[str, ...]) -> bool:
    return any(identifier == entry or (has_phrase(name, entry) and has_phrase(entry, name)) for entry in listed)
