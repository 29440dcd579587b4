"""Rules on what the claim connects: the shape of the relation, the link, the subject and its look-alikes."""

from __future__ import annotations

from kg.curation.claims import Claim, Finding, RuleContext, allowed_start, word_set, words
from kg.curation.options import Threshold, VariantOptions
from kg.model import NodeKind, Relation, VerdictKind

__all__ = [
    "lookalike",
    "nil",
    "other_department",
    "same_head",
    "self_loop",
    "shape",
    "variant",
    "weak_link",
    "within",
]


def shape(claim: Claim, context: RuleContext) -> Finding | None:  # noqa: ARG001 - one signature for all rules
    """The relation starts and ends where it may (COMPLEMENTS between types, PAIRS_WITH from a dish)."""
    relation = claim.statement.relation
    node = claim.subject_type or claim.intent
    if node is None or not allowed_start(relation, node):
        return Finding(VerdictKind.DROP, f"{relation.value} cannot start at {claim.subject_name!r}")
    if claim.link.target_kind is not NodeKind.TYPE:
        return Finding(VerdictKind.DROP, "a type-level claim must end at a product type")
    return None


def nil(claim: Claim, context: RuleContext) -> Finding | None:  # noqa: ARG001
    """The mention means something that the catalogue has."""
    if claim.target is None:
        why = f" ({claim.link.reason})" if claim.link.reason else ""
        return Finding(VerdictKind.DROP, f"the catalogue has no {claim.statement.mention!r}{why}")
    return None


def self_loop(claim: Claim, context: RuleContext) -> Finding | None:  # noqa: ARG001
    """The target is not the subject, in id or in words; an intent may be satisfied by what it names."""
    mention, subject = claim.statement.mention, claim.statement.subject
    if claim.subject_type is not None and claim.target is claim.subject_type:
        return Finding(VerdictKind.DROP, f"{mention!r} is the subject itself")
    if claim.statement.relation is Relation.SATISFIED_BY:
        return None
    if words(mention) in {words(subject), words(claim.subject_name)}:
        return Finding(VerdictKind.DROP, f"{mention!r} says the same as the subject")
    return None


def variant(claim: Claim, context: RuleContext) -> Finding | None:
    """The target is more than the subject in another colour, size, flavour or pack."""
    if claim.subject_type is None:
        return None
    subject = words(claim.subject_name)
    for name in (claim.target_name, claim.statement.mention):
        if _is_variant(subject, words(name), context.options.variants):
            return Finding(
                VerdictKind.DROP,
                f"{name!r} is {claim.subject_name!r} in another colour, size, flavour or pack",
            )
    return None


def weak_link(claim: Claim, context: RuleContext) -> Finding | None:
    """The linker is sure enough that the mention means this product type."""
    threshold = context.options.of(claim.statement.relation).link
    names = f"{claim.statement.mention!r} -> {claim.target_name!r}"
    return within(claim.link.confidence, threshold, f"link confidence of {names}")


def lookalike(claim: Claim, context: RuleContext) -> Finding | None:  # noqa: ARG001
    """A target that ends in the subject's name stands on its shelf (butter, but peanut butter)."""
    subject, target = claim.subject_type, claim.target
    if subject is None or target is None or shelf(subject.category) == shelf(target.category):
        return None
    short, long = sorted((words(subject.name), words(target.name)), key=len)
    if short and len(short) < len(long) and long[-len(short) :] == short:
        return Finding(VerdictKind.REVIEW, f"{target.name!r} shares its name with {subject.name!r}, but not its shelf")
    return None


def same_head(claim: Claim, context: RuleContext) -> Finding | None:  # noqa: ARG001
    """A complement is another kind of thing: two names with one last word are rather substitutes."""
    if claim.statement.relation is not Relation.COMPLEMENTS or claim.target is None:
        return None
    subject, target = words(claim.subject_name), words(claim.target.name)
    if subject and target and subject[-1] == target[-1]:
        return Finding(VerdictKind.REVIEW, f"subject and target are both {subject[-1]!r}: a substitute?")
    return None


def other_department(claim: Claim, context: RuleContext) -> Finding | None:  # noqa: ARG001
    """A substitute comes from the same department (the first step of the category)."""
    subject, target = claim.subject_type, claim.target
    if claim.statement.relation is not Relation.SUBSTITUTES or subject is None or target is None:
        return None
    here, there = (shelf(node.category)[:1] for node in (subject, target))
    if here and there and here != there:
        return Finding(VerdictKind.REVIEW, f"a substitute from another department ({there[0]})")
    return None


def within(value: float, threshold: Threshold, what: str) -> Finding | None:
    """Return what a threshold says about a score; a value that is no number counts as too low."""
    if value >= threshold.keep:
        return None
    if value >= threshold.drop:
        return Finding(VerdictKind.REVIEW, f"{what} is {value:.2f}, below {threshold.keep:.2f}")
    return Finding(VerdictKind.DROP, f"{what} is {value:.2f}, below {threshold.drop:.2f}")


def shelf(category: str) -> tuple[str, ...]:
    """Return the first two steps of a category path."""
    return tuple(step.strip() for step in category.split(">") if step.strip())[:2]


def _is_variant(subject: tuple[str, ...], other: tuple[str, ...], options: VariantOptions) -> bool:
    """Whether the two differ, and only by qualifiers before the same last word."""
    if not subject or not other or subject[-1] != other[-1] or subject == other:
        return False
    qualifiers = word_set(options.sizes)
    if subject[-1] not in word_set(options.kind_heads):
        qualifiers |= word_set(options.looks)
    bare = [[word for word in name if not _qualifies(word, qualifiers)] for name in (subject[:-1], other[:-1])]
    return bare[0] == bare[1]


def _qualifies(word: str, qualifiers: frozenset[str]) -> bool:
    return word in qualifiers or word[:1].isdigit()
