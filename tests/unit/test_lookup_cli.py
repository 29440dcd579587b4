"""``kg lookup`` on a small graph: each question in words for people, and as one document for machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.parts.commands import kg
from tests.servers.lookup_worlds import SERVED, shop


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a shop whose graph is there."""
    folder = tmp_path_factory.mktemp("shop")
    with open_store(StoreOptions(path=folder / "graph")) as store:
        store.ensure_schema()
        shop().write(store, SERVED)
    (folder / "config.yaml").write_text("catalog: {files: [products.csv]}\nattributes: {vocabulary: words.yaml}\n")
    (folder / "words.yaml").write_text("attributes: {diet: {values: {organic: {replacement: keep}}}}\n")
    return folder / "config.yaml"


@pytest.mark.parametrize(
    "arguments",
    [
        ("intent", "game-day party"), ("intent", "game-day", "--by-theme"), ("complements", "chips"),
        ("substitutes", "milk", "--in-stock"), ("pairings", "game-day"), ("cart", "chips", "soda"), ("page", "soda"),
        ("resolve", "salsa"), ("resolve", "xyzzy"), ("complements", "lonely-1", "-k", "1"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_look_up_speaks_to_people_and_to_machines(config: Path, arguments: tuple[str, ...]) -> None:
    """One document on stdout with --json, lines without, nothing on stderr unless it is a refusal."""
    person = kg("lookup", *arguments, "--config", config)
    machine = kg("lookup", *arguments, "--json", "--config", config)
    assert person.code == machine.code
    if arguments[1] == "lonely-1":
        assert (person.out, person.code) == ("", 1)
        assert person.err.startswith("error: nothing here is called 'lonely-1'")
        return
    assert (person.code, person.err, machine.err) == (0, "", "")
    assert person.out.strip()
    assert isinstance(machine.data, dict | list)


def test_a_cart_is_offered_things_with_who_wants_them(config: Path) -> None:
    """Products are named by words, too; each offer says for which of them it is, and why."""
    said = kg("lookup", "cart", "Chips", "soda", "-k", "2", "--config", config).out
    assert said.splitlines() == [
        "Goes with Chips (chips), Soda (soda):",
        "  1. Salsa 1  (salsa-1)  2.00  confidence 0.90",
        "     Chips: chips wants salsa-1.",
        "     Soda: soda wants salsa-1.",
        "  2. Dip  (dip)  2.00  confidence 0.60",
        "     Soda: soda wants dip.",
        "     Chips: chips wants dip.",
    ]
    found = kg("lookup", "cart", "chips", "soda", "--per-type", "1", "--json", "--config", config).data
    assert [hit["id"] for hit in found["hits"]] == ["salsa-1", "dip", "candle"]
    assert "nothing is known" in kg("lookup", "cart", "candle", "--config", config).out


def test_substitutes_in_stock_follow_the_shops_own_vocabulary(config: Path) -> None:
    """Here organic must be kept, as the shop's vocabulary says; what changes is said in a line."""
    said = kg("lookup", "substitutes", "milk", "--in-stock", "--config", config).out
    assert "plain-milk" not in said
    assert "changes: brand Alma -> Lumi; diet vegan;organic -> organic;Vegan; price 2.00 -> 2.50" in said
    assert "for-girls" in kg("lookup", "substitutes", "milk", "--config", config).out


def test_a_page_shows_every_neighbour_under_its_title(config: Path) -> None:
    """A title without anything below it says so."""
    lines = kg("lookup", "page", "chips", "-k", "1", "--config", config).out.splitlines()
    assert lines[0] == "Chips (chips)"
    assert [line for line in lines[1:] if not line.startswith(" ")] == [
        "Goes with", "Can be replaced by", "Tastes good with", "Serves",
    ]  # fmt: skip
    assert "  1. game-day party  (game-day)  confidence 0.70" in lines
    assert sum("nothing is known" in line for line in lines) == 2


def test_resolving_shows_what_words_may_mean(config: Path) -> None:
    """With score, kind, name and id; only of the kinds that were asked for."""
    lines = kg("lookup", "resolve", "Salsas", "--config", config).out.splitlines()
    assert lines[0] == "1.00  type     salsa (salsa)"
    assert any("product" in line for line in lines)
    only = kg("lookup", "resolve", "salsa", "--kind", "product", "--kind", "intent", "--json", "--config", config).data
    assert {match["kind"] for match in only} == {"Product"}
    assert "nothing here is called 'xyzzy'" in kg("lookup", "resolve", "xyzzy", "--config", config).out


def test_an_answer_says_how_it_came_about(config: Path) -> None:
    """Through a product's type, under which headings, and what else the words might have meant."""
    assert "through its type 'soda'" in kg("lookup", "complements", "water", "--config", config).out
    assert (
        "also named like that: Chips Large (chips-large)"
        in kg("lookup", "substitutes", "Chips", "--config", config).out
    )
    lines = kg("lookup", "intent", "game-day", "--by-theme", "--config", config).out.splitlines()
    assert [line for line in lines[1:] if not line.startswith(" ")] == ["Drinks", "More"]


def test_wrong_contexts_are_refused_everywhere(config: Path) -> None:
    """A context that the configuration does not have would find only what always holds."""
    for question in (("cart", "chips"), ("page", "chips"), ("substitutes", "milk", "--in-stock")):
        said = kg("lookup", *question, "--context", "sumer", "--config", config)
        assert said.code == 2
        assert "no such value in extraction.contexts: 'sumer'; did you mean 'summer'?" in said.err
    assert "'xyzzy'; known: " in kg("lookup", "page", "chips", "--context", "xyzzy", "--config", config).err
    assert kg("lookup", "page", "chips", "--context", "winter", "--config", config).code == 0
