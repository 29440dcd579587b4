"""How words are asked for and judged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.store.kinds import search_words
from kg.store.words import all_of, any_of, fit, near
from kg.text import key


def test_the_same_words_fit_fully_in_any_order_and_number() -> None:
    """Order, case, accents and plural do not matter."""
    assert fit("Chips, TÓRTILLA", key("tortilla chip")) == 1.0


def test_a_name_with_every_word_beats_one_without() -> None:
    """Holding all asked words counts more than holding few others."""
    assert fit("oat milk", key("Oatly Barista Oat Milk 1 l Organic")) > fit("oat milk", "milk")


def test_the_best_of_several_names_counts() -> None:
    """An alias is as good as the name."""
    assert fit("corn chips", "tortilla chip | corn chip") == 1.0


@pytest.mark.parametrize(("words", "search"), [("", "a"), ("a", ""), ("!", "!")])
def test_nothing_fits_nothing(words: str, search: str) -> None:
    """Without words on either side there is no fit."""
    assert fit(words, search) == 0.0


def test_near_allows_an_edit_in_long_words_only() -> None:
    """Short words would match anything."""
    assert near("red wine") == "red wine~1"


def test_a_query_is_cut_at_32_words() -> None:
    """A pasted page does not become a query of thousands of clauses."""
    assert len(any_of(" ".join(f"w{n}" for n in range(100))).split()) == 32


@given(st.text())
def test_no_text_reaches_lucene_as_syntax(text: str) -> None:
    """Whatever is asked, no unescaped operator is in the query."""
    bare = any_of(text)
    assert all_of(text).split() == [f"+{word}" for word in bare.split()]
    for sign in '+-&|!(){}[]^"~*?:\\/':
        bare = bare.replace("\\" + sign, "")
    assert not set(bare) & set('+-&|!(){}[]^"~*?:\\/')
    assert not {"AND", "OR", "NOT", "TO"} & set(bare.split())


def test_a_brand_is_searched_once() -> None:
    """The brand goes before a title that lacks it."""
    assert search_words("Fire Salsa", "Mesa Verde") == "mesa verde fire salsa"
    assert search_words("Mesa Verde Fire Salsa", "mesa verde") == "mesa verde fire salsa"
    assert search_words("Salsa", "") == "salsa"


def test_names_are_searched_each_once() -> None:
    """Aliases that say the same are dropped."""
    assert search_words("Tortilla chips", ["tortilla chip", "Corn Chips", "!"]) == "tortilla chip | corn chip"
    assert search_words("Salsa") == "salsa"
