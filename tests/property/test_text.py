"""Laws of the text normaliser, on any text at all."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from kg.text import clean, key, normalise, singular, slug, tokens

# Any code point, surrogates and unassigned ones too, and texts made of what folding stumbles over.
TRICKY = st.text(
    st.sampled_from(
        "aÀßŉİ\u0131\u017fςΐǅﬃ№™ⅣↃ\u00b4'\u2019\u02bc\u0301\u0327\u0345"
        "\u200b\u200d\ufeff\x00\x1b \u00a0.,_&1२क\u093f\u094d"
    )
)
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
ANY = st.text() | st.text(st.characters()) | TRICKY
ASCII = st.text(st.characters(max_codepoint=127)) | st.text(st.sampled_from("aB1'`&.,_- \t\x00\x1f\x7f~"))


@given(ANY)
@settings(max_examples=400)
@example("e\u200b\u0301")
@example("a'\u0301")
@example("a\u302e\u0301")
@example("\u2183\u0301")
def test_each_depth_is_idempotent(text: str) -> None:
    """Doing it twice is doing it once."""
    for function in (clean, normalise, key, slug):
        assert function(function(text)) == function(text)


@given(ANY)
def test_no_control_format_or_private_character_comes_through(text: str) -> None:
    """What a reader or a query sees holds nothing that moves a cursor, hides or reverses text."""
    for shown in (clean(text), normalise(text), key(text), slug(text)):
        assert not [ch for ch in shown if unicodedata.category(ch) in HIDDEN]


@given(ANY)
def test_words_are_separated_by_single_spaces(text: str) -> None:
    """No leading, trailing or double space, and no other kind of space."""
    for shown in (clean(text), normalise(text), key(text)):
        assert shown == " ".join(shown.split())


@given(ANY)
@example("\u0345\u0300")
def test_what_is_cleaned_first_compares_the_same(text: str) -> None:
    """A name that was shown to a person and typed back is the same name; what is hidden may part words."""
    visible = "".join(ch for ch in text if unicodedata.category(ch) not in HIDDEN)
    assert key(clean(visible)) == key(visible)


@given(st.text())
def test_case_never_matters(text: str) -> None:
    """Upper-cased ASCII compares like lower-cased."""
    ascii_only = "".join(ch for ch in text if ch.isascii())
    assert normalise(ascii_only.upper()) == normalise(ascii_only.lower())


def folded(text: str) -> str:
    """Return ASCII text folded for matching, letter by letter."""
    bare = "".join(ch for ch in text.lower() if ch not in "'`").replace("&", " and ")
    digits = [ch.isdigit() for ch in f" {bare} "]
    kept = [ch if ch.isalnum() or (ch in ".," and digits[at] and digits[at + 2]) else " " for at, ch in enumerate(bare)]
    return " ".join("".join(kept).split())


@given(ASCII)
@settings(max_examples=400)
@example("1.'2")
@example("1,,2.")
@example("a&.5")
def test_ascii_is_folded_letter_by_letter(text: str) -> None:
    """Letters are lowered, apostrophes go, points stay between digits, and all else parts words."""
    assert normalise(text) == folded(text)


@given(ASCII)
def test_ascii_reads_the_same_beside_any_other_letter(text: str) -> None:
    """A text of plain letters reads the same alone and in a text that has others too."""
    assert f"e {normalise(text)}".strip() == normalise(f"\u00c9 {text}")
    assert f"\u00c9 {clean(text)}".strip() == clean(f"\u00c9 {text}")


@given(ANY)
def test_a_key_is_the_singular_of_every_word(text: str) -> None:
    """The three depths stand on each other."""
    assert tokens(text) == normalise(text).split()
    assert key(text) == " ".join(singular(word) for word in tokens(text))


@given(st.from_regex(r"[a-z]{1,12}s?", fullmatch=True))
def test_a_singular_has_no_singular_of_its_own(word: str) -> None:
    """Singular of singular is singular."""
    assert singular(singular(word)) == singular(word)
