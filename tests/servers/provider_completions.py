"""Chat completions of a stand-in provider: the body as the API's reference describes it, and its tokens."""

from __future__ import annotations

import json
from typing import Any

from tests.servers.provider_answers import unit
from tests.servers.provider_tokens import count, pieces, prompt_tokens
from tests.servers.provider_wire import Asked, Reply

__all__ = ["completion", "usage_of"]


def usage_of(asked: Asked, reply: Reply, *, with_schema: bool) -> tuple[int, int]:
    """Return prompt and completion tokens of a reply; the schema is part of the prompt if ``with_schema``."""
    if not reply.billed:
        return 0, 0
    if reply.usage is not None:
        return reply.usage
    schema = count(json.dumps(asked.json_schema)) if with_schema and asked.json_schema else 0
    return prompt_tokens(asked.messages) + schema, max(1, count(reply.content or reply.refusal or ""))


def completion(asked: Asked, reply: Reply, usage: tuple[int, int]) -> dict[str, Any]:
    """Return a chat completion."""
    message = {"role": "assistant", "content": reply.content, "refusal": reply.refusal}
    choice = {"index": 0, "message": message, "logprobs": _logprobs(asked, reply), "finish_reason": reply.finish}
    return {
        "id": f"chatcmpl-{asked.key[:12]}",
        "object": "chat.completion",
        "created": 0,
        "model": asked.model,
        "choices": [choice],
        "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)},
    }


def _logprobs(asked: Asked, reply: Reply) -> dict[str, Any] | None:
    """Return the log-probabilities of all tokens; the first has alternatives, as many as were asked for."""
    if not asked.body.get("logprobs") or not reply.top:
        return None
    first = [_alternative(*pair) for pair in reply.top]
    rest = [_alternative(token, -unit(asked.key, at)) for at, token in enumerate(pieces(reply.content or "")[1:])]
    most = asked.body.get("top_logprobs") or 0
    content = [{**first[0], "top_logprobs": first[:most]}]
    content += [{**each, "top_logprobs": [each][:most]} for each in rest]
    return {"content": content, "refusal": None}


def _alternative(token: str | None, logprob: float | None) -> dict[str, Any]:
    made: dict[str, Any] = {} if token is None else {"token": token, "bytes": list(token.encode())}
    return made if logprob is None else {**made, "logprob": logprob}
