"""What a stand-in provider can be told to say: answers, and every fault that we know providers to have."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import msgspec

from tests.servers.provider_answers import default_reply, yes
from tests.servers.provider_tokens import pieces
from tests.servers.provider_wire import Asked, Reply, error

__all__ = ["ALTERED", "FAULTS", "Asked", "Reply", "default_reply", "fault", "names", "reason", "reply_of", "yes"]

_HANG_S = 3600.0
_RATE = (429, "rate_limit_exceeded", "Rate limit reached")


def names(*items: str) -> Reply:
    """Return a reply of the names schema."""
    return Reply(json.dumps({"items": items}))


def reason(text: str) -> Reply:
    """Return a reply of the reason schema."""
    return Reply(json.dumps({"reason": text}))


FAULTS: dict[str, Reply] = {
    "rate limit": error(*_RATE),
    "rate limit, wait": error(*_RATE, retry_after="0.01"),
    "no quota": error(429, "insufficient_quota", "You exceeded your current quota"),
    "no credit": error(402, "insufficient_balance", "Insufficient balance"),
    "server error": error(500, "server_error", "The server had an error"),
    "bad gateway": Reply(status=502, raw="<html>Bad Gateway</html>", headers={"Content-Type": "text/html"}),
    "overloaded": error(503, "overloaded", "Overloaded", retry_after="0.01"),
    "timeout": error(408, "timeout", "Request timed out"),
    "wrong key": error(401, "invalid_api_key", "Incorrect API key provided"),
    "no right": error(403, "forbidden", "You may not use this model"),
    "unknown model": error(404, "model_not_found", "The model does not exist"),
    "too long": error(400, "context_length_exceeded", "maximum context length is 16 tokens"),
    "forbidden content": error(400, "content_policy_violation", "Your request was rejected"),
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
    "no token": Reply("Yes", top=((None, -0.1), ("No", -2.0))),
    "no logprob": Reply("Yes", top=(("Yes", None), ("No", -2.0))),
    "neither": Reply("Maybe", top=(("Maybe", -0.1), ("Perhaps", -2.0))),
    "closed": Reply("{}", cut=0),
    "closed in body": Reply("{}", cut=10),
    "reset before": Reply("{}", cut=0, abrupt=True),
    "reset in headers": Reply("{}", cut=-20, abrupt=True),
    "reset": Reply("{}", cut=10, abrupt=True),
    "slow": Reply(json.dumps({"items": ["lanterns"]}), delay_s=5.0),
    "hangs": Reply("{}", delay_s=_HANG_S),
    "hangs in body": Reply("{}", cut=10, delay_s=_HANG_S),
}
"""Faults that are the same whatever is asked."""


def _limited_until(asked: Asked) -> Reply:
    """Return a rate limit that ends at a date, a second or two from now."""
    until = datetime.now(UTC) + timedelta(seconds=2)
    return error(*_RATE, retry_after=format_datetime(until, usegmt=True))


def _cut_short(asked: Asked) -> Reply:
    reply = default_reply(asked)
    tokens = pieces(reply.content or "")
    return msgspec.structs.replace(reply, content="".join(tokens[: len(tokens) // 2]), finish="length")


def _slow_answer(asked: Asked) -> Reply:
    return msgspec.structs.replace(default_reply(asked), delay_s=1.0)


def _items(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Callable[[Asked], Reply]:
    """Return a reply with the answers to numbered lines changed; a question without lines gets its answer."""

    def reply(asked: Asked) -> Reply:
        usual = default_reply(asked)
        if not asked.packed or usual.finish != "stop":
            return usual
        body = json.loads(usual.content or "")
        return msgspec.structs.replace(usual, content=json.dumps({asked.packed: change(body[asked.packed])}))

    return reply


ALTERED: dict[str, Callable[[Asked], Reply]] = {
    "rate limit, date": _limited_until,
    "cut short": _cut_short,
    "slow answer": _slow_answer,
    "missing id": _items(lambda items: items[:-1]),
    "extra id": _items(lambda items: [*items, {**items[-1], "id": 1 + max(each["id"] for each in items)}]),
    "doubled id": _items(lambda items: [*items, items[0]]),
}
"""Faults that depend on what is asked: the usual answer, altered."""


def fault(name: str, **changes: Any) -> Reply:
    """Return one of :data:`FAULTS`, with fields of :class:`Reply` changed."""
    return msgspec.structs.replace(FAULTS[name], **changes)


def reply_of(name: str) -> Callable[[Asked], Reply]:
    """Return what a fault of either kind answers to a request.

    Raises:
        KeyError: there is no such fault.
    """
    if name in ALTERED:
        return ALTERED[name]
    reply = FAULTS[name]
    return lambda asked: reply
