"""How many tokens a prompt will be billed at, before it is sent, without a tokenizer of the model's.

A byte-pair tokenizer gives one token for about four characters of English (OpenAI Help Center, "What are tokens and
how to count them?"), and every message of a chat adds three and one for its role, the reply's beginning three more
(OpenAI Cookbook, "How to count tokens with tiktoken"). Those are the defaults; what a model really bills is learned
from its answers. Bytes of UTF-8 are counted rather than characters: other scripts take more of both.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractors.llm.questions import Message

__all__ = [
    "DEFAULT_RATIO", "Calibration", "Ratio", "ReplySizes", "Size", "most_prompt_tokens", "prompt_size", "prompt_tokens",
]  # fmt: skip

_REPLY_START = 3
_PER_MESSAGE_MOST = 16
_UNSEEN = 64


@dataclass(frozen=True, slots=True)
class Size:
    """A prompt's bytes of UTF-8, with the reply schema if one is sent, and its messages."""

    bytes: int
    messages: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """Tokens per byte and per message; ``most`` is the largest billed / estimated yet seen (``None``: too few)."""

    per_byte: float = 0.25
    per_message: float = 4.0
    most: float | None = None


DEFAULT_RATIO = Ratio()


def prompt_size(messages: Sequence[Message], schema: Mapping[str, Any] | None = None) -> Size:
    """Return the size of a prompt; a JSON schema that constrains the reply is billed as part of it."""
    text = sum(len(content.encode("utf-8", "surrogatepass")) for _, content in messages)
    extra = len(json.dumps(schema, separators=(",", ":"))) if schema else 0
    return Size(text + extra, len(messages))


def prompt_tokens(size: Size, ratio: Ratio = DEFAULT_RATIO) -> int:
    """Return the tokens that a prompt is expected to be billed at (1 or more)."""
    return max(1, math.ceil(size.bytes * ratio.per_byte + size.messages * ratio.per_message + _REPLY_START))


def most_prompt_tokens(size: Size, ratio: Ratio = DEFAULT_RATIO) -> int:
    """Return an upper bound for a budget, never below the estimate.

    No byte-level tokenizer gives more than one token for a byte; once enough answers were seen, the bound is the
    largest ratio of billed to estimated tokens with a quarter of headroom, if that is less.
    """
    estimate = prompt_tokens(size, ratio)
    bound = size.bytes + size.messages * _PER_MESSAGE_MOST + _UNSEEN
    if ratio.most is not None:
        bound = min(bound, math.ceil(estimate * max(1.0, ratio.most) * 1.25))
    return max(estimate, bound)


class Calibration:
    """Learns one model's :class:`Ratio` from what it bills: running least squares, drawn towards the defaults at first.

    Each prompt counts in proportion to its size, as errors do. Thread-safe.
    """

    _BEFORE = 4.0  # the defaults weigh as much as so many answers
    _SETTLED = 20
    _ENOUGH = 50

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen = 0
        self._xx = self._xm = self._mm = self._xy = self._my = 0.0
        self._most = 0.0
        self._ratio = DEFAULT_RATIO

    @property
    def ratio(self) -> Ratio:
        """What was learned so far."""
        return self._ratio

    def observe(self, size: Size, billed_tokens: int) -> None:
        """Learn from an answer; without a bill (0 tokens) nothing is learned."""
        if billed_tokens <= 0 or size.messages <= 0:
            return
        with self._lock:
            tokens = max(0, billed_tokens - _REPLY_START)
            x, m = float(size.bytes), float(size.messages)
            w = 1 / max(1.0, x + m)
            self._seen += 1
            self._xx += w * x * x
            self._xm += w * x * m
            self._mm += w * m * m
            self._xy += w * x * tokens
            self._my += w * m * tokens
            per_byte, per_message = self._solved()
            now = Ratio(per_byte, per_message)
            if self._seen > self._SETTLED:
                self._most = max(self._most, billed_tokens / prompt_tokens(size, now))
            most = self._most if self._seen >= self._ENOUGH else None
            self._ratio = Ratio(per_byte, per_message, most)

    def _solved(self) -> tuple[float, float]:
        """Solve the two normal equations, with the defaults as a ridge that fades."""
        default, share = DEFAULT_RATIO, self._BEFORE / self._seen
        ridge_x, ridge_m = share * self._xx, share * self._mm
        xx, mm = self._xx + ridge_x, self._mm + ridge_m
        xy, my = self._xy + ridge_x * default.per_byte, self._my + ridge_m * default.per_message
        spread = xx * mm - self._xm * self._xm
        if spread <= 0:
            return default.per_byte, default.per_message
        per_byte = (xy * mm - my * self._xm) / spread
        per_message = (my * xx - xy * self._xm) / spread
        if per_message < 0:
            return max(0.0, xy / xx), 0.0
        return (per_byte, per_message) if per_byte >= 0 else (0.0, max(0.0, my / mm))


class ReplySizes:
    """Learns how long replies of one kind are: most are far shorter than the room they are given.

    A limit on tokens a minute would be used to a fraction if each request under way took all its room. Thread-safe.
    """

    _ENOUGH = 20

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, int], tuple[int, int]] = {}

    def expected(self, kind: tuple[str, int], room: int) -> int:
        """Return the tokens to expect: the mean so far, or all of ``room`` while few replies were seen."""
        count, total = self._seen.get(kind, (0, 0))
        return room if count < self._ENOUGH else min(room, -(-total // count))

    def observe(self, kind: tuple[str, int], tokens: int) -> None:
        """Learn from a reply."""
        with self._lock:
            count, total = self._seen.get(kind, (0, 0))
            self._seen[kind] = (count + 1, total + tokens)
