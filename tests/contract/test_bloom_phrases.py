"""Every phrase, action and saved query of Bloom on every store: what it answers, and how Neo4j finds it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import neo4j
import pytest
from neo4j.graph import Node
from neo4j.graph import Path as GraphPath

from kg.curation.decisions import COLUMNS, NOTES, read_decisions
from kg.model import Edge, Evidence, NodeKind, Relation
from kg.records import digest
from kg.store import queries
from kg.store.bloom.perspective import perspective
from kg.store.bloom.phrases import ACTIONS, PHRASES, text_of
from kg.store.bloom.properties import REVIEW
from kg.store.driver import GraphStore
from kg.store.loader import load
from kg.store.options import StoreOptions
from kg.store.publisher import rollback
from kg.store.stores import open_store
from tests.servers.fixtures import run, wipe
from tests.servers.graph_files import World, edge, small_world, write_world

WINE = small_world().products[5].id
CHIPS = "Crunch Corn Tortilla Chips 200 g"
TYPE = NodeKind.TYPE
FILES = sorted(name.removeprefix("bloom/") for name in queries.names() if name.startswith("bloom/"))


def _first() -> World:
    """The small world, with an edge that nobody is sure of and one that a person made."""
    world = small_world()
    doubtful = _changed(edge(Relation.SUBSTITUTES, (TYPE, "salsa"), "pita-chips", 1, "Both are eaten."), confidence=0.5)
    decided = _changed(
        edge(Relation.COMPLEMENTS, (TYPE, "epsom-salt"), "white-wine", 1, "For a long evening."),
        evidence=Evidence(0, 0, None, 0, "Mara"), contexts=("winter",),
    )  # fmt: skip
    return replace(world, edges=[*world.edges, doubtful, decided])


def _second() -> World:
    """The next build: another sentence for chips and salsa, and pita chips no longer want it."""
    world = _first()
    edges = [each for each in world.edges if (each.source_id, each.relation) != ("pita-chips", Relation.COMPLEMENTS)]
    return replace(
        world,
        edges=[
            _changed(each, explanation="A bowl of each.") if _ends(each) == ("tortilla-chips", "salsa") else each
            for each in edges
        ],
    )


def _changed(old: Edge, **changes: Any) -> Edge:
    bare = replace(old, h="", **changes)
    return replace(bare, h=digest(bare)[:16])


def _ends(found: Edge) -> tuple[str, str]:
    return found.source_id, found.target_id


@pytest.fixture(scope="module")
def loaded(_module_store: GraphStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    """Each store with two builds one after the other: b1, and b2, which is served."""
    _two_builds(_module_store, tmp_path_factory.mktemp("builds"))
    yield _module_store
    wipe(_module_store)


def _two_builds(store: GraphStore, folder: Path) -> None:
    wipe(store)
    load(store, write_world(folder / "1", _first()), "b1")
    load(store, write_world(folder / "2", _second()), "b2")


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
CHIPS_AND_SALSA = ("0001", "COMPLEMENTS", "s-1")
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


def shown(rows: list[dict[str, Any]]) -> list[str]:
    """Return what Bloom would draw: the paths; the nodes of a row without any."""
    found: list[str] = []
    for row in rows:
        assert all(value is None or isinstance(value, (Node, GraphPath)) for value in row.values())
        paths = [_words(value) for value in row.values() if isinstance(value, GraphPath)]
        found += paths or [value["id"] for value in row.values() if value is not None]
    return found


def _words(path: GraphPath) -> str:
    ids = [node["id"] for node in path.nodes]
    steps = (f"{relation.type} {name}" for relation, name in zip(path.relationships, ids[1:], strict=True))
    return " ".join((ids[0], *steps))


def act(store: GraphStore, file: str, selected: list[Any]) -> list[dict[str, Any]]:
    """Run an action for what is selected, as Bloom does: with element ids."""
    if len(selected[0]) == 2:
        found = [
            run(store, "MATCH (n {id: $id}) WHERE $label IN labels(n) RETURN elementId(n) AS e", label=label, id=id_)
            for label, id_ in selected
        ]
        return run(store, text_of(file), nodes=[rows[0]["e"] for rows in found])
    found = [
        run(
            store,
            "MATCH ({id: $s})-[r]->({id: $t}) WHERE type(r) = $kind AND r.until IS NULL RETURN elementId(r) AS e",
            s=source, t=target, kind=kind,
        )
        for source, kind, target in selected
    ]  # fmt: skip
    return run(store, text_of(file), relationships=[rows[0]["e"] for rows in found])


@pytest.mark.parametrize("file", sorted(PHRASE_CASES))
def test_a_phrase_shows_what_it_should(loaded: GraphStore, file: str) -> None:
    """Every phrase answers with nodes and paths of the served build, the same on both stores."""
    parameters, expected = PHRASE_CASES[file]
    found = shown(run(loaded, text_of(file), **parameters))
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
    """A phrase, an action or a saved query without a test in this module fails this one."""
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
    rows = run(loaded, text_of(file), **{parameter.name: words})
    assert {next(value["id"] for value in row.values() if isinstance(value, Node)) for row in rows} == {expected}


HOSTILE = (
    "", "   ", "'}) DETACH DELETE n //", 'title:"x" AND NOT (a* OR /b/)', "~ ^ \\ && ||", "[a TO z]", "*", "...",
    "\\", '"', "nothing like it", "日本語",
)  # fmt: skip


@pytest.mark.parametrize("phrase", [phrase for phrase in PHRASES if phrase.parameters], ids=lambda phrase: phrase.file)
def test_words_are_only_words(loaded: GraphStore, phrase: Any) -> None:
    """Whatever is typed finds nothing at worst: no error, and the graph stays as it is."""
    before = _ours(loaded)
    for words in HOSTILE:
        assert run(loaded, text_of(phrase.file), **{each.name: words for each in phrase.parameters}) == []
    assert _ours(loaded) == before


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
    _two_builds(any_store, tmp_path)
    rollback(any_store, "b1")
    found = run(any_store, text_of("phrase_why_types"), a="pita chips", b="salsa")
    assert shown(found) == ["pita-chips COMPLEMENTS salsa", "pita-chips SUBSTITUTES salsa"]
    (row,) = run(any_store, text_of("phrase_complements_of_type"), type="tortilla chips")
    assert row["path"].relationships[0]["explanation"] == "Chips want a dip."
    run(any_store, "MATCH (m:KgMeta {id: 'current'}) SET m.generation = 2")
    found = run(any_store, text_of("phrase_why_types"), a="pita chips", b="salsa")
    assert shown(found) == ["pita-chips SUBSTITUTES salsa"]


def test_a_build_that_is_being_loaded_is_not_shown(any_store: GraphStore, tmp_path: Path) -> None:
    """Edges and nodes of a later generation are not seen by any phrase."""
    _two_builds(any_store, tmp_path)
    before = {file: shown(run(any_store, text_of(file), **PHRASE_CASES[file][0])) for file in PHRASE_CASES}
    run(
        any_store,
        "MATCH (a:ProductType {id: 'tortilla-chips'}), (i:Intent {id: 'game-day'}), (p:Product {id: '0001'}) "
        "CREATE (b:ProductType {id: 'new', name: 'new salsa', search: 'salsa', since: 3, h: 'x'}) "
        "CREATE (q:Product {id: 'q', title: 'New salsa', search: 'salsa', in_stock: false, since: 3, h: 'x'}) "
        "CREATE (a)-[:COMPLEMENTS {since: 3, h: 'x', build: 'b2', confidence: 0.5, contexts: ['winter']}]->(b) "
        "CREATE (i)-[:SATISFIED_BY {since: 3, h: 'x', build: 'b2', confidence: 0.5, reviewer: 'Mara'}]->(b) "
        "CREATE (p)-[:COMPLEMENTS {since: 3, h: 'x', build: 'b2'}]->(q) CREATE (q)-[:IS_A {since: 3, h: 'x'}]->(a)",
    )
    assert {file: shown(run(any_store, text_of(file), **PHRASE_CASES[file][0])) for file in PHRASE_CASES} == before


def test_marks_are_the_readers_and_survive_loads(any_store: GraphStore, tmp_path: Path) -> None:
    """Marking sets the reader's properties only; the next build keeps them on the new version; clearing takes them."""
    load(any_store, write_world(tmp_path / "1", _first()), "b1")
    before = _ours(any_store)
    chips, pita = ("tortilla-chips", "COMPLEMENTS", "salsa"), ("tortilla-chips", "SUBSTITUTES", "pita-chips")
    act(any_store, "action_approve", [chips])
    act(any_store, "action_reject", [pita])
    assert _ours(any_store) == before
    report = load(any_store, write_world(tmp_path / "2", _second()), "b2")
    assert report.total.updated == 1
    rows = run(any_store, text_of("phrase_marked"))
    marked = {_words(row["path"]): row["path"].relationships[0] for row in rows}
    assert {path: each["review"] for path, each in marked.items()} == {
        "tortilla-chips COMPLEMENTS salsa": "approved",
        "tortilla-chips SUBSTITUTES pita-chips": "rejected",
    }
    assert marked["tortilla-chips COMPLEMENTS salsa"]["explanation"] == "A bowl of each."
    assert all(each["review_at"] > 1_600_000_000_000 for each in marked.values())
    before = _ours(any_store)
    assert load(any_store, write_world(tmp_path / "2", _second()), "b2").writes == 0
    act(any_store, "action_clear_review", [chips, pita])
    assert run(any_store, text_of("phrase_marked")) == []
    assert _ours(any_store) == before


def _ours(store: GraphStore) -> list[str]:
    """Return everything there is but the reader's marks, sorted."""
    rows = run(store, "MATCH (a)-[r]->(b) RETURN a.id AS a, type(r) AS kind, b.id AS b, properties(r) AS props")
    edges = [
        (row["a"], row["kind"], row["b"], {key: row["props"][key] for key in sorted(row["props"]) if key not in REVIEW})
        for row in rows
    ]
    return sorted(map(str, edges))


def test_what_is_not_ours_cannot_be_marked(any_store: GraphStore) -> None:
    """A relationship of the reader's own is left alone by the actions that mark."""
    run(any_store, "CREATE (:Product {id: 'a'})-[:COMPLEMENTS]->(:Product {id: 'b'})")
    assert act(any_store, "action_approve", [("a", "COMPLEMENTS", "b")]) == []
    assert run(any_store, "MATCH ()-[r]->() RETURN r.review AS review") == [{"review": None}]


def test_marked_edges_come_back_as_decisions(any_store: GraphStore, tmp_path: Path) -> None:
    """The table of marked edges, with who filled in, is a file of decisions; no cell is taken for a formula."""
    wipe(any_store)
    load(any_store, write_world(tmp_path / "1", _first()), "b1")
    act(any_store, "action_approve", [("insomnia", "SATISFIED_BY", "epsom-salt")])
    act(any_store, "action_reject", [("tortilla-chips", "SUBSTITUTES", "pita-chips"), CHIPS_AND_SALSA])
    run(
        any_store,
        "MATCH (:ProductType)-[r:SUBSTITUTES]->() WHERE r.review = 'rejected' "
        "SET r.review_by = 'Jon', r.review_why = '=HYPERLINK(1)'",
    )
    rows = run(any_store, text_of("review_decisions"))
    assert set(rows[0]) <= {*COLUMNS, *NOTES}
    assert [row["why"] for row in rows] == ["", "'=HYPERLINK(1)"]
    with (tmp_path / "decisions.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "who": row["who"] or "Mara"} for row in rows)
    read = read_decisions(tmp_path / "decisions.csv")
    assert [(each.action, each.relation, each.subject, each.target, each.who, each.why) for each in read] == [
        ("accept", "SATISFIED_BY", "insomnia", "epsom-salt", "Mara", ""),
        ("reject", "SUBSTITUTES", "tortilla-chips", "pita-chips", "Jon", "=HYPERLINK(1)"),
    ]
    run(any_store, "MATCH (:ProductType)-[r:PAIRS_WITH]->() SET r.review = 'approved'")
    by_hand = run(any_store, text_of("review_decisions"))[0]
    assert (by_hand["relation"], by_hand["when"]) == ("PAIRS_WITH", "")
    (product,) = run(any_store, text_of("review_products"))
    assert (product["review"], product["source"], product["target"]) == ("rejected", "0001", "s-1")
    assert (product["via_source"], product["via_target"]) == ("tortilla-chips", "salsa")
    assert len(product["when"]) == len("2026-05-31")


SCANS = ("AllNodesScan", "NodeByLabelScan", "RelationshipTypeScan", "RelationshipTypesScan", "AllRelationshipsScan")
# What reads a label whole, and says so in its header: of these labels, and nothing else.
MAY_SCAN = {
    "phrase_uncertain": {"Intent", "ProductType"},
    "phrase_in_context": {"ProductType"},
    "phrase_build_changed": {"ProductType", "KgGeneration"},
    "phrase_decided": {"ProductType"},
    "phrase_marked": {"ProductType"},
    "phrase_out_of_stock": {"Product"},
    "phrase_thin_intents": {"Intent"},
    "review_decisions": {"ProductType"},
    "review_products": {"Product"},
}


@pytest.fixture(scope="module")
def filled(neo4j_options: StoreOptions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    """A real Neo4j with the small world and much else, so that reading everything is not the cheapest plan."""
    with open_store(neo4j_options) as store:
        _two_builds(store, tmp_path_factory.mktemp("builds"))
        run(store, "UNWIND range(1, 3000) AS i CREATE (:Note {i: i})-[:ABOUT]->(:Note)")
        yield store
        wipe(store)


@pytest.mark.neo4j
@pytest.mark.parametrize("file", FILES)
def test_a_query_of_bloom_seeks_or_scans_what_it_says(filled: GraphStore, file: str) -> None:
    """It starts from an index or from the ids of what is selected; the few that scan do so over a label they name."""
    found = _operators(filled, file)
    scanned = {detail for name, detail in found if name.endswith(SCANS)}
    assert scanned == MAY_SCAN.get(file, set())
    names = {name for name, _ in found}
    if file.startswith("action_"):
        assert names & {"NodeByElementIdSeek", "DirectedRelationshipByElementIdSeek"}
    elif file not in MAY_SCAN:
        assert "ProcedureCall" in names
    for label in scanned:
        assert label in queries.cypher(f"bloom/{file}").split("// Cost:")[1].split("MATCH", 1)[0]


def _operators(store: GraphStore, file: str) -> list[tuple[str, str]]:
    """Return the operators of the plan, each with the label that it reads."""
    given = {"nodes": ["4:0:1"], "relationships": ["5:0:1"], "context": "summer", "build": "b1"}
    words = dict.fromkeys(("intent", "type", "product", "a", "b", "words"), "salsa")

    def explain(tx: neo4j.ManagedTransaction) -> Any:
        return tx.run("EXPLAIN " + text_of(file), {**given, **words}).consume().plan

    def flat(plan: dict[str, Any]) -> list[tuple[str, str]]:
        detail = str(plan.get("args", {}).get("Details", "")).partition(":")[2]
        inner = [each for child in plan.get("children", ()) for each in flat(child)]
        return [(plan["operatorType"].split("@")[0], detail), *inner]

    with store._driver.session(database=store.info().database) as session:
        return flat(session.execute_write(explain))
