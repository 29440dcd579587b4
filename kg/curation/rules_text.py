"""Rules on the sentence: is it plain text, is it about this pair, does it say anything."""

from __future__ import annotations

from extractors.screen import LONGEST, fault
from kg.curation import wordlists
from kg.curation.claims import Claim, Finding, RuleContext, compiled, folded, skeleton, word_set, words
from kg.model import Relation, VerdictKind
from kg.text import clean

__all__ = [
    "contradiction",
    "copied",
    "elsewhere",
    "generic_explanation",
    "long_explanation",
    "model_talk",
    "no_explanation",
    "not_plain_text",
    "prompt_leak",
    "repetitive",
    "short_explanation",
]

# Of what the screen of extraction finds; what a model says of itself is for :func:`model_talk` to judge.
_FOREIGN = {"control", "url", "e-mail", "markup", "template", "code", "price", "account", "phone"}
_LONGEST_NAME = 4  # words of a product type's name that are looked for in a sentence
_REPEATED = 3  # words of a phrase that a sentence should not say twice
_LEAKED_WORDS = 3  # from which a phrase of an example inside a sentence is no chance


def not_plain_text(claim: Claim, context: RuleContext) -> Finding | None:  # noqa: ARG001 - one signature for all rules
    """Neither mention nor explanation carries an address, markup, code, a price, an account or a phone number."""
    for text in (claim.explanation, claim.statement.mention):
        found = fault(clean(text[:LONGEST]))
        if found and found[0] in _FOREIGN:
            return Finding(VerdictKind.DROP, found[1])
    return None


def model_talk(claim: Claim, context: RuleContext) -> Finding | None:
    """The explanation speaks of the products, not of the model, its task or its reply's format."""
    text = folded(claim.explanation)
    for pattern in context.options.policy.model_talk:
        if compiled(pattern).search(text):
            return Finding(VerdictKind.DROP, "the explanation speaks of the model or its task")
    return None


def no_explanation(claim: Claim, context: RuleContext) -> Finding | None:  # noqa: ARG001
    """There is a sentence to show: every edge can answer why."""
    if not words(claim.explanation):
        return Finding(VerdictKind.REVIEW, "there is no explanation to show")
    return None


def short_explanation(claim: Claim, context: RuleContext) -> Finding | None:
    """The explanation has as many words as a sentence needs."""
    count, least = len(words(claim.explanation)), context.options.explanation.min_words
    if 0 < count < least:
        return Finding(VerdictKind.REVIEW, f"the explanation has {count} words, fewer than {least}")
    return None


def long_explanation(claim: Claim, context: RuleContext) -> Finding | None:
    """The explanation is one sentence that a shopper would read."""
    limits, text = context.options.explanation, claim.explanation
    if len(text) > limits.max_characters:
        return Finding(VerdictKind.REVIEW, f"the explanation is longer than {limits.max_characters} characters")
    if len(words(text)) > limits.max_words:
        return Finding(VerdictKind.REVIEW, f"the explanation has more than {limits.max_words} words")
    return None


def generic_explanation(claim: Claim, context: RuleContext) -> Finding | None:
    """Something is left of the explanation without the names of both ends and the words that say nothing."""
    said = set(words(claim.explanation))
    if said and not said - _names(claim) - word_set(context.options.policy.filler):
        return Finding(VerdictKind.REVIEW, "the explanation says nothing beyond the two names")
    return None


def repetitive(claim: Claim, context: RuleContext) -> Finding | None:  # noqa: ARG001
    """No phrase of three words stands twice in the explanation ("can help improve ... can help improve")."""
    said = words(claim.explanation)
    phrases = [said[start : start + _REPEATED] for start in range(len(said) - _REPEATED + 1)]
    seen: set[tuple[str, ...]] = set()
    names = _names(claim)
    for phrase in phrases:
        if phrase in seen and not names.issuperset(phrase):
            return Finding(VerdictKind.REVIEW, f"the explanation repeats {' '.join(phrase)!r}")
        seen.add(phrase)
    return None


def copied(claim: Claim, context: RuleContext) -> Finding | None:
    """The reason, without the names, does not stand at several targets."""
    bones = claim_skeleton(claim)
    if not bones:
        return None
    limits, statement = context.options.explanation, claim.statement
    near = context.copies.get(((statement.relation, statement.subject_id), bones), 0)
    if near >= limits.copies:
        return Finding(VerdictKind.REVIEW, f"{near} targets of this subject have the same reason")
    everywhere = context.copies.get((None, bones), 0)
    if everywhere >= limits.copies_across:
        return Finding(VerdictKind.REVIEW, f"{everywhere} targets in this build have the same reason")
    return None


def prompt_leak(claim: Claim, context: RuleContext) -> Finding | None:
    """Neither reason nor mention is one of the examples in the prompt (ground coffee -> flour).

    A longer phrase of an example inside a reason is a leak as well ("... for a quiet night in a tent").
    """
    said = " ".join(words(claim.explanation))
    if said and said in context.examples:
        return Finding(VerdictKind.DROP, "the explanation is an example of the prompt")
    if leaked := [e for e in context.examples if e.count(" ") + 1 >= _LEAKED_WORDS and f" {e} " in f" {said} "]:
        return Finding(VerdictKind.REVIEW, f"the explanation speaks of an example of the prompt: {min(leaked)!r}")
    if " ".join(words(claim.statement.mention)) in context.examples:
        return Finding(VerdictKind.REVIEW, "the mention is an example of the prompt")
    return None


def contradiction(claim: Claim, context: RuleContext) -> Finding | None:
    """The reason does not promise a thing and its opposite; substitutes may, for they compare."""
    if claim.statement.relation is Relation.SUBSTITUTES:
        return None
    policy = context.options.policy
    said = set(words(claim.explanation))
    if said & word_set(policy.negations):
        return None
    around = said | set(words(claim.subject_name))
    for left, right in policy.opposites:
        one, other = word_set(left), word_set(right)
        if (said & one and around & other) or (said & other and around & one):
            pair = min(around & one), min(around & other)
            return Finding(VerdictKind.REVIEW, f"the reason speaks of {pair[0]!r} and of {pair[1]!r}")
    return None


def elsewhere(claim: Claim, context: RuleContext) -> Finding | None:
    """The explanation is not about another product type than the claim's two ends."""
    said = words(claim.explanation)
    if not said or set(said) & (_names(claim) | set(wordlists.PRONOUNS)):
        return None
    for size in range(_LONGEST_NAME, 0, -1):
        for start in range(len(said) - size + 1):
            name = " ".join(said[start : start + size])
            if name in context.type_names:
                return Finding(VerdictKind.REVIEW, f"the explanation speaks of {name!r} and of neither end")
    return None


def claim_skeleton(claim: Claim) -> str:
    """Return the explanation without the words of the claim's two ends; empty when nothing is left."""
    bones = skeleton(claim.explanation, claim.subject_name, claim.target_name, claim.statement.mention)
    return bones if bones.replace("*", "").strip() else ""


def _names(claim: Claim) -> set[str]:
    statement = claim.statement
    names = (claim.subject_name, claim.target_name, statement.subject, statement.mention)
    return {word for name in names for word in words(name)}
