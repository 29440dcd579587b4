"""The one text normaliser: what a reader sees, what is compared, what two names share."""

from __future__ import annotations

import pytest

from kg.text import clean, key, normalise, singular, slug, tokens


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("  Ménage™\u200b  Kit ", "Ménage™ Kit"),
        ("Cafe\u0301", "Café"),
        ("e\u200b\u0301", "é"),
        ("a\x00b\x1b[31mc\r\n d", "ab[31mc d"),
        ("  plain   ASCII ~ ", "plain ASCII ~"),
        ("\ufefftea\u00a0bags", "tea bags"),
        ("エプソム ソルト", "エプソム ソルト"),
        ("", ""),
    ],
)
def test_clean_leaves_what_a_reader_may_see(text: str, seen: str) -> None:
    """Control and format characters go, letters are composed, spaces are single; nothing else changes."""
    assert clean(text) == seen


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ménage™ Kit, 2-Pack", "menage kit 2 pack"),
        ("Kellogg's", "kelloggs"),
        ("Kellogg\u2019s", "kelloggs"),
        ("M&M", "m and m"),
        ("Fish & Chips", "fish and chips"),
        ("1.5 l, 3,49 each.", "1.5 l 3,49 each"),
        ("snake_case", "snake case"),
        ("A.B.C, v1.2.3, 4.", "a b c v1.2.3 4"),
        ("1.'5 `quoted' &c", "1.5 quoted and c"),
        ("tab\tfeed\x0c\x1funit\x7f~", "tab feed unit"),
        ("STRASSE Straße", "strasse strasse"),
        ("ﬁne ﬂour", "fine flour"),
        ("\uff11\uff12 \uff25ggs", "12 eggs"),
        ("İstanbul", "istanbul"),
        ("Ёлка Ὀδυσσεύς", "елка οδυσσευσ"),
        ("हिन्दी चाय", "हिन्दी चाय"),
        ("ชาไทย", "ชาไทย"),
        ("\u05e9\u05c1\u05dc\u05d5\u05dd", "\u05e9\u05c1\u05dc\u05d5\u05dd"),
        ("が", "が"),
        ("\x00\x07", ""),
        ("a'\u0301", "a"),
    ],
)
def test_normalise_folds_spelling_and_keeps_meaning(text: str, folded: str) -> None:
    """Case, accents and width go in Latin, Greek and Cyrillic; marks that carry meaning elsewhere stay."""
    assert normalise(text) == folded


def test_tokens_are_the_normalised_words_in_order() -> None:
    """A name becomes its words."""
    assert tokens("Oat-Milk, 2 l") == ["oat", "milk", "2", "l"]


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("chips", "chip"), ("batteries", "battery"), ("dishes", "dish"), ("boxes", "box"), ("glasses", "glass"),
        ("tomatoes", "tomato"), ("mangoes", "mango"), ("cookies", "cookie"), ("hoodies", "hoodie"), ("knives", "knife"),
        ("pies", "pie"), ("ties", "tie"), ("women", "woman"), ("womens", "woman"), ("mens", "man"),
        ("childrens", "child"), ("lenses", "lens"), ("lens", "lens"), ("hummus", "hummus"), ("glass", "glass"),
        ("gas", "gas"), ("iris", "iris"), ("mp3s", "mp3s"), ("peas", "pea"),
    ],
)  # fmt: skip
def test_singular_of_what_shops_sell(plural: str, one: str) -> None:
    """The words of a shop's aisles find their singular, and a singular stays what it is."""
    assert singular(plural) == one
    assert singular(one) == one


@pytest.mark.parametrize(
    ("a", "b"),
    [("Tortilla Chips", "tortilla chip"), ("Women's Socks", "woman sock"), ("Apple Pies", "apple pie"),
     ("Contact Lenses", "contact lens"), ("Crème Brûlée", "creme brulees"), ("ジャム", "ｼﾞｬﾑ")],
)  # fmt: skip
def test_names_of_one_thing_share_a_key(a: str, b: str) -> None:
    """Number, case, accents and width do not make two names of one."""
    assert key(a) == key(b)


@pytest.mark.parametrize(("a", "b"), [("cat food", "cat litter"), ("tea", "teas set"), ("chip", "chop"), ("1.5", "15")])
def test_names_of_two_things_do_not_share_a_key(a: str, b: str) -> None:
    """Folding stops before it makes one of two."""
    assert key(a) != key(b)


def test_a_slug_is_the_words_joined_by_hyphens() -> None:
    """An identifier made from a name holds nothing but its words."""
    assert slug("../Oat Milk & Honey?") == "oat-milk-and-honey"
