"""Equal concepts share one question, near ones when told to, and what only looks alike is left apart."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.concepts import Alias, Concept, concept_key, share

NOUNS = ("oat", "chip", "salsa", "bean", "café", "dish", "berry", "box", "knife", "child", "milk")
PLURALS = {"dish": "dishes", "berry": "berries", "box": "boxes", "knife": "knives", "child": "children"}
PLAIN = st.lists(st.sampled_from((*NOUNS, "24", "2.5")), min_size=1, max_size=4)
ORDERS = st.sampled_from(["{0}", "{0}, {1}", "{0} and {1}", "{0} & {1}", "{0}, {1} and {0}"])


def concepts(*names: str, scope: str = "type/food") -> list[Concept]:
    """Return concepts called ``names``, their names as ids."""
    return [Concept(name, name, scope) for name in names]


def asked_as(*names: str, above: float | None = None) -> dict[str, str]:
    """Return which of ``names`` is asked in the words of which."""
    return {alias.name: alias.asked_as for alias in share(concepts(*names), above).values()}


@pytest.mark.parametrize(
    "names",
    [
        ("Oat Milk", "oat milks", "OAT-MILK", "milk, oat", "Milk , Oats", "oat milk,", "Oat™ Milk"),
        ("salt and pepper", "Pepper & Salt", "peppers and salts", "salt & pepper!"),
        ("peanut butter and jelly", "jelly & peanut butter"),
        ("crème fraîche", "creme fraiche", "Fraîche, Crème"),
        ("1,000 piece puzzle", "1,000-Piece Puzzles"),
        ("plates, cups and napkins", "plates cups & napkins"),
        ("牛乳\uff0c豆", "豆 牛乳"),
    ],
    ids=lambda names: names[0],
)
def test_equal_names_have_one_key(names: tuple[str, ...]) -> None:
    """Case, plural, accents, punctuation, an inversion at a comma, and the sides of "and" make no difference."""
    assert len({concept_key(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("milk chocolate", "chocolate milk"),
        ("dog food", "food dog"),
        ("salt and pepper", "salt or pepper"),
        ("salt and pepper", "salt pepper"),
        ("chips, dip, salsa", "salsa, dip, chips"),
        ("a and b and c", "c and b and a"),
        ("mac and cheese, boxed", "boxed mac and cheese"),
        ("1,000 piece puzzle", "000 piece puzzle 1"),
        ("AA battery 12", "AA battery 24"),
        ("whole milk", "milk"),
    ],
)
def test_what_may_differ_in_meaning_keeps_its_own_key(one: str, other: str) -> None:
    """Word order, numbers, and words that one has more are left alone."""
    assert concept_key(one) != concept_key(other)


def test_the_first_of_equal_concepts_is_asked() -> None:
    """The one of greatest reach lends its words to the others, with a record of it."""
    assert share(concepts("oat milk", "tea", "Milk, oat", "Oat Milks")) == {
        "Milk, oat": Alias("Milk, oat", "Milk, oat", "oat milk", "oat milk", 1.0, "equal"),
        "Oat Milks": Alias("Oat Milks", "Oat Milks", "oat milk", "oat milk", 1.0, "equal"),
    }


def test_only_equal_scopes_share() -> None:
    """A mouse for a computer is no mouse for a cat."""
    both = [*concepts("mouse", "yogurt", scope="pets"), *concepts("mouse", "yoghurt", scope="computers")]
    assert share([Concept(f"{number}", each.name, each.scope) for number, each in enumerate(both)], 0.8) == {}


def test_names_without_words_are_equal_to_nothing() -> None:
    """Two names of symbols only are not taken for one another."""
    assert asked_as("!!!", "???", "🍕", "🍔", "", above=0.5) == {}


def test_near_duplicates_share_only_when_told_to() -> None:
    """Another spelling is another question unless a threshold says otherwise."""
    assert asked_as("yogurt", "yoghurts") == {}
    found = share(concepts("yogurt", "yoghurts"), 0.9)["yoghurts"]
    assert (found.asked_as, found.reason) == ("yogurt", "near")
    assert 0.9 <= found.score < 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tortilla chips", "tortila chips"),
        ("whisky glasses", "whiskey glass"),
        ("doughnut glaze", "dougnut glaze"),
        ("pepper and whisky", "whiskey & pepper"),
    ],
)
def test_other_spellings_are_near(one: str, other: str) -> None:
    """A letter more or less in a word."""
    assert asked_as(one, other, above=0.9) == {other: one}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("men's running shoes", "women's running shoes"),
        ("milk chocolate", "chocolate milk"),
        ("oat milk", "organic oat milk"),
        ("coffee", "decaf coffee"),
        ("AA battery 12", "AA battery 24"),
        ("size 10 boots", "size 1 boots"),
        ("cat food", "rat food"),
        ("wet cat food", "pet cat food"),
        ("long sleeve shirt for boys", "long sleeve shirt for toys"),
    ],
)
def test_what_looks_alike_is_not_near(one: str, other: str) -> None:
    """Names that differ in a word, its place or a number keep their own questions, however long they are."""
    assert asked_as(one, other, above=0.85) == {}


def test_nobody_is_asked_as_an_alias() -> None:
    """What is near to an alias only is asked itself: likeness does not travel."""
    chain = ("abcdefghij", "abcdefghijkl", "abcdefghijklmn")
    assert asked_as(*chain, above=0.9) == {chain[1]: chain[0]}
    assert asked_as(*chain[1:], above=0.9) == {chain[2]: chain[1]}


def test_the_nearest_lends_its_words_and_of_equals_the_first() -> None:
    """The best score wins; at the same score, the greater reach."""
    assert asked_as("abcdefgxyz", "abcdefghyz", "abcdefghiz", above=0.85) == {"abcdefghyz": "abcdefgxyz"}
    assert asked_as("abcdefghixyz", "abcdefghijkl", "abcdefghijkz", above=0.85) == {"abcdefghijkz": "abcdefghijkl"}
    assert asked_as("abcdefghijka", "abcdefghijkb", "abcdefghijk", above=0.95) == {"abcdefghijk": "abcdefghijka"}


def test_equal_beats_near() -> None:
    """A concept that is equal to a later one is not given to an earlier one that is near."""
    assert asked_as("yogurts", "yoghurt", "yoghurts", above=0.95) == {"yoghurts": "yoghurt"}


@given(st.text() | st.text(st.sampled_from("aBé1,\uff0c.& \u200b-sand")))
@settings(max_examples=300)
def test_a_key_is_its_own_key(text: str) -> None:
    """Doing it twice is doing it once, on any text."""
    assert concept_key(concept_key(text)) == concept_key(text)


@given(PLAIN, PLAIN, ORDERS, st.data())
def test_spelling_of_words_never_matters(one: list[str], other: list[str], order: str, data: st.DataObject) -> None:
    """Any word may be in any case, a plural, without its accents, hyphenated to the next or in quotes."""

    def varied(words: list[str]) -> str:
        out = [data.draw(st.sampled_from(variants(word))) for word in words]
        return data.draw(st.sampled_from([" ", "-", " /", "  ", " ' "])).join(out)

    plain = order.format(" ".join(one), " ".join(other))
    assert concept_key(order.format(varied(one), varied(other)) + data.draw(st.sampled_from(["", "!", " .", "™"]))) == (
        concept_key(plain)
    )


@given(PLAIN, PLAIN)
def test_an_inversion_is_the_plain_order(one: list[str], other: list[str]) -> None:
    """A comma swaps its sides, "and" makes no difference between them."""
    first, second = " ".join(one), " ".join(other)
    assert concept_key(f"{first}, {second}") == concept_key(f"{second} {first}")
    assert concept_key(f"{first} and {second}") == concept_key(f"{second} & {first}")


@given(st.lists(st.tuples(st.text("abé12 ,&-", max_size=9), st.sampled_from("xy"))), st.none() | st.floats(0, 1))
def test_the_laws_of_sharing(drawn: list[tuple[str, str]], above: float | None) -> None:
    """Nobody is asked as an alias, across scopes or numbers, below the threshold, or as a later one; equals share."""
    all_ = [Concept(str(number), name, scope) for number, (name, scope) in enumerate(drawn)]
    aliases = share(all_, above)
    asked = [each for each in all_ if each.id not in aliases]
    keys = [(each.scope, concept_key(each.name)) for each in asked if concept_key(each.name)]
    assert len(keys) == len(set(keys))
    for alias in aliases.values():
        taken, own = all_[int(alias.asked_as_id)], all_[int(alias.id)]
        assert (alias.name, alias.asked_as) == (own.name, taken.name)
        assert taken in asked
        assert int(taken.id) < int(own.id)
        assert taken.scope == own.scope
        words, others = concept_key(own.name), concept_key(taken.name)
        assert re.findall(r"\d+", words) == re.findall(r"\d+", others)
        assert (alias.reason == "equal") == (words == others)
        assert alias.score >= (1 if above is None else above) - 1e-4


def variants(word: str) -> list[str]:
    """Return a word in forms that mean the same."""
    plural = PLURALS.get(word, f"{word}s" if word.isalpha() else word)
    bare = "".join(ch for ch in unicodedata.normalize("NFD", word) if not unicodedata.combining(ch))
    return [word, plural, word.upper(), plural.title(), bare, unicodedata.normalize("NFD", word), f'"{word}"']
