"""What a stand-in provider bills: tokens as a byte-pair encoding would give, and money by an exact price table."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

import msgspec

__all__ = ["PRICES", "Price", "cost", "count", "pieces", "prompt_tokens"]

# A word costs one token for each 9 letters, a number one for each 3 digits, punctuation one for each 2 marks; a letter
# beyond ASCII and a run of white space cost one each. A space before a word or mark is free. English comes to nearly 4
# bytes a token, JSON to 3, as with the encodings in use.
_PIECE = re.compile(r" ?[A-Za-z]{1,9}|\d{1,3}| ?[^\w\s]{1,2}|\s+|.", re.DOTALL)
_MESSAGE = 4
_PRIMING = 3
_MILLION = Decimal(1_000_000)


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars for a million tokens."""

    input: Decimal
    output: Decimal = Decimal(0)


PRICES = {
    "": Price(Decimal(1), Decimal(4)),
    "large": Price(Decimal("2.50"), Decimal(10)),
    "small": Price(Decimal("0.15"), Decimal("0.60")),
    "embed": Price(Decimal("0.02")),
}
"""Prices by model; the one without a name is that of every other model."""


def pieces(text: str) -> list[str]:
    """Return the tokens of a text; joined they are the text."""
    return _PIECE.findall(text)


@lru_cache(maxsize=4096)
def count(text: str) -> int:
    """Return the number of tokens of a text."""
    return len(_PIECE.findall(text))


def prompt_tokens(messages: list[dict[str, str]]) -> int:
    """Return the tokens of a chat prompt: each message costs 4 beside its text, and the reply's start 3."""
    return _PRIMING + sum(_MESSAGE + count(str(message["content"])) for message in messages)


def cost(price: Price, tokens: tuple[int, int], share: Decimal = Decimal(1)) -> Decimal:
    """Return US dollars, exact, for (prompt, completion) tokens at a ``share`` (0..1) of the price."""
    return share * (price.input * tokens[0] + price.output * tokens[1]) / _MILLION
