"""Reading a noun phrase: which word names the thing."""

from __future__ import annotations

import pytest

from linkers.types.lexicon import load_lexicon
from linkers.types.phrase import read_phrase


@pytest.mark.parametrize(
    ("text", "words", "detail"),
    [
        ("Tortilla Chips", ("tortilla", "chip"), ()),
        ("food for cats", ("cat", "food"), ()),
        ("chips with sea salt", ("chip",), ("sea", "salt")),
        ("a bottle of water", ("water",), ()),
        ("a bag of chips with salt", ("chip",), ("salt",)),
        ("cream of tartar", ("tartar", "cream"), ()),
        ("for", (), ()),
        ("", (), ()),
        ("garbage bags", ("trash", "bag"), ()),
        ("milk milk", ("milk",), ()),
    ],
)
def test_words_and_detail(text: str, words: tuple[str, ...], detail: tuple[str, ...]) -> None:
    """The head comes last, what follows "for" modifies it, what follows "with" only describes."""
    phrase = read_phrase(text, load_lexicon())
    assert (phrase.words, phrase.detail) == (words, detail)


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("organic low-fat milk", ("milk",)),
        ("gluten free bread", ("bread",)),
        ("peanut butter", ("peanut", "butter")),
        ("6 large eggs", ("egg",)),
        ("low", ("low",)),
    ],
)
def test_core(text: str, core: tuple[str, ...]) -> None:
    """The core leaves out words that only describe, unless nothing else is left."""
    assert read_phrase(text, load_lexicon()).core == core


def test_synonym_for_the_whole_phrase_only() -> None:
    """The word "ink" alone means ink cartridges; in "ink pad" it does not."""
    assert read_phrase("ink", load_lexicon()).words == ("ink", "cartridge")
    assert read_phrase("ink pads", load_lexicon()).words == ("ink", "pad")


def test_synonyms_off() -> None:
    """Without synonyms the words stay."""
    assert read_phrase("garbage bags", load_lexicon(), synonyms=False).words == ("garbage", "bag")


def test_lexicon_synonyms_settle() -> None:
    """Replacing synonyms twice changes nothing: no name of a line stands in another line."""
    lexicon = load_lexicon()
    for words in {**lexicon.synonyms, **lexicon.whole}.values():
        assert lexicon.canonical(words) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("belt sander belts", ("sander", "belt")),
        ("jumpsuit navy large", ("large", "navy", "jumpsuit")),
        ("prawns cooked and peeled", ("peeled", "cooked", "shrimp")),
        ("earl grey", ("earl", "gray")),
        ("hoodie size L", ("size", "l", "hoodie")),
        ("card sleeves standard size 100 pack", ("100", "pack", "standard", "size", "card", "sleeve")),
        ("caulk mildew resistant", ("mildew", "resistant", "sealant")),
        ("dress shirt men", ("man", "dress", "shirt")),
        ("airbed", ("air", "mattress")),
        ("oat milk 33.8 fl oz", ("33.8", "fl", "oz", "oat", "milk")),
    ],
)
def test_describing_words_at_the_end_are_no_head(text: str, words: tuple[str, ...]) -> None:
    """What only describes does not name the thing where it stands last; a repeated word counts where it names it."""
    assert set(read_phrase(text, load_lexicon()).words) == set(words)
    assert read_phrase(text, load_lexicon()).head == words[-1]


def test_a_name_turned_round_is_a_synonym_too() -> None:
    """A name is known when "for" splits it: a cover for a phone is a phone cover."""
    assert read_phrase("cover for my phone", load_lexicon()).words == ("phone", "case")


def test_a_synonym_for_the_whole_phrase_may_have_a_detail() -> None:
    """A word that means the thing only when it stands alone still does so before "for" or "with"."""
    assert read_phrase("foil for baking", load_lexicon()).words == ("baking", "aluminium", "foil")


@pytest.mark.parametrize(
    "text", ["pull down bed", "floor length gown", "fleece lined legging", "v neck tee", "2-in-1 wash"]
)
def test_two_words_that_describe_together(text: str) -> None:
    """Words that say only together how a thing is merely describe it."""
    phrase = read_phrase(text, load_lexicon(), synonyms=False)
    assert phrase.core == (phrase.head,)
