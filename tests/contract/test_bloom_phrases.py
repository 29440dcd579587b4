"""Every phrase, action and saved query of Bloom on every store: what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from neo4j.graph import Node

from kg.store.bloom.perspective import perspective
from kg.store.bloom.phrases import ACTIONS, PHRASES
from kg.store.driver import GraphStore
from kg.store.publisher import rollback
from tests.servers.bloom_world import CHIPS, CHIPS_AND_SALSA, FILES, WINE, act, ask, load_two_builds, shown, state_of
from tests.servers.fixtures import run, wipe


@pytest.fixture(scope="module")
def loaded(_module_store: GraphStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    """Each store with two builds one after the other: b1, and b2, which is served."""
    load_two_builds(_module_store, tmp_path_factory.mktemp("builds"))
    yield _module_store
    wipe(_module_store)


# phrase -> parameters, what it shows: paths, or names of nodes where there is no path
PHRASE_CASES: dict[str, tuple[dict[str, str], list[str]]] = {
    "phrase_types_for_intent": (
        {"intent": "game-day party"},
        ["game-day SATISFIED_BY tortilla-chips", "game-day SATISFIED_BY salsa"],
    ),
    "phrase_products_for_intent": (
        {"intent": "game-day party"},
        ["game-day SATISFIED_BY 0001", "game-day SATISFIED_BY s-1"],
    ),
    "phrase_pairings_of_intent": ({"intent": "grilled salmon"}, ["grilled-salmon PAIRS_WITH white-wine"]),
    "phrase_headings_of_intent": (
        {"intent": "game-day party"},
        [
            "game-day HAS_THEME game-day/dips IN_THEME salsa",
            "game-day HAS_THEME game-day/crisp-things IN_THEME tortilla-chips",
            "game-day HAS_THEME game-day/crisp-things IN_THEME pita-chips",
        ],
    ),
    "phrase_complements_of_type": ({"type": "tortilla chips"}, ["tortilla-chips COMPLEMENTS salsa"]),
    "phrase_substitutes_of_type": ({"type": "tortilla chips"}, ["tortilla-chips SUBSTITUTES pita-chips"]),
    "phrase_pairings_of_type": ({"type": "salsa"}, ["salsa PAIRS_WITH white-wine"]),
    "phrase_products_of_type": (
        {"type": "tortilla chips"},
        ["0001 IS_A tortilla-chips", "0002 IS_A tortilla-chips"],
    ),
    "phrase_complements_of_product": ({"product": CHIPS}, ["0001 COMPLEMENTS s-1", "0001 COMPLEMENTS s-2"]),
    "phrase_substitutes_of_product": ({"product": CHIPS}, ["0001 SUBSTITUTES pc"]),
    "phrase_pairings_of_product": ({"product": "Fire Roasted Salsa"}, [f"s-1 PAIRS_WITH {WINE}"]),
    "phrase_why_intent": (
        {"intent": "game-day party", "type": "salsa"},
        ["game-day SATISFIED_BY salsa", "game-day HAS_THEME game-day/dips IN_THEME salsa"],
    ),
    "phrase_why_types": ({"a": "salsa", "b": "tortilla chips"}, ["salsa COMPLEMENTS tortilla-chips"]),
    "phrase_why_products": (
        {"a": CHIPS, "b": "Fire Roasted Salsa"},
        ["0001 COMPLEMENTS s-1", "0001 IS_A tortilla-chips COMPLEMENTS salsa IS_A s-1"],
    ),
    "phrase_find": ({"words": "salsa"}, ["salsa", "s-1", "s-2"]),
    "phrase_uncertain": (
        {},
        [
            "salsa SUBSTITUTES pita-chips",  # the greatest doubt
            "game-day SATISFIED_BY tortilla-chips",  # then what most shoppers meet
            "game-day SATISFIED_BY salsa",
            "tortilla-chips COMPLEMENTS salsa",
            "tortilla-chips SUBSTITUTES pita-chips",
            "salsa PAIRS_WITH white-wine",
            "grilled-salmon PAIRS_WITH white-wine",
            "insomnia SATISFIED_BY epsom-salt",
        ],
    ),
    "phrase_in_context": ({"context": "Winter"}, ["epsom-salt COMPLEMENTS white-wine"]),
    "phrase_build_changed": (
        {"build": "b2"},
        ["tortilla-chips COMPLEMENTS salsa", "pita-chips COMPLEMENTS salsa", "tortilla-chips COMPLEMENTS salsa"],
    ),
    "phrase_decided": ({}, ["epsom-salt COMPLEMENTS white-wine"]),
    "phrase_marked": ({}, []),
    "phrase_out_of_stock": ({}, ["0002"]),
    "phrase_thin_intents": (
        {},
        [
            "game-day SATISFIED_BY 0001", "game-day SATISFIED_BY s-1", f"grilled-salmon PAIRS_WITH {WINE}",
            "insomnia SATISFIED_BY エプソム",
        ],
    ),
}  # fmt: skip
# The order of these says nothing.
UNORDERED = {"phrase_build_changed", "phrase_find", "phrase_thin_intents"}
# action -> what is selected (nodes by label and id, or relationships by their ends), what it shows
ACTION_CASES: dict[str, tuple[list[Any], set[str]]] = {
    "action_approve": ([CHIPS_AND_SALSA], {"0001 COMPLEMENTS s-1"}),
    "action_reject": ([CHIPS_AND_SALSA], {"0001 COMPLEMENTS s-1"}),
    "action_clear_review": ([CHIPS_AND_SALSA], {"0001 COMPLEMENTS s-1"}),
    "action_explain": (
        [CHIPS_AND_SALSA],
        {"0001 COMPLEMENTS s-1", "tortilla-chips COMPLEMENTS salsa", "0001 IS_A tortilla-chips", "s-1 IS_A salsa"},
    ),
    "action_versions": ([("tortilla-chips", "COMPLEMENTS", "salsa")], {"tortilla-chips COMPLEMENTS salsa"}),
    "action_complements": (
        [("Product", "0001"), ("ProductType", "tortilla-chips")],
        {"0001 COMPLEMENTS s-1", "0001 COMPLEMENTS s-2", "tortilla-chips COMPLEMENTS salsa"},
    ),
    "action_substitutes": ([("Product", "0001")], {"0001 SUBSTITUTES pc"}),
    "action_pairings": (
        [("Intent", "grilled-salmon"), ("ProductType", "salsa")],
        {"grilled-salmon PAIRS_WITH white-wine", f"grilled-salmon PAIRS_WITH {WINE}", "salsa PAIRS_WITH white-wine"},
    ),
    "action_type_knowledge": (
        [("Product", "0002")],
        {
            "0002 IS_A tortilla-chips", "tortilla-chips COMPLEMENTS salsa", "tortilla-chips SUBSTITUTES pita-chips",
            "tortilla-chips SATISFIED_BY game-day",
        },
    ),
    "action_intents": ([("Product", "s-1"), ("ProductType", "epsom-salt")],
                       {"s-1 SATISFIED_BY game-day", "epsom-salt SATISFIED_BY insomnia"}),
    "action_products": ([("ProductType", "salsa")], {"salsa IS_A s-1", "salsa IS_A s-2"}),
    "action_satisfied_by": (
        [("Intent", "insomnia")],
        {"insomnia SATISFIED_BY epsom-salt", "insomnia SATISFIED_BY エプソム"},
    ),
    "action_headings": (
        [("Intent", "grilled-salmon")],
        {"grilled-salmon HAS_THEME grilled-salmon/drinks IN_THEME white-wine"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("file", sorted(PHRASE_CASES))
def test_a_phrase_shows_what_it_should(loaded: GraphStore, file: str) -> None:
    """Every phrase answers with nodes and paths of the served build, the same on both stores."""
    parameters, expected = PHRASE_CASES[file]
    found = shown(ask(loaded, file, **parameters))
    assert (sorted(found), len(found)) == (sorted(expected), len(expected))
    if file not in UNORDERED:
        assert found == expected


@pytest.mark.parametrize("file", sorted(ACTION_CASES))
def test_an_action_shows_what_it_should(loaded: GraphStore, file: str) -> None:
    """Every action starts from what is selected and shows nodes and paths of the served build."""
    selected, expected = ACTION_CASES[file]
    assert set(shown(act(loaded, file, selected))) == expected
    act(loaded, "action_clear_review", [CHIPS_AND_SALSA])


def test_every_phrase_and_action_is_run_here() -> None:
    """A phrase, an action or a saved query that has no case fails this test."""
    assert set(PHRASE_CASES) == {phrase.file for phrase in PHRASES}
    assert set(ACTION_CASES) == {action.file for action in ACTIONS}
    assert {*PHRASE_CASES, *ACTION_CASES, "review_decisions", "review_products"} == set(FILES)


@pytest.mark.parametrize(
    ("file", "words", "expected"),
    [
        ("phrase_types_for_intent", "GAME-DAY parties", "game-day"),
        ("phrase_types_for_intent", "game day", "game-day"),
        ("phrase_products_of_type", "Tortila Chip", "tortilla-chips"),
        ("phrase_products_of_type", "corn chips", "tortilla-chips"),
        ("phrase_complements_of_product", "solanto crunch 400", "0002"),
        ("phrase_pairings_of_product", "élan crème d'or", WINE),
    ],
)
def test_names_need_not_be_exact(loaded: GraphStore, file: str, words: str, expected: str) -> None:
    """Case, plural, an alias, a brand, an accent or a wrong letter do not matter."""
    (parameter,) = next(phrase.parameters for phrase in PHRASES if phrase.file == file)
    rows = ask(loaded, file, **{parameter.name: words})
    assert {next(value["id"] for value in row.values() if isinstance(value, Node)) for row in rows} == {expected}


HOSTILE = (
    "", "   ", "'}) DETACH DELETE n //", 'title:"x" AND NOT (a* OR /b/)', "~ ^ \\ && ||", "[a TO z]", "*", "...",
    "\\", '"', "nothing like it", "日本語",
)  # fmt: skip


@pytest.mark.parametrize("phrase", [phrase for phrase in PHRASES if phrase.parameters], ids=lambda phrase: phrase.file)
def test_words_are_onlywords_of(loaded: GraphStore, phrase: Any) -> None:
    """Whatever is typed finds nothing at worst: no error, and the graph stays as it is."""
    before = state_of(loaded)
    for words in HOSTILE:
        assert ask(loaded, phrase.file, **{each.name: words for each in phrase.parameters}) == []
    assert state_of(loaded) == before


def test_earlier_versions_are_shown_only_on_request(loaded: GraphStore) -> None:
    """'Show earlier versions' has the old sentence beside the new one; the old one carries until."""
    rows = act(loaded, "action_versions", [("tortilla-chips", "COMPLEMENTS", "salsa")])
    versions = [row["path"].relationships[0] for row in rows]
    assert [(each["explanation"], each.get("until")) for each in versions] == [
        ("A bowl of each.", None),
        ("Chips want a dip.", 2),
    ]


def test_the_kinds_of_values_are_those_in_the_graph(loaded: GraphStore) -> None:
    """A property that the perspective calls a number is one in the graph; so with every property."""
    names = {str: "string", float: "number", int: "bigint", bool: "boolean", list: "array"}
    said = perspective()
    for kind, owners in (("label", said["labels"].items()), ("type", _types(said))):
        for name, properties in owners:
            known = {each["propertyKey"]: each["dataType"] for each in properties}
            match = "(n) WHERE $name IN labels(n)" if kind == "label" else "()-[n]->() WHERE type(n) = $name"
            for row in run(loaded, f"MATCH {match} RETURN properties(n) AS props", name=name):
                found = {key: names[type(value)] for key, value in row["props"].items() if key in known}
                assert found == {key: known[key] for key in found}, name


def _types(said: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(each["name"], each["properties"]) for each in said["relationshipTypes"]]


def test_an_earlier_build_is_shown_after_a_rollback(any_store: GraphStore, tmp_path: Path) -> None:
    """What is served decides: after a rollback the edge that went is back, and the new sentence is not shown."""
    load_two_builds(any_store, tmp_path)
    rollback(any_store, "b1")
    found = ask(any_store, "phrase_why_types", a="pita chips", b="salsa")
    assert shown(found) == ["pita-chips COMPLEMENTS salsa", "pita-chips SUBSTITUTES salsa"]
    (row,) = ask(any_store, "phrase_complements_of_type", type="tortilla chips")
    assert row["path"].relationships[0]["explanation"] == "Chips want a dip."
    run(any_store, "MATCH (m:KgMeta {id: 'current'}) SET m.generation = 2")
    found = ask(any_store, "phrase_why_types", a="pita chips", b="salsa")
    assert shown(found) == ["pita-chips SUBSTITUTES salsa"]


def test_a_build_that_is_being_loaded_is_not_shown(any_store: GraphStore, tmp_path: Path) -> None:
    """Edges and nodes of a later generation are not seen by any phrase."""
    load_two_builds(any_store, tmp_path)
    before = {file: shown(ask(any_store, file, **PHRASE_CASES[file][0])) for file in PHRASE_CASES}
    run(
        any_store,
        "MATCH (a:ProductType {id: 'tortilla-chips'}), (i:Intent {id: 'game-day'}), (p:Product {id: '0001'}) "
        "CREATE (b:ProductType {id: 'new', name: 'new salsa', search: 'salsa', since: 3, h: 'x'}) "
        "CREATE (q:Product {id: 'q', title: 'New salsa', search: 'salsa', in_stock: false, since: 3, h: 'x'}) "
        "CREATE (a)-[:COMPLEMENTS {since: 3, h: 'x', build: 'b2', confidence: 0.5, contexts: ['winter']}]->(b) "
        "CREATE (i)-[:SATISFIED_BY {since: 3, h: 'x', build: 'b2', confidence: 0.5, reviewer: 'Mara'}]->(b) "
        "CREATE (p)-[:COMPLEMENTS {since: 3, h: 'x', build: 'b2'}]->(q) CREATE (q)-[:IS_A {since: 3, h: 'x'}]->(a)",
    )
    assert {file: shown(ask(any_store, file, **PHRASE_CASES[file][0])) for file in PHRASE_CASES} == before
