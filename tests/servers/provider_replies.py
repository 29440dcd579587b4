"""What a stand-in provider is asked and what it says: answers, and every fault that we know providers to have."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["FAULTS", "Asked", "Reply", "default_reply", "fault", "names", "reason", "yes"]

NOUNS = ("lanterns", "tongs", "ribbons", "kettles", "marbles", "trowels", "quilts", "gaskets", "pulleys", "stencils")
"""What the default answers are made of; no catalogue of ours holds them all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the provider sees it."""

    body: dict[str, Any]
    api_key: str

    @property
    def messages(self) -> list[dict[str, str]]:
        """The messages, each with role and content."""
        return self.body.get("messages", [])

    @property
    def last(self) -> str:
        """The last message: the question itself."""
        return str(self.messages[-1]["content"]) if self.messages else ""

    @property
    def schema(self) -> str:
        """The name of the reply schema, or nothing: a yes or no."""
        return str(self.body.get("response_format", {}).get("json_schema", {}).get("name", ""))

    @property
    def key(self) -> str:
        """Equal for equal questions, whoever asks them and when."""
        return hashlib.sha256(json.dumps(self.body, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back. ``cut`` resets the connection after so many bytes of the body; ``billed``: it costs.

    ``raw`` replaces the whole body, otherwise it is a chat completion with ``content`` (or ``refusal``), ended by
    ``finish``. ``top`` are the alternatives of the first token with their log-probabilities; ``None`` sends none.
    """

    content: str | None = ""
    finish: str = "stop"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: str | None = None
    refusal: str | None = None
    top: tuple[tuple[str, float], ...] | None = None
    delay_s: float = 0.0
    cut: int | None = None

    @property
    def billed(self) -> bool:
        """A provider bills what it generated, also when the client could not use or did not receive it."""
        return self.status == 200


def names(*items: str) -> Reply:
    """Return a reply of the names schema."""
    return Reply(json.dumps({"items": items}))


def reason(text: str) -> Reply:
    """Return a reply of the reason schema."""
    return Reply(json.dumps({"reason": text}))


def yes(probability: float) -> Reply:
    """Return a yes or no whose first token holds 0.9 of the mass, split by ``probability`` (0..1)."""
    mass = (("Yes", 0.9 * probability), ("No", 0.9 * (1 - probability)), ("Maybe", 0.1))
    ordered = sorted(mass, key=lambda pair: -pair[1])
    top = tuple((word, math.log(max(p, 1e-9))) for word, p in ordered)
    return Reply(top[0][0], top=top)


def _error(status: int, code: str, message: str, **headers: str) -> Reply:
    body = {"error": {"message": message, "type": code, "param": None, "code": code}}
    return Reply(status=status, raw=json.dumps(body), headers={k.replace("_", "-"): v for k, v in headers.items()})


FAULTS: dict[str, Reply] = {
    "rate limit": _error(429, "rate_limit_exceeded", "Rate limit reached"),
    "rate limit, wait": _error(429, "rate_limit_exceeded", "Rate limit reached", retry_after="0.01"),
    "no quota": _error(429, "insufficient_quota", "You exceeded your current quota"),
    "no credit": _error(402, "insufficient_balance", "Insufficient balance"),
    "server error": _error(500, "server_error", "The server had an error"),
    "bad gateway": Reply(status=502, raw="<html>Bad Gateway</html>", headers={"Content-Type": "text/html"}),
    "overloaded": _error(503, "overloaded", "Overloaded", retry_after="0.01"),
    "timeout": _error(408, "timeout", "Request timed out"),
    "wrong key": _error(401, "invalid_api_key", "Incorrect API key provided"),
    "no right": _error(403, "forbidden", "You may not use this model"),
    "unknown model": _error(404, "model_not_found", "The model does not exist"),
    "too long": _error(400, "context_length_exceeded", "maximum context length is 16 tokens"),
    "forbidden content": _error(400, "content_policy_violation", "Your request was rejected"),
    "malformed": Reply('{"items": ["lanterns", '),
    "off schema": Reply('{"things": ["lanterns"], "items": 7}'),
    "not json": Reply("Sure! Here are some lanterns."),
    "truncated": Reply('{"items": ["lanterns", "ton', finish="length"),
    "filtered": Reply("", finish="content_filter"),
    "empty": Reply(""),
    "null": Reply(None),
    "refusal": Reply(None, refusal="I cannot help with that."),
    "no choices": Reply(raw='{"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": []}'),
    "null choices": Reply(raw='{"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": null}'),
    "body not json": Reply(raw="<html>It works!</html>", headers={"Content-Type": "text/html"}),
    "body cut json": Reply(raw='{"id": "x", "choices": ['),
    "no logprobs": Reply("Yes"),
    "neither": Reply("Maybe", top=(("Maybe", -0.1), ("Perhaps", -2.0))),
    "reset": Reply("{}", cut=10),
    "closed": Reply("{}", cut=0),
    "slow": Reply(json.dumps({"items": ["lanterns"]}), delay_s=5.0),
}


def fault(name: str, **changes: Any) -> Reply:
    """Return one of the named faults, with fields of :class:`Reply` changed."""
    return replace(FAULTS[name], **changes)


def default_reply(asked: Asked) -> Reply:
    """Return the answer to a request: a pure function of its messages and schema."""
    seed = int(hashlib.sha256(json.dumps(asked.messages, sort_keys=True).encode()).hexdigest()[:8], 16)
    if asked.schema == "Names":
        return names(*(NOUNS[(seed + 3 * i) % len(NOUNS)] for i in range(4)))
    if asked.schema == "Reason":
        return reason(f"Because it fits the plan number {seed % 1000}.")
    return yes(round(0.05 + 0.9 * (seed % 1000) / 999, 3))
