"""What every look-up promises, on both stores: it shows the served build and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kg.errors import StoreError
from kg.store import lookup, queries
from kg.store.driver import GraphStore
from tests.servers.fixtures import wipe
from tests.servers.lookup_worlds import KINDS, MEANING, OLD, SERVED, STAGED, versions
from tests.servers.versioned_graph import serve

ASKED: dict[str, Any] = {
    "k": 20,
    "per_type": 20,
    "contexts": [],
    "stand_ins": [],
    "words": "+dip",
    "embedding": MEANING,
}
# file -> its parameters besides those
FILES: dict[str, dict[str, Any]] = {
    "complements_of_product": {"id": "product"}, "complements_of_type": {"id": "type"},
    "substitutes_of_product": {"id": "product"}, "substitutes_of_type": {"id": "type"},
    "pairings_of_product": {"id": "product"}, "pairings_of_type": {"id": "type"},
    "pairings_of_intent": {"id": "intent"}, "pairings_of_intent_types": {"id": "intent"},
    "intent_products": {"id": "intent"}, "intent_types": {"id": "intent"},
    "intent_products_by_theme": {"id": "intent"}, "intent_types_by_theme": {"id": "intent"},
    "substitutes_in_stock": {"id": "product"}, "complements_of_cart": {"ids": ["product", "no product"]},
    "neighbourhood": {"id": "product"},
    "resolve_words_intent": {}, "resolve_words_type": {}, "resolve_words_product": {},
    "resolve_vector_intent": {}, "resolve_vector_type": {},
}  # fmt: skip
# Files whose answers are told apart otherwise, below.
OTHERS = {"resolve_id", "type_of_product", "why", "why_pair", "stats"}


@pytest.fixture(scope="module")
def versioned(_module_store: GraphStore) -> Iterator[GraphStore]:
    """Each store with a graph of three generations."""
    wipe(_module_store)
    _module_store.ensure_schema()
    versions().write(_module_store, SERVED)
    yield _module_store
    wipe(_module_store)


@pytest.fixture
def old_and_new(versioned: GraphStore) -> Iterator[GraphStore]:
    """The same, whose served generation a test may change."""
    yield versioned
    serve(versioned, SERVED)


def seen(store: GraphStore, name: str, **more: Any) -> str:
    """Return all that a file answers, as text."""
    return repr(store.read(f"lookup/{name}", {**ASKED, **FILES.get(name, {}), **more}))


def test_every_look_up_is_asked_here() -> None:
    """A new file without a row in the tables above fails this test."""
    assert {f"lookup/{name}" for name in {*FILES, *OTHERS}} == {n for n in queries.names() if n.startswith("lookup/")}


@pytest.mark.parametrize("name", sorted(FILES))
def test_what_is_staged_or_gone_is_never_seen(old_and_new: GraphStore, name: str) -> None:
    """Every file shows the versions of the served generation, whichever it is, and nothing else."""
    for generation, shown in ((OLD, {"gone"}), (SERVED, set[str]()), (STAGED, {"staged"})):
        serve(old_and_new, generation)
        text = seen(old_and_new, name)
        assert "kept" in text
        assert {state for state in ("gone", "staged") if state in text} == shown
        if "after" in text or "before" in text:
            assert ("before" in text, "after" in text) == (generation == OLD, generation != OLD)
    serve(old_and_new, None)
    assert seen(old_and_new, name) == "[]"


def test_an_answer_of_edges_shows_each_pair_once(versioned: GraphStore) -> None:
    """A changed edge, which is there in two versions, is one answer: the new one."""
    rows = versioned.read("lookup/complements_of_product", {**ASKED, "id": "product"})
    assert [(row["id"], row["explanation"]) for row in rows] == [("pro-c-changed", "after"), ("pro-c-kept", "kept")]


def test_headings_are_those_of_the_served_build(old_and_new: GraphStore) -> None:
    """The place of a heading is its relationship's, and what moved to another heading stands under that one alone."""
    for generation, heading in ((OLD, "theme gone"), (SERVED, "theme kept")):
        serve(old_and_new, generation)
        rows = old_and_new.read("lookup/intent_products_by_theme", {**ASKED, "id": "intent"})
        found = [(row["theme"], row["theme_rank"]) for row in rows if row["id"] == "int-a-changed"]
        assert found == [(heading, 3)]


def test_ids_types_and_reasons_are_those_of_the_served_build(old_and_new: GraphStore) -> None:
    """What an id names, a product's type and why a pair is one follow the pointer, too."""
    pair = {"a": "product", "b": "pro-c-changed"}
    for generation, state, words in ((OLD, "gone", "before"), (SERVED, "kept", "after"), (STAGED, "staged", "after")):
        serve(old_and_new, generation)
        (row,) = old_and_new.read("lookup/type_of_product", {"id": "product"})
        (match,) = old_and_new.read("lookup/resolve_id", {"id": "product"})
        assert row["id"] == match["type_id"] == f"typ-c-{state}"
        for name in ("pro-c-gone", "typ-s-gone", "intent-gone", "pro-c-staged", "typ-s-staged", "intent-staged"):
            visible = name.endswith(state)
            assert len(old_and_new.read("lookup/resolve_id", {"id": name})) == visible, name
        for file in ("why", "why_pair"):
            assert {r["props"]["explanation"] for r in old_and_new.read(f"lookup/{file}", pair)} == {words}


def test_counts_are_those_of_the_served_build(old_and_new: GraphStore) -> None:
    """A pair that is there in two versions counts once."""
    for generation in (OLD, SERVED, STAGED):
        serve(old_and_new, generation)
        found = lookup.stats(old_and_new)
        assert found.nodes["Theme"] == found.nodes["Intent"] - 1 == (1 if generation == SERVED else 2)
        edges = 2 if generation == SERVED else 3
        assert {found.edges["-".join(kind[:2]) + f"->{kind[2]}"] for kind in KINDS[4:]} == {edges}
        assert found.edges["Product-IS_A->ProductType"] == 1
    serve(old_and_new, None)
    assert not any({**lookup.stats(old_and_new).nodes, **lookup.stats(old_and_new).edges}.values())


def test_before_the_first_build_is_published_there_is_no_graph(old_and_new: GraphStore) -> None:
    """A first load that is still under way shows nothing, and asking says what to do."""
    serve(old_and_new, None)
    with pytest.raises(StoreError, match=r"holds no graph yet; load one: kg build"):
        lookup.intent(old_and_new, "intent")
