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
