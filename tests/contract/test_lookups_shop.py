"""What the look-ups answer in a small shop, on both stores."""

from __future__ import annotations

import pytest

from kg.errors import NotFound
from kg.model import Level, NodeKind, Relation
from kg.store import lookup
from kg.store.driver import GraphStore


def test_a_cart_is_offered_what_most_of_it_wants(stocked: GraphStore) -> None:
    """Minus what it has, its variants and what can stand in for it; a few of a type; with who wants it, and why."""
    found = lookup.complements_of_cart(stocked, ["chips", "soda", "chips", "nothing"])
    assert found.ids == ("chips", "soda", "nothing")
    assert [(hit.id, hit.confidence, [wanted.id for wanted in hit.wanted_by]) for hit in found.hits] == [
        ("salsa-1", 0.9, ["chips", "soda"]),
        ("dip", 0.6, ["soda", "chips"]),
        ("candle", 0.95, ["soda"]),
        ("salsa-2", 0.8, ["chips"]),
    ]
    assert found.hits[0].wanted_by[1].explanation == "soda wants salsa-1."
    assert found.hits[0].wanted_by[0].name == "Chips"
    one_each = lookup.complements_of_cart(stocked, ["chips", "soda"], 2, ["summer"], per_type=1)
    assert [hit.id for hit in one_each.hits] == ["salsa-1", "dip"]
    assert lookup.complements_of_cart(stocked, []).hits == ()


def test_a_substitute_in_stock_keeps_diet_and_audience_and_says_what_changes(stocked: GraphStore) -> None:
    """What is made for kids will do for boys, organic need not be kept; everything that differs is named."""
    answer = lookup.substitutes_in_stock(stocked, "milk")
    assert [hit.id for hit in answer.hits] == ["plain-milk", "same-milk"]
    changes = {hit.id: [(c.attribute, c.before, c.after) for c in hit.changes] for hit in answer.hits}
    assert changes["same-milk"] == [
        ("brand", "Alma", "Lumi"), ("diet", "vegan;organic", "organic;Vegan"), ("price", 2.0, 2.5),
    ]  # fmt: skip
    assert changes["plain-milk"] == [
        ("size", "1 l", None), ("diet", "vegan;organic", "vegan"), ("audience", "boys", "kids"),
    ]  # fmt: skip
    assert [hit.id for hit in lookup.substitutes_in_stock(stocked, "milk", 1).hits] == ["plain-milk"]
    assert [hit.id for hit in lookup.substitutes_in_stock(stocked, "milk", 5, ["winter"]).hits] == ["plain-milk"]
    assert [hit.id for hit in lookup.substitutes_in_stock(stocked, "milk", stand_ins=[]).hits] == ["same-milk"]
    assert [hit.id for hit in lookup.substitutes_in_stock(stocked, "butter").hits] == ["milk"]


def test_a_products_page_comes_in_one_answer(stocked: GraphStore) -> None:
    """Its type, what goes with it and the intents it serves, k of each."""
    page = lookup.neighbourhood(stocked, "soda", 2)
    assert (page.subject.id, page.subject.name, page.type and page.type.name) == ("soda", "Soda", "soda")
    assert [hit.id for hit in page.complements] == ["salsa-1", "dip"]
    assert [hit.id for hit in page.substitutes] == ["water"]
    assert (page.pairings, page.intents) == ((), ())
    chips = lookup.neighbourhood(stocked, "Chips", 2, ["summer"])
    assert [(hit.kind, hit.id, hit.name, hit.rank) for hit in chips.intents] == [
        (NodeKind.INTENT, "game-day", "game-day party", 4)
    ]
    with pytest.raises(NotFound, match="nothing here is called 'xyzzy'"):
        lookup.neighbourhood(stocked, "xyzzy")


def test_what_no_name_holds_is_suggested_by_meaning(stocked: GraphStore) -> None:
    """Words that name nothing find what means about the same, as a suggestion only."""
    best, *_ = lookup.resolve(stocked, "sporting event party snack")
    assert (best.id, best.kind) == ("game-day", NodeKind.INTENT)
    assert 0 < best.score < 0.7
    with pytest.raises(NotFound, match=r"did you mean .*game-day party \(game-day\)"):
        lookup.intent(stocked, "sporting event party snack")
    assert lookup.resolve(stocked, "sporting event party snack", (NodeKind.PRODUCT,)) == ()


def test_a_known_kind_is_asked_about_directly(stocked: GraphStore) -> None:
    """An id of several kinds is taken for the one that is named; what is not there is no word to look for."""
    assert lookup.complements(stocked, "soda").level is Level.PRODUCT
    by_type = lookup.complements(stocked, "soda", kind=NodeKind.TYPE)
    assert [(hit.id, hit.explanation) for hit in by_type.hits] == [("salsa", "By type.")]
    through = lookup.complements(stocked, "water", kind=NodeKind.PRODUCT)
    assert (through.level, through.via and through.via.id) == (Level.TYPE, "soda")
    assert lookup.pairings(stocked, "game-day", kind=NodeKind.INTENT).hits[0].id == "soda"
    with pytest.raises(NotFound, match="there is no Product with the id 'Soda'"):
        lookup.complements(stocked, "Soda", kind=NodeKind.PRODUCT)
    with pytest.raises(NotFound, match="there is no Intent with the id 'soda'"):
        lookup.complements(stocked, "soda", kind=NodeKind.INTENT)


def test_relations_of_a_hit_are_told_where_an_answer_holds_several(stocked: GraphStore) -> None:
    """By theme, what pairs with an intent stands beside what satisfies it."""
    hits = lookup.intent(stocked, "game-day", by_theme=True).hits
    assert {(hit.id, hit.relation) for hit in hits} == {("chips", Relation.SATISFIED_BY), ("soda", Relation.PAIRS_WITH)}
