"""The contract of every store: one run over both, with every Cypher file there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import neo4j
import pytest

from kg.errors import Ambiguous, NotFound, StoreError
from kg.model import Level, NodeKind, Relation
from kg.store import canonical, lookup, queries
from kg.store.driver import GraphStore, Step
from kg.store.kinds import EDGE_KINDS, NODE_KINDS, EdgeKind, Kind
from kg.store.loader import GraphFiles, load
from tests.servers.fixtures import run, wipe
from tests.servers.graph_files import ProductEdge, edge, small_world, write_world

WINE = small_world().products[5].id
EDGE_COLUMNS = {"explanation", "plausibility", "typicality", "confidence", "rank", "contexts"}
HIT_COLUMNS = EDGE_COLUMNS | {"subject", "id", "name", "brand", "type_id", "price", "in_stock"}
# file -> parameters, ids (or ends) of the rows in order
LOOKUPS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "lookup/intent_products": ({"id": "game-day", "k": 10, "contexts": []}, ["0001", "s-1"]),
    "lookup/intent_types": ({"id": "game-day", "k": 10, "contexts": []}, ["tortilla-chips", "salsa"]),
    "lookup/complements_of_product": ({"id": "0001", "k": 10, "contexts": []}, ["s-1", "s-2"]),
    "lookup/complements_of_type": ({"id": "tortilla-chips", "k": 10, "contexts": []}, ["salsa"]),
    "lookup/substitutes_of_product": ({"id": "0001", "k": 10, "contexts": []}, ["pc"]),
    "lookup/substitutes_of_type": ({"id": "tortilla-chips", "k": 10, "contexts": []}, ["pita-chips"]),
    "lookup/pairings_of_product": ({"id": "s-1", "k": 10, "contexts": []}, [WINE]),
    "lookup/pairings_of_type": ({"id": "salsa", "k": 10, "contexts": []}, ["white-wine"]),
    "lookup/pairings_of_intent": ({"id": "grilled-salmon", "k": 10, "contexts": []}, [WINE]),
    "lookup/pairings_of_intent_types": ({"id": "grilled-salmon", "k": 10, "contexts": []}, ["white-wine"]),
    "lookup/intent_products_by_theme": ({"id": "game-day", "k": 10, "contexts": []}, ["s-1", "0001"]),
    "lookup/intent_types_by_theme": ({"id": "game-day", "k": 10, "contexts": []}, ["salsa", "tortilla-chips"]),
    "lookup/resolve_id": ({"id": "salsa"}, ["salsa"]),
    "lookup/resolve_words_intent": ({"words": "salmon", "k": 5}, ["grilled-salmon"]),
    "lookup/resolve_words_type": ({"words": "salsa", "k": 5}, ["salsa"]),
    "lookup/resolve_words_product": ({"words": "pita", "k": 5}, ["pc"]),
    "lookup/type_of_product": ({"id": "0002"}, ["tortilla-chips"]),
    "read/missing_intent": ({"ids": ["insomnia", "nope"]}, ["nope"]),
    "read/missing_type": ({"ids": ["salsa", "nope", "nope"]}, ["nope"]),
    "read/missing_theme": ({"ids": ["game-day/dips", "dips"]}, ["dips"]),
    "read/missing_product": ({"ids": ["0001", "1"]}, ["1"]),
}
# Run by tests/contract/test_store_loads.py, test_store_verify.py and test_lookups_contract.py.
WHOLE = {
    "lookup/stats", "lookup/why", "lookup/why_pair", "lookup/complements_of_cart", "lookup/neighbourhood",
    "lookup/substitutes_in_stock", "lookup/resolve_vector_intent", "lookup/resolve_vector_type",
    "read/current", "read/dump_edges", "read/dump_nodes", "read/generations", "read/lock",
    "read/retired", "read/retired_keys", "publish/forget", "publish/generation", "publish/meta", "publish/pruned",
    "publish/retired",
    "read/leftovers", "delete/leftover_edges", "delete/leftover_nodes", "lock/hold", "lock/release", "lock/take",
}  # fmt: skip
SCHEMA_FILES = {*(name.removesuffix(".cypher") for name in queries.SCHEMA_FILES), "schema/state"}
KINDS = (*NODE_KINDS, *EDGE_KINDS)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> GraphFiles:
    """The small world as files."""
    return write_world(tmp_path_factory.mktemp("build"), small_world())


@pytest.fixture(scope="module")
def loaded(_module_store: GraphStore, files: GraphFiles) -> Iterator[GraphStore]:
    """Each store with the small world in it, for tests that only read."""
    wipe(_module_store)
    load(_module_store, files, "b1")
    yield _module_store
    wipe(_module_store)


@pytest.mark.parametrize("name", sorted(LOOKUPS))
def test_a_read_file_returns_the_expected_rows(loaded: GraphStore, name: str) -> None:
    """Every file that answers with ids does so, the same on both stores."""
    parameters, expected = LOOKUPS[name]
    rows = loaded.read(name, parameters)
    assert [row["id"] for row in rows] == expected
    if "k" in parameters and "words" not in parameters:
        assert set(rows[0]) == HIT_COLUMNS | ({"theme", "theme_rank", "relation"} if "by_theme" in name else set())


def test_why_returns_the_edge_whole(loaded: GraphStore) -> None:
    """A pair's edge comes with every property it was loaded with."""
    (row,) = loaded.read("lookup/why", {"a": "0001", "b": "s-1"})
    props = row.pop("props")
    assert row == {
        "relation": "COMPLEMENTS",
        "source_kind": "Product",
        "source_id": "0001",
        "source_name": "Crunch Corn Tortilla Chips 200 g",
        "target_kind": "Product",
        "target_id": "s-1",
        "target_name": "Fire Roasted Salsa",
    }
    assert len(props.pop("h")) == 16
    assert props == {
        "explanation": "Chips want a dip.", "plausibility": 0.8, "typicality": 0.7, "confidence": 0.9, "rank": 1,
        "contexts": ["party"], "samples": 3, "agreed": 2, "lift": 3.5, "pairs": 0, "reviewer": "",
        "model": "model-x", "prompt_hash": "abc", "build": "b1", "via_source": "tortilla-chips", "via_target": "salsa",
        "since": 1,
    }  # fmt: skip


def test_counts_and_the_build_are_those_loaded(loaded: GraphStore) -> None:
    """Counting the graph gives what KgMeta says was sent."""
    found = lookup.stats(loaded)
    assert found.build == "b1"
    assert {**found.nodes, **found.edges} == found.meta["counts"]
    assert set(found.meta["counts"]) == {kind.name for kind in KINDS}
    assert min(found.meta["counts"].values()) > 0


def test_the_dump_holds_every_node_and_edge_once(loaded: GraphStore) -> None:
    """The canonical dump has a line for each thing loaded."""
    lines = canonical.dump(loaded)
    assert len(lines) == len(set(lines)) == sum(lookup.stats(loaded).meta["counts"].values())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.file)
def test_a_kind_is_written_changed_retired_and_deleted(any_store: GraphStore, kind: Kind) -> None:
    """Writing twice gives one, a new version stands beside the old, and what is gone goes when nobody reads it."""
    keys: dict[str, Any] = dict.fromkeys(kind.keys, "x")
    if isinstance(kind, EdgeKind):
        for label in {kind.source, kind.target}:
            run(any_store, f"CREATE (:{label} {{id: 'x'}})")

    def do(folder: str, number: int, **props: object) -> int:
        parameters = {"rows": [{**keys, "props": props}], "n": number, "build": "b", "ours": kind.ours}
        return any_store.write(Step(f"{folder}/{kind.stem}", parameters))[0][0]["written"]

    def delete(until: int) -> int:
        parameters = {"rows": [keys], "until": until, "ours": kind.ours}
        (counts,) = any_store.write(Step(f"delete/{kind.stem}", parameters))[0]
        assert counts["found"] == counts["deleted"]
        return counts["deleted"]

    def held() -> list[Any]:
        return any_store.read(f"read/hashes_{kind.file}")

    more = dict.fromkeys(kind.columns[:1], "a")
    assert do("write", 1, h="1", **more) == do("write", 1, h="2", **dict.fromkeys(more)) == 1
    assert held() == [{**keys, "h": "2", "since": 1}]
    if isinstance(kind, EdgeKind):
        assert do("change", 2, h="3") == do("change", 2, h="3") == 1
        assert held() == [{**keys, "h": "3", "since": 2}]
        assert delete(3) == 0
        assert delete(2) == 1
    assert do("retire", 3) == do("retire", 3) == 1
    assert held() == []
    assert delete(2) == 0
    assert delete(3) == 1
    if isinstance(kind, EdgeKind):
        assert do("create", 4, h="4", **more) == do("write", 4, h="4", **more) == 1
        assert held() == [{**keys, "h": "4", "since": 4}]


def test_every_cypher_file_is_run_here() -> None:
    """A file that no contract test runs fails this one; look-ups have a contract of their own."""
    by_kind = {f"read/hashes_{kind.file}" for kind in KINDS}
    by_kind |= {f"{folder}/{kind.stem}" for kind in KINDS for folder in ("write", "retire", "delete")}
    by_kind |= {f"{folder}/{kind.stem}" for kind in EDGE_KINDS for folder in ("change", "create")}
    names = {name for name in queries.names() if not name.startswith(("lookup/", "bloom/"))}
    assert names == {name for name in {*LOOKUPS, *WHOLE} if not name.startswith("lookup/")} | SCHEMA_FILES | by_kind


def test_the_schema_is_there_after_ensuring_it_twice(any_store: GraphStore) -> None:
    """Constraints, range and full-text indexes exist and answer on both stores."""
    any_store.ensure_schema()
    rows = any_store._session(lambda s: s.execute_read(lambda tx: tx.run(queries.cypher("schema/state")).data()))
    ours = [row for row in rows if str(row["name"]).startswith("kg_") or "[id]" in str(row["name"])]
    assert len(ours) == 15
    assert any_store.missing_schema() == []
    assert {row["state"] for row in ours} == {"ONLINE"}


def test_a_second_node_with_the_same_id_is_refused(any_store: GraphStore) -> None:
    """An id stays unique within its label, whoever writes."""
    run(any_store, "CREATE (:Product {id: 'x'})")
    with pytest.raises(neo4j.exceptions.ConstraintError):
        run(any_store, "CREATE (:Product {id: 'x'})")


def test_an_edge_to_no_node_is_refused_whole(any_store: GraphStore) -> None:
    """When one row of a batch has no endpoint, none of the batch stays and no node is made up."""
    run(any_store, "CREATE (:Product {id: 'a'}), (:Product {id: 'b'})")
    rows = [{"s": "a", "t": "b", "props": {"h": "1"}}, {"s": "a", "t": "ghost", "props": {"h": "1"}}]
    with pytest.raises(StoreError, match="2 rows sent, 1 written"):
        any_store.write(
            Step("write/edges_product_complements_product", {"rows": rows, "n": 1, "build": "b"}, len(rows))
        )
    assert any_store.read("read/hashes_product_complements_product") == []
    assert run(any_store, "MATCH (n) RETURN count(n) AS n") == [{"n": 2}]


def test_reading_refuses_a_file_that_writes(any_store: GraphStore) -> None:
    """The read side cannot be used to write, though a store may not enforce it."""
    with pytest.raises(StoreError, match="not one of the queries in lookup, read"):
        any_store.read("delete/nodes_product", {"rows": []})
    folders = "change, create, delete, lock, publish, retire, write"
    with pytest.raises(StoreError, match=f"not one of the queries in {folders}"):
        any_store.write(Step("lookup/stats", {}))


def test_hostile_text_is_only_text(any_store: GraphStore, files: GraphFiles) -> None:
    """Ids, names and words that look like Cypher or Lucene syntax do nothing but be found."""
    load(any_store, files, "b1")
    before = canonical.digest(any_store)
    assert lookup.resolve(any_store, WINE)[0].id == WINE
    for words in ("'}) DETACH DELETE n //", 'title:"x" AND NOT (a* OR /b/)', "~ ^ \\ && ||", "[a TO z]", "*"):
        lookup.resolve(any_store, words)
    assert canonical.digest(any_store) == before


def test_words_are_found_whatever_their_case_accents_and_number(any_store: GraphStore, files: GraphFiles) -> None:
    """Words go through the project's normaliser on both sides."""
    load(any_store, files, "b1")
    assert lookup.resolve(any_store, "CRÈME DOR blanc")[0].id == WINE
    assert lookup.resolve(any_store, "corn chip")[0].id == "tortilla-chips"
    assert lookup.resolve(any_store, "Game Day Parties")[0].id == "game-day"


def test_both_levels_answer_for_their_subject(any_store: GraphStore, files: GraphFiles) -> None:
    """A product answers with products, a type with types, and a product without edges with its type's."""
    load(any_store, files, "b1")
    assert [hit.id for hit in lookup.complements(any_store, "0001").hits] == ["s-1", "s-2"]
    assert [hit.id for hit in lookup.complements(any_store, "0001", k=1).hits] == ["s-1"]
    assert lookup.complements(any_store, "tortilla chips").level is Level.TYPE
    answer = lookup.complements(any_store, "pc")
    assert (answer.level, answer.via and answer.via.id) == (Level.TYPE, "pita-chips")
    assert [hit.id for hit in lookup.substitutes(any_store, "0001").hits] == ["pc"]
    assert lookup.substitutes(any_store, "lone").hits == ()
    assert [hit.id for hit in lookup.intent(any_store, "cannot sleep").hits] == ["エプソム"]
    assert [hit.id for hit in lookup.pairings(any_store, "grilled salmon").hits] == [WINE]
    assert [hit.id for hit in lookup.pairings(any_store, "salsa").hits] == ["white-wine"]


def test_an_intents_products_stand_under_their_headings(any_store: GraphStore, files: GraphFiles) -> None:
    """Heading by heading in their order, what pairs with the intent among them; the rest last; k counts the best."""
    load(any_store, files, "b1")
    hits = lookup.intent(any_store, "game-day", by_theme=True).hits
    assert [(hit.theme, hit.theme_rank, hit.id) for hit in hits] == [("Dips", 1, "s-1"), ("Crisp things", 2, "0001")]
    assert [hit.id for hit in lookup.intent(any_store, "game-day", 1, by_theme=True).hits] == ["0001"]
    (wine,) = lookup.intent(any_store, "grilled salmon", by_theme=True).hits
    assert (wine.theme, wine.relation, wine.id) == ("Drinks", Relation.PAIRS_WITH, WINE)
    (salt,) = lookup.intent(any_store, "insomnia", by_theme=True).hits
    assert (salt.theme, salt.theme_rank) == ("", None)


def test_a_thing_that_both_satisfies_and_pairs_stands_there_once(any_store: GraphStore, tmp_path: Path) -> None:
    """The better edge speaks for it; of equal ranks the one that satisfies."""
    world, intent = small_world(), (NodeKind.INTENT, "grilled-salmon")
    more = [edge(Relation.SATISFIED_BY, intent, target, rank) for rank, target in ((1, "white-wine"), (2, "salsa"))]
    product = ProductEdge(Relation.SATISFIED_BY, *intent, WINE, via=("grilled-salmon", "white-wine"))
    world = replace(world, edges=[*world.edges, *more], product_edges=[*world.product_edges, product])
    load(any_store, write_world(tmp_path, world), "b1")
    (hit,) = lookup.intent(any_store, "grilled-salmon", by_theme=True).hits
    assert (hit.id, hit.relation) == (WINE, Relation.SATISFIED_BY)
    rows = any_store.read("lookup/intent_types_by_theme", {"id": "grilled-salmon", "k": 9, "contexts": []})
    assert [(row["id"], row["relation"], row["theme"]) for row in rows] == [
        ("white-wine", "SATISFIED_BY", "Drinks"),
        ("salsa", "SATISFIED_BY", None),
    ]


def test_a_look_up_answers_for_the_contexts_of_the_moment(any_store: GraphStore, files: GraphFiles) -> None:
    """An edge without contexts always holds, one with contexts in any of those; no contexts asked for: every edge."""
    load(any_store, files, "b1")

    def found(*contexts: str) -> list[str]:
        return [hit.id for hit in lookup.complements(any_store, "0001", contexts=contexts).hits]

    assert found() == found("party") == found("summer", "party") == ["s-1", "s-2"]
    assert found("summer") == ["s-2"]
    assert lookup.pairings(any_store, "salsa", contexts=["winter"]).hits == ()
    assert [hit.id for hit in lookup.pairings(any_store, "salsa", contexts=["winter", "summer"]).hits] == ["white-wine"]


def test_a_key_that_is_unclear_or_unknown_says_what_it_might_mean(any_store: GraphStore, files: GraphFiles) -> None:
    """Several readings are listed; an unknown word gets what is spelled about like it."""
    load(any_store, files, "b1")
    with pytest.raises(Ambiguous, match="may mean tortilla chips") as unclear:
        lookup.complements(any_store, "chips")
    assert [key for key, _ in unclear.value.suggestions] == ["tortilla-chips", "pita-chips"]
    with pytest.raises(NotFound, match="did you mean grilled salmon") as unknown:
        lookup.intent(any_store, "grilld")
    assert unknown.value.suggestions == (("grilled-salmon", "grilled salmon"),)
    with pytest.raises(NotFound, match="nothing here is called '§'"):
        lookup.intent(any_store, "§")


def test_why_goes_back_to_the_knowledge_of_types(any_store: GraphStore, files: GraphFiles) -> None:
    """A product edge comes with the type edge it was projected from; a pair without one with its types' edge."""
    load(any_store, files, "b1")
    assert [(e.level, e.relation) for e in lookup.why(any_store, "0001", "s-1").edges] == [
        (Level.PRODUCT, Relation.COMPLEMENTS),
        (Level.TYPE, Relation.COMPLEMENTS),
    ]
    assert [e.target_id for e in lookup.why(any_store, "s-1", "0001").edges] == ["s-1", "salsa"]
    assert [e.level for e in lookup.why(any_store, "pc", "s-1").edges] == [Level.TYPE]
    assert [e.level for e in lookup.why(any_store, "game-day", "0001").edges] == [Level.PRODUCT, Level.TYPE]
    assert lookup.why(any_store, "lone", "s-1").edges == ()


def test_asking_before_anything_was_loaded_says_so(any_store: GraphStore) -> None:
    """An empty graph is not an unknown word: the remedy is to load."""
    with pytest.raises(StoreError, match=r"holds no graph yet; load one: kg build"):
        lookup.intent(any_store, "game-day")
