"""A small shop with claims about it, for the tests of curation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kg.curation.claims import Claim, Finding, RuleContext, Scores
from kg.curation.curate import CurationContext, curate
from kg.curation.options import CurationOptions
from kg.curation.result import CurationResult
from kg.curation.rules import RULES
from kg.model import (
    Decision,
    DecisionAction,
    Edge,
    Intent,
    IntentId,
    IntentKind,
    Link,
    NodeKind,
    ProductType,
    Provenance,
    Relation,
    Statement,
    TypeId,
    TypeSupport,
    Verdict,
)
from kg.records import digest
from kg.text import key, slug

_TYPES = {
    "Groceries > Snacks > Chips & Crisps": ["tortilla chips", "pita chips", "blue tortilla chips", "rice cakes"],
    "Groceries > Dips & Spreads > Dips": ["salsa", "guacamole", "peanut butter", "hummus"],
    "Groceries > Dairy > Milk & Butter": ["butter", "whole milk", "cheddar cheese"],
    "Groceries > Plant Based > Drinks": ["oat milk", "soy milk"],
    "Groceries > Coffee & Tea > Coffee": ["ground coffee", "decaf coffee", "herbal tea", "black tea", "green tea"],
    "Groceries > Beer & Wine > Wine": ["red wine", "white wine"],
    "Health & Beauty > Bath > Salts": ["epsom salt", "melatonin", "pain relievers"],
    "Electronics > Printing > Ink": ["printers", "ink cartridges"],
    "Pet > Dog > Food": ["dog treats", "dark chocolate"],
}
TYPES = tuple(
    ProductType(TypeId(slug(name)), name, category, products=3, reach=0.5, aliases=())
    for category, names in _TYPES.items()
    for name in names
)
INTENTS = (
    Intent(IntentId("i-insomnia"), "insomnia", IntentKind.NEED, popularity=640),
    Intent(IntentId("i-salmon"), "grilled salmon", IntentKind.DISH, popularity=320),
    Intent(IntentId("i-vegans"), "vegans", IntentKind.AUDIENCE, popularity=100),
)
REASON = "Scooping crunchy corn into something cool makes an evening with friends."
_BY_NAME = {key(node.name): node for node in TYPES}
_INTENT_BY_NAME = {key(node.name): node for node in INTENTS}


def statement(
    subject: str,
    mention: str,
    relation: Relation = Relation.COMPLEMENTS,
    explanation: str | None = None,
    plausibility: float | None = 0.95,
    typicality: float | None = 0.9,
) -> Statement:
    """Return what a model might say about a subject of the shop; without an explanation, a good one of its own."""
    intent, product_type = _INTENT_BY_NAME.get(key(subject)), _BY_NAME.get(key(subject))
    node = intent or product_type
    assert node is not None
    seen = mention.encode("utf-8", "replace").decode()  # a record cannot hold half a character
    unique = digest(subject, seen)[:6]
    return Statement(
        id=digest(relation, node.id, key(seen))[:16],
        relation=relation,
        subject_kind=NodeKind.INTENT if intent else NodeKind.TYPE,
        subject_id=node.id,
        subject=subject,
        mention=mention,
        rank=1,
        provenance=Provenance("stand-in", "0" * 16),
        explanation=REASON.replace("cool", f"cool{unique}") if explanation is None else explanation,
        plausibility=plausibility,
        typicality=typicality,
    )


def link(mention: str, target: str | None = None, confidence: float = 0.95) -> Link:
    """Return the link of a mention to a type of the shop, or NIL when there is none of that name."""
    node = _BY_NAME.get(key(target or mention))
    return Link(mention, NodeKind.TYPE, node.id if node else None, confidence if node else 0.0)


def links(statements: Sequence[Statement]) -> dict[str, Link]:
    """Return the link of each statement, by the mention's name."""
    return {each.id: link(each.mention) for each in statements}


def claim(made: Statement, linked: Link | None = None, scores: Scores | None = None) -> Claim:
    """Return a statement as a claim between the nodes of the shop."""
    linked = linked or link(made.mention)
    return Claim(
        statement=made,
        link=linked,
        scores=scores or Scores(0.95, 0.9, 0.9),
        intent=next((node for node in INTENTS if node.id == made.subject_id), None),
        subject_type=next((node for node in TYPES if node.id == made.subject_id), None),
        target=next((node for node in TYPES if node.id == linked.target_id), None),
    )


def check(rule: str, judged: Claim, options: CurationOptions | None = None, **known: object) -> Finding | None:
    """Return what the rule of this name finds."""
    names = {key(node.name): node.id for node in TYPES}
    context = RuleContext(options=options or CurationOptions(), type_names=names)
    return next(each for each in RULES if each.name == rule).check(judged, replace(context, **known))


def decision(
    action: str,
    subject: str,
    target: str,
    relation: Relation = Relation.COMPLEMENTS,
    explanation: str = "",
    line: int = 2,
) -> Decision:
    """Return a person's decision."""
    return Decision(
        DecisionAction(action), relation, subject, target, "ann", "2026-05-31", "as sold", explanation, line
    )


def run(
    statements: Sequence[Statement],
    *decisions: Decision,
    options: CurationOptions | None = None,
    support: Sequence[TypeSupport] = (),
    linked: dict[str, Link] | None = None,
) -> CurationResult:
    """Curate statements about the shop."""
    context = CurationContext(TYPES, INTENTS, support, decisions, options or CurationOptions())
    return curate(statements, links(statements) if linked is None else linked, context)


def verdict_of(result: CurationResult, made: Statement) -> Verdict:
    """Return the verdict on a statement."""
    return next(each for each in result.verdicts if each.statement_id == made.id)


def edge_to(result: CurationResult, target: str) -> Edge:
    """Return the one edge to a target."""
    return next(each for each in result.edges if each.target_id == slug(target))
