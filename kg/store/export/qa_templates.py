"""The words of questions: per relation, several ways to ask for everything, and to ask for the reason of one edge.

Names are of anything, in the singular or the plural ("cannot sleep", "salsa", "pita chips"): no template bends them.
"""

from __future__ import annotations

from dataclasses import dataclass

from kg.model import NodeKind, Relation

__all__ = ["PHRASINGS", "TEMPLATES", "Templates"]

PHRASINGS = 4
"""How many ways there are to ask for one thing."""


@dataclass(frozen=True, slots=True)
class Templates:
    """``which`` asks for all targets of a ``{subject}``, ``why`` for the reason of one ``{target}``."""

    which: tuple[str, ...]
    why: tuple[str, ...]


_PEERS: dict[Relation, Templates] = {
    Relation.COMPLEMENTS: Templates(
        (
            "What goes well with {subject}?",
            "A customer has {subject} in the basket. What else is worth offering?",
            "Which products complement {subject}?",
            "What should I buy together with {subject}?",
        ),
        (
            "Why would someone who buys {subject} also want {target}?",
            "A customer has {subject} in the basket. Why offer {target} as well?",
            "What makes {target} a good complement to {subject}?",
            "How do {subject} and {target} belong together?",
        ),
    ),
    Relation.SUBSTITUTES: Templates(
        (
            "What can I buy instead of {subject}?",
            "We are out of {subject}. What else can I offer?",
            "Which products are substitutes for {subject}?",
            "What are good alternatives to {subject}?",
        ),
        (
            "Why can {target} replace {subject}?",
            "We are out of {subject}. Why offer {target}?",
            "What makes {target} a good alternative to {subject}?",
            "Why would someone who wants {subject} settle for {target}?",
        ),
    ),
    Relation.PAIRS_WITH: Templates(
        (
            "What pairs well with {subject}?",
            "What would you serve with {subject}?",
            "Which products go nicely with {subject}?",
            "Suggest pairings for {subject}.",
        ),
        (
            "Why would {target} pair well with {subject}?",
            "What makes {subject} and {target} a good pairing?",
            "Why serve {target} with {subject}?",
            "Why do {subject} and {target} work together?",
        ),
    ),
}
_SATISFIED = Templates(
    (
        'Somebody shops for this reason: "{subject}". Which products help?',
        'What would you recommend to a customer who searches for "{subject}"?',
        'Which products suit the intent "{subject}"?',
        'A customer says: "{subject}". What should we show?',
    ),
    (
        'Why would {target} suit somebody who shops for this reason: "{subject}"?',
        'A customer searches for "{subject}". Why recommend {target}?',
        'What can {target} do for the intent "{subject}"?',
        'A customer says: "{subject}". Why show {target}?',
    ),
)
TEMPLATES: dict[tuple[NodeKind, Relation], Templates] = {
    (NodeKind.INTENT, Relation.SATISFIED_BY): _SATISFIED,
    (NodeKind.INTENT, Relation.PAIRS_WITH): _PEERS[Relation.PAIRS_WITH],
    **{(kind, relation): words for kind in (NodeKind.TYPE, NodeKind.PRODUCT) for relation, words in _PEERS.items()},
}
"""What is asked about edges, by the kind of their source and their relation; other edges need no explanation."""
