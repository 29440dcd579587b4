"""Estimating prompt tokens: near after some answers, and bounded from above."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from extractors.llm.questions import Message, schema_of
from extractors.llm.tokens import Calibration, Ratio, ReplySizes, Size, most_prompt_tokens, prompt_size, prompt_tokens

WORDS = (
    "oat milk, tortilla chips & salsa 16 oz; Épice fumée / hot-dog buns (12 ct), gluten-free pasta, "
    "AA batteries 24pk, espresso machine descaler, ibuprofen 200 mg, baby wipes: sensitive, cat litter 14 kg. "
)


@cache
def tokenizer() -> Tokenizer:
    """Return a real byte-pair tokenizer."""
    spec = find_spec("wordllama")
    assert spec is not None
    assert spec.origin is not None
    return Tokenizer.from_file(str(Path(spec.origin).parent / "tokenizers" / "l2_supercat_tokenizer_config.json"))


def billed(messages: list[Message]) -> int:
    """Return what a provider with that tokenizer and five tokens around each message would bill."""
    return sum(len(tokenizer().encode(text, add_special_tokens=False).ids) + 5 for _, text in messages) + 3


def prompt(number: int) -> list[Message]:
    """Return one of many prompts of different lengths and forms."""
    start = number * 7 % 90
    shots: list[Message] = [("user", WORDS[:40]), ("assistant", '{"items": ["salsa", "guacamole"]}')]
    question = f"What goes with {WORDS[start : start + 20 + number % 80]}?"
    return [("system", "You know what shoppers need. Answer in JSON."), *shots * (number % 3), ("user", question)]


def test_within_a_few_percent() -> None:
    """After some hundred answers, new prompts are estimated within 5 percent on average, and in sum within 2."""
    calibration = Calibration()
    for number in range(300):
        calibration.observe(prompt_size(prompt(number)), billed(prompt(number)))
    new = [(prompt_tokens(prompt_size(prompt(n)), calibration.ratio), billed(prompt(n))) for n in range(300, 600)]
    assert sum(abs(guess - truth) / truth for guess, truth in new) / len(new) <= 0.05
    assert abs(sum(guess for guess, _ in new) / sum(truth for _, truth in new) - 1) <= 0.02


def test_bound_holds_for_new_prompts() -> None:
    """The learned bound is above what new prompts are billed at, and much below one token for a byte."""
    calibration = Calibration()
    for number in range(300):
        calibration.observe(prompt_size(prompt(number)), billed(prompt(number)))
    for number in range(300, 600):
        size = prompt_size(prompt(number))
        assert billed(prompt(number)) <= most_prompt_tokens(size, calibration.ratio) < size.bytes


@pytest.mark.parametrize("text", ["", "a", "🥛" * 50, "牛奶和饼干" * 40, "x" * 999, "\ud800", "1 2 3 4 5 6"])
def test_bound_holds_before_anything_is_learned(text: str) -> None:
    """Whatever the text, no more tokens are billed than the bound, even before anything is learned."""
    messages: list[Message] = [("user", text)]
    clean = [(role, words.encode("utf-8", "replace").decode()) for role, words in messages]
    assert billed(clean) <= most_prompt_tokens(prompt_size(messages))


def test_schema_counts() -> None:
    """A reply schema is part of the prompt."""
    messages: list[Message] = [("user", "hello")]
    assert prompt_size(messages, schema_of("names")).bytes > prompt_size(messages).bytes + 50


def test_defaults() -> None:
    """Before anything is learned, a token is four bytes, and a message four tokens more."""
    assert prompt_tokens(Size(400, 2)) == 100 + 8 + 3


def test_same_prompts_only() -> None:
    """Prompts that are all alike are learned too, though bytes and messages cannot be told apart."""
    calibration = Calibration()
    for _ in range(200):
        calibration.observe(Size(400, 2), 150)
    assert prompt_tokens(Size(400, 2), calibration.ratio) == pytest.approx(150, rel=0.03)


def test_no_bill_teaches_nothing() -> None:
    """An answer without usage changes nothing."""
    calibration = Calibration()
    calibration.observe(Size(400, 2), 0)
    assert calibration.ratio == Ratio()


def test_replies_are_expected_as_long_as_they_were() -> None:
    """All the room while few were seen, then the mean; never more than the room."""
    sizes = ReplySizes()
    for _ in range(19):
        sizes.observe(("Names", 160), 10)
    assert sizes.expected(("Names", 160), 160) == 160
    sizes.observe(("Names", 160), 11)
    assert sizes.expected(("Names", 160), 160) == 11
    assert sizes.expected(("Names", 160), 5) == 5
    assert sizes.expected(("Reason", 80), 80) == 80
