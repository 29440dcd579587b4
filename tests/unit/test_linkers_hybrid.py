"""The default linker on the sample's product types: what it links, what it refuses, and why."""

from __future__ import annotations

import csv
import json
from functools import lru_cache
from pathlib import Path

import pytest
from rapidfuzz import fuzz, process

from kg.errors import ConfigError
from kg.model import Link, ProductType, TypeId
from linkers.base import Linker, Target, targets_of
from linkers.registry import build_linker
from linkers.types.disambiguate import WEIGHTS

DATA = Path(__file__).parents[1] / "data"


@lru_cache(maxsize=1)
def sample() -> tuple[Target, ...]:
    """Return the sample's product types."""
    rows = (json.loads(line) for line in (DATA / "linking_types.jsonl").read_text("utf-8").splitlines())
    return tuple(Target(**{**row, "titles": tuple(row["titles"])}) for row in rows)


@lru_cache(maxsize=1)
def mentions() -> tuple[dict[str, str], ...]:
    """Return the labelled mentions."""
    with (DATA / "linking_mentions.csv").open(encoding="utf-8", newline="") as handle:
        return tuple(csv.DictReader(handle))


@lru_cache(maxsize=8)
def linker(*without: str) -> Linker:
    """Return the default linker over the sample without some types."""
    return build_linker("hybrid", {}, [target for target in sample() if target.name not in without])


def right(row: dict[str, str], target_id: str | None) -> bool:
    """Return whether the label allows the target."""
    wanted = [name.replace(" ", "-") for name in row["expected"].split("|")]
    return (target_id or "NIL") in wanted


def accuracy(split: str) -> tuple[float, float]:
    """Return accuracy over the split and precision of what was linked."""
    rows = [row for row in mentions() if row["split"] == split]
    links = linker().link_all([row["mention"] for row in rows])
    hits = [right(row, link.target_id) for row, link in zip(rows, links, strict=True)]
    linked = [hit for hit, link in zip(hits, links, strict=True) if link.target_id]
    return sum(hits) / len(hits), sum(linked) / len(linked)


@pytest.mark.parametrize(("split", "floor", "precision"), [("dev", 0.97, 0.98), ("held_out", 0.90, 0.95)])
def test_labelled_mentions(split: str, floor: float, precision: float) -> None:
    """Accuracy and precision on the hand-made mentions do not fall below what was reached."""
    got = accuracy(split)
    assert got[0] >= floor
    assert got[1] >= precision


def test_beats_the_string_similarity_floor() -> None:
    """It is at least 20 points more accurate than the best token_set_ratio with its best threshold."""
    names = {target.id: target.name for target in sample()}
    rows = [row for row in mentions() if row["split"] == "held_out"]
    found = [process.extractOne(row["mention"].lower(), names, scorer=fuzz.token_set_ratio) for row in rows]
    best = max(
        sum(right(row, hit[2] if hit[1] >= cut else None) for row, hit in zip(rows, found, strict=True))
        for cut in range(0, 101, 5)
    )
    assert accuracy("held_out")[0] >= best / len(rows) + 0.2


@pytest.mark.parametrize(
    ("mention", "expected", "qualifiers"),
    [
        ("Peanut Butter", "peanut-butter", ()),
        ("butter", "butter", ()),
        ("unsalted butter", "butter", ("unsalted",)),
        ("herbal tea", "herbal-tea", ()),
        ("Chamomile tea", "herbal-tea", ("chamomile",)),
        ("earplugs", "ear-plugs", ()),
        ("phone charger", "chargers", ()),
        ("kitchen foil", "aluminium-foil", ()),
        ("soda", "cola", ()),
        ("melatonin supplements", "melatonin", ()),
        ("fresh organic whole milk", "whole-milk", ("fresh", "organic")),
        ("lip balm with SPF", "lip-balm", ("spf",)),
        ("litter for cats", "cat-litter", ()),
        ("box of tortilla chips", "tortilla-chips", ()),
        ("tortila chips", "tortilla-chips", ()),
        ("großer Tofu", None, ()),
        ("\uff34\uff2f\uff26\uff35", "tofu", ()),
    ],
)
def test_links(mention: str, expected: str | None, qualifiers: tuple[str, ...]) -> None:
    """A mention goes to its type, and the words the type does not carry become qualifiers."""
    link = linker().link(mention)
    assert (link.target_id, link.qualifiers) == (expected, qualifiers)


@pytest.mark.parametrize(
    "mention", ["hot dogs", "baby oil", "ginger ale", "chocolate milk", "white noise machine", "food", "lemon juice"]
)
def test_refuses(mention: str) -> None:
    """What the shop does not have is NIL, however alike the words are."""
    assert linker().link(mention).target_id is None


@pytest.mark.parametrize(
    ("mention", "near"),
    [
        ("peanut butter", "butter"),
        ("coconut milk", "whole milk"),
        ("cat litter", "dry cat food"),
        ("ice cream", "cream"),
        ("oat milk", "rolled oats"),
        ("milk chocolate", "whole milk"),
        ("fish food", "dry dog food"),
        ("vitamin c", "vitamin d"),
        ("sunscreen", "ice cream"),
        ("tuna", "wet cat food"),
        ("butter", "peanut butter"),
    ],
)
def test_refuses_when_the_type_is_not_sold(mention: str, near: str) -> None:
    """Without its own type a mention is NIL, rather than the type that shares a word with it."""
    assert near in {target.name for target in sample()}
    assert linker(mention).link(mention).target_id is None


def test_few_links_when_the_type_is_not_sold() -> None:
    """Of thirty types taken away one by one, at most three names are taken for another type."""
    taken = [target.name for target in sample()][::10]
    wrong = [
        name
        for name in taken
        if build_linker("hybrid", {}, [t for t in sample() if t.name != name]).link(name).target_id
    ]
    assert len(wrong) <= 3, wrong


def test_broader_word_picks_the_popular_kind() -> None:
    """A word that a category has for its name goes to the most popular kind under it, less sure than by name."""
    link = linker().link("wine")
    assert link.target_id in {"red-wine", "white-wine"}
    assert link.confidence < linker().link("red wine").confidence


def test_kinds_described_otherwise_are_not_one() -> None:
    """White chocolate is no dark chocolate though both stand under "Chocolate"."""
    link = linker("milk chocolate").link("white chocolate")
    assert link.target_id is None
    assert "tells it apart" in link.reason


def test_word_order_names_the_thing() -> None:
    """Chocolate milk is a milk, milk chocolate a chocolate."""
    only = [Target("mc", "milk chocolate")]
    assert build_linker("hybrid", {}, only).link("chocolate milk").target_id is None


def test_unknown_modifier_is_a_qualifier_when_titles_say_it() -> None:
    """A noun changes the kind unless the type's own products carry it."""
    plain = Target("y", "yogurt")
    sold = Target("y", "yogurt", titles=("Acme Mango Yogurt 500 g",))
    assert build_linker("hybrid", {}, [plain]).link("mango yogurt").target_id is None
    link = build_linker("hybrid", {}, [sold]).link("mango yogurt")
    assert (link.target_id, link.qualifiers) == ("y", ("mango",))


def test_titles_give_names() -> None:
    """What a type's products are called is a name of the type."""
    beer = Target("b", "beer", titles=("Stillhop Cloudy Brew 330 ml", "Stillhop Cloudy Brew"))
    assert build_linker("hybrid", {}, [beer]).link("cloudy brew").target_id == "b"
    assert build_linker("hybrid", {"titles": False}, [beer]).link("cloudy brew").target_id is None


def test_explains_itself() -> None:
    """A link carries at most the asked number of candidates, best first, with features and a reason."""
    link: Link = build_linker("hybrid", {"explain": 3}, sample()).link("dog food")
    assert len(link.candidates) == 3
    assert link.candidates[0].id == link.target_id
    assert link.candidates[0].score == link.confidence
    assert {"implied", *WEIGHTS} >= set(link.candidates[0].features)
    assert link.reason


def test_refusal_names_the_word_that_clashes() -> None:
    """The reason of NIL says which word names another kind."""
    assert "'goat'" in linker().link("goat butter").reason


def test_margin_refuses_what_is_not_clear() -> None:
    """With a margin, a mention between two equal kinds is NIL."""
    two = [Target("a", "red wine", context="Wine"), Target("b", "white wine", context="Wine")]
    assert build_linker("hybrid", {}, two).link("wine").target_id == "a"
    link = build_linker("hybrid", {"margin": 0.3}, two).link("wine")
    assert link.target_id is None
    assert "runner-up" in link.reason


def test_alias_is_a_name() -> None:
    """An alias links as the name does."""
    assert build_linker("hybrid", {}, [Target("c", "cola", aliases=("coke",))]).link("Cokes").target_id == "c"


def test_synonyms_can_be_turned_off() -> None:
    """Without the table of synonyms "nappies" are no diapers."""
    diapers = [Target("d", "diapers")]
    assert build_linker("hybrid", {}, diapers).link("nappies").target_id == "d"
    assert build_linker("hybrid", {"synonyms": False}, diapers).link("nappies").target_id is None


def test_targets_of_types() -> None:
    """Product types become targets with their reach and at most fifty titles."""
    kind = ProductType(TypeId("t"), "tea", "Drinks > Tea", 3, 0.4, ("brew",))
    (target,) = targets_of([kind], {TypeId("t"): [f"Tea {n}" for n in range(60)]})
    assert (target.name, target.aliases, target.popularity, len(target.titles)) == ("tea", ("brew",), 0.4, 50)


def test_same_ids_are_refused() -> None:
    """Two targets with one id are a mistake of the caller, said so."""
    with pytest.raises(ConfigError, match="have the id 'x'"):
        build_linker("hybrid", {}, [Target("x", "a b"), Target("x", "c d")])
