"""Mentions and subjects: what a model may name, and whom it is asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.mentions import refusal
from extractors.options import ExtractionOptions
from extractors.prompts import load_prompt
from extractors.specs import SPECS
from extractors.subjects import Subject, subjects_of
from kg.model import Intent, IntentId, IntentKind, NodeKind, ProductType, Relation, TypeId
from kg.text import key

INTENTS = [
    Intent(IntentId("i1"), "insomnia", IntentKind.NEED, popularity=9),
    Intent(IntentId("i2"), "lasagne", IntentKind.DISH, popularity=8),
    Intent(IntentId("i3"), "thai", IntentKind.CUISINE, popularity=7),
]
TYPES = [
    ProductType(TypeId("tea"), "tea", "Groceries > Drinks", 3, 0.9),
    ProductType(TypeId("lamp"), "lamp", "Home > Light", 3, 0.8),
    ProductType(TypeId("salsa"), "salsa", "Groceries", 3, 0.7),
]


@pytest.mark.parametrize(
    ("mention", "rule"),
    [
        ("", "empty"),
        ("  \u200b ", "empty"),
        ("12 & 5", "empty"),
        ("!!!", "empty"),
        ("a very long name of a product that nobody would print anywhere", "long"),
        ("one two three four five six seven", "long"),
        ("http://tea.example", "url"),
        ("see www.tea.example", "url"),
        ("tea.com", "url"),
        ("me@tea", "e-mail"),
        ("<b>tea</b>", "markup"),
        ("**tea**", "markup"),
        ("# tea", "markup"),
        ("`tea`", "markup"),
        ('{"tea": 1}', "markup"),
        ("tea $ 5", "price"),
        ("tea 5€", "price"),
        ("tea 5 dollars", "price"),
        ("tea dot com", "url"),
        ("as an AI model", "role"),
        ("click here for tea", "instruction"),
        ("tea (n:Leaf)-[:IN]->()", "markup"),
        ("drop table teas", "code"),
        ("t\u202eea", "control"),
        ("call 0123 456 7890", "phone"),
        ("Teas", "self"),
        ("TEA!", "self"),
        ("Milks", "duplicate"),
    ],
)
def test_what_is_no_name_is_refused(mention: str, rule: str) -> None:
    """Each rule refuses what it is for, with a reason."""
    refused = refusal(mention, "tea", {key("milk")})
    assert refused is not None
    assert refused[0] == rule
    assert refused[1]


@pytest.mark.parametrize(
    "mention",
    [
        "milk chocolate",
        "7-up",
        "crème fraîche",
        "AA batteries (4)",
        "salt & pepper",
        "茶",
        "tea cosy",
        "B.B.Q. sauce",
        "a#1 oil",
        "#10 envelopes",
        "7UP",
    ],
)
def test_a_plain_name_is_accepted(mention: str) -> None:
    """Names in any script, with digits, accents and the usual punctuation."""
    assert refusal(mention, "tea", {"milk"}) is None


@given(st.text(max_size=80), st.text(max_size=20))
def test_no_text_breaks_the_check(mention: str, subject: str) -> None:
    """Any text is accepted or refused for a named rule."""
    refused = refusal(mention, subject, set())
    assert refused is None or all(refused)


def subjects(relation: Relation, **settings: object) -> list[Subject]:
    """Return the subjects of a relation in the small shop above."""
    options = ExtractionOptions.model_validate(settings)
    return subjects_of(SPECS[relation], load_prompt(relation), INTENTS, TYPES, options)


def test_intents_stand_in_words_in_their_prompt() -> None:
    """An intent is asked about by its phrase, and keeps its id and name."""
    assert subjects(Relation.SATISFIED_BY)[0] == Subject(NodeKind.INTENT, "i1", "insomnia", "dealing with insomnia")


def test_types_come_with_their_department() -> None:
    """A product type is asked about with the first part of its category."""
    got = subjects(Relation.COMPLEMENTS)
    assert got[0] == Subject(NodeKind.TYPE, "tea", "tea", "tea", "groceries")
    assert [subject.id for subject in got] == ["tea", "lamp", "salsa"]


def test_only_food_and_dishes_have_pairings() -> None:
    """Pairings are asked about for dishes, cuisines and the types of the food categories."""
    assert [subject.id for subject in subjects(Relation.PAIRS_WITH)] == ["i2", "i3", "tea", "salsa"]
    assert [s.id for s in subjects(Relation.PAIRS_WITH, pairing_categories=["Groceries > Dr", "Home"])] == [
        "i2",
        "i3",
        "tea",
        "lamp",
    ]
    assert [s.id for s in subjects(Relation.PAIRS_WITH, pairing_categories=[])] == ["i2", "i3"]


def test_limits_count_before_the_filter() -> None:
    """The same shoppers' wishes and types are asked about for every relation."""
    assert [s.id for s in subjects(Relation.PAIRS_WITH, max_intents=2, max_types=2)] == ["i2", "tea"]
    assert subjects(Relation.SATISFIED_BY, max_intents=0) == []


@pytest.mark.parametrize(
    "relations", [["IS_A"], ["COMPLEMENTS", "IN_THEME"], ["COMPLEMENTS", "COMPLEMENTS"], ["LOVES"]]
)
def test_relations_that_cannot_be_asked_are_a_mistake_in_the_settings(relations: list[str]) -> None:
    """A relation without a prompt, an unknown one, or one that stands there twice is refused."""
    with pytest.raises(ValueError, match=r"cannot be asked|twice|Input should be"):
        ExtractionOptions.model_validate({"relations": relations})
