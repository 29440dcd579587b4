"""Qualifiers end to end: from a mention through every linker, curation's edge and projection to products."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.graph.traits import default_traits
from kg.model import Product
from linkers.base import Target
from linkers.registry import LINKER_OPTIONS, build_linker
from linkers.types.lexicon import load_lexicon
from tests.parts.graph_shop import Shop, edge, product

CRACKERS = [
    product("wheat", "crackers", "Acme Wheat Crackers", popularity=9.0),
    product("free", "crackers", "Acme Crackers", diet="gluten-free"),
    product("title", "crackers", "Acme Gluten-Free Crackers"),
    product("both", "crackers", "Acme Crisp Crackers", diet="gluten-free;lactose-free"),
]
GLUTEN_FREE = {"free", "title", "both"}
DIETS = ("alcohol", "caffeine", "dairy", "egg", "fragrance", "gluten", "grain", "lactose", "nut", "soy", "sugar")


def _reached(folder: Path, linker: str, mention: str, products: list[Product], *, synonyms: bool = True) -> set[str]:
    """Return the products that an intent reaches whose mention this is; the linker must find their type."""
    type_id = products[0].type_id
    targets = [Target(type_id, type_id, titles=tuple(each.title for each in products))]
    options = {} if synonyms else {"synonyms": False}
    link = build_linker(linker, options, targets).link(mention)
    assert link.target_id == type_id
    shop = Shop(folder, products, [edge("i-x", "SATISFIED_BY", type_id, qualifiers=link.qualifiers)])
    shop.project(per_type=9)
    return {target for _, target in shop.rows()}


@pytest.mark.parametrize("linker", sorted(set(LINKER_OPTIONS) - {"exact"}))
@pytest.mark.parametrize("mention", ["gluten-free crackers", "Gluten Free Cracker", "no gluten crackers"])
def test_gluten_free_crackers_are_never_wheat_crackers(linker: str, mention: str, tmp_path: Path) -> None:
    """A diet of two words is asked of the products, whichever linker read it, by title or by attribute."""
    assert _reached(tmp_path, linker, mention, CRACKERS) == GLUTEN_FREE


@pytest.mark.parametrize("linker", sorted(set(LINKER_OPTIONS) - {"exact", "semantic"}))
@pytest.mark.parametrize(
    ("mention", "expected"),
    [
        ("crackers without gluten", GLUTEN_FREE),
        ("gluten-free, lactose-free crackers", {"both"}),
        ("gluten and lactose free crackers", {"both"}),
        ("crisp gluten-free crackers", {"both"}),
        ("sugar-free crackers", set[str]()),
        ("crackers", {"wheat", *GLUTEN_FREE}),
    ],
)
def test_each_thing_left_out_counts(linker: str, mention: str, expected: set[str], tmp_path: Path) -> None:
    """Two diets share the word "free" without losing one, and a diet that nobody sells gives no product."""
    assert _reached(tmp_path, linker, mention, CRACKERS) == expected


def test_exact_links_no_qualified_mention() -> None:
    """The linker without qualifiers has none to lose: it refuses the mention."""
    link = build_linker("exact", {}, [Target("crackers", "crackers")]).link("gluten-free crackers")
    assert (link.target_id, link.qualifiers) == (None, ())


@pytest.mark.parametrize("what", DIETS)
def test_every_diet_of_two_words_is_honoured(what: str, tmp_path: Path) -> None:
    """What the shop must leave out, it leaves out: the plain product is never offered."""
    things = [product("plain", "cookies", "Cookies"), product("right", "cookies", f"{what}-free Cookies")]
    assert _reached(tmp_path, "hybrid", f"{what}-free cookies", things) == {"right"}


def test_without_synonyms_another_spelling_still_binds(tmp_path: Path) -> None:
    """Words that the linker leaves apart are joined by projection: non, alcoholic."""
    things = [product("ale", "beer", "Beer"), product("zero", "beer", "Beer", diet="alcohol-free")]
    assert _reached(tmp_path, "lexical", "non-alcoholic beer", things, synonyms=False) == {"zero"}


def test_whatever_the_linkers_read_as_left_out_is_hard() -> None:
    """No word of the linkers' list makes a qualifier that projection would give up."""
    assert all(default_traits().is_hard(f"{word} free") for word in load_lexicon().absent)
