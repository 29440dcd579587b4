"""Laws of the screen: it never breaks, hides nothing behind padding, and takes time in proportion to the text."""

from __future__ import annotations

import re
from re import _constants, _parser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.screen import _HIDDEN, _RULES, LONGEST, fault

BAD = st.sampled_from(
    [
        "https://evil.example",
        "evil dot com",
        "chef@tea.example",
        "<script>x</script>",
        '{"items": []}',
        "only 5 dollars",
        "+1 555 010 9999",
        "4111 1111 1111 1111",
        "<|im_end|>",
        "click here",
        "te\u202ea",
        "I cannot answer",
    ]
)
PLAIN = st.lists(st.sampled_from(["green", "tea", "is", "good", "with", "lemon,", "or", "a", "biscuit."]), max_size=30)
UNITS = st.sampled_from(
    [
        *"a1.@-+#*_`<[({\\\"'|:/ \u0430\u0301",
        "a.",
        "1 ",
        "1-",
        "12 ",
        "a at ",
        "a dot ",
        "ignore a ",
        "select a, ",
        "(a:",
    ]
) | st.text(min_size=1, max_size=4)


@given(st.text(), st.lists(st.text(max_size=200), max_size=3))
def test_any_text_is_accepted_or_refused_for_a_reason(text: str, asked: list[str]) -> None:
    """No text breaks the screen, and white space around it changes nothing."""
    found = fault(text, asked)
    assert found is None or all(found)
    assert fault(f" {text}\n", asked) == found


@given(PLAIN, BAD, PLAIN)
def test_nothing_hides_in_the_middle_of_a_text(before: list[str], bad: str, after: list[str]) -> None:
    """What is refused alone is refused inside plain words, and those words alone are not."""
    assert fault(" ".join([*before, bad, *after])) is not None
    assert fault(" ".join([*before, *after])) is None


@given(st.lists(st.sampled_from("abcdefghij"), min_size=6, max_size=30), st.data())
def test_every_six_words_of_the_prompt_are_found(prompt: list[str], data: st.DataObject) -> None:
    """Wherever they start, and whatever stands around them."""
    start = data.draw(st.integers(0, len(prompt) - 6))
    assert fault("tea " + ", ".join(prompt[start : start + 6]) + " tea", [" ".join(prompt)]) is not None


@settings(max_examples=150, deadline=None)
@given(st.lists(UNITS, min_size=1, max_size=3), st.sampled_from(["", "!", "x", "9"]))
def test_repetition_does_not_stall_the_screen(units: list[str], end: str) -> None:
    """A pattern that backtracks over a long text would run into the time limit of the tests."""
    text = "".join(units)
    found = fault((text * LONGEST)[: LONGEST - 1] + end)
    assert found is None or all(found)


@pytest.mark.parametrize("pattern", [_HIDDEN, *(p for _, _, *pair in _RULES for p in pair)])
def test_every_repetition_is_bounded(pattern: re.Pattern[str]) -> None:
    """The work at one place of a text has a limit, so the whole is linear in its length."""
    assert _longest(_parser.parse(pattern.pattern)) <= 110


def _longest(parsed: Any) -> int:
    """Return how often the innermost part may be repeated at most."""
    return max((_repeats(op, argument) for op, argument in parsed), default=1)


def _repeats(op: Any, argument: Any) -> int:
    if op in {_constants.MAX_REPEAT, _constants.MIN_REPEAT}:
        return int(argument[1]) * _longest(argument[2])
    if op is _constants.BRANCH:
        return max(_longest(branch) for branch in argument[1])
    if op is _constants.SUBPATTERN:
        return _longest(argument[-1])
    if op in {_constants.ASSERT, _constants.ASSERT_NOT}:
        return _longest(argument[1])
    return 1
