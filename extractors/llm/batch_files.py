"""The files of the batch interface: JSON lines of requests in, JSON lines of replies out, in any order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Self, cast

from extractors.llm.client import alternatives, outcome
from extractors.llm.replies import Refused, Reply, TemporarilyUnavailable, Usage, first_line
from extractors.llm.requests import Request
from kg.errors import ModelError

__all__ = ["URL", "InputFile", "Result", "results"]

URL = "/v1/chat/completions"


class InputFile:
    """The requests of one job: a file without a name, which is gone with the process.

    It takes requests until it has ``max_requests`` of them or would be longer than ``max_bytes``, but for the first.
    """

    def __init__(self, folder: Path, max_requests: int, max_bytes: int) -> None:
        self.handle = TemporaryFile(dir=folder)  # noqa: SIM115 - closed by whoever uses this as a context manager
        self._requests = 0
        self._limits = max_requests, max_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.handle.close()

    def add(self, name: str, request: Request, model: str) -> bool:
        """Add a request under a name of its own; ``False``: there is no room for it."""
        body = request.body(model)
        text = json.dumps({"custom_id": name, "method": "POST", "url": URL, "body": body})
        line = text.encode() + b"\n"
        most, most_bytes = self._limits
        if self._requests == most or (self._requests and self.handle.tell() + len(line) > most_bytes):
            return False
        self.handle.write(line)
        self._requests += 1
        return True


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one request: a reply, or why there is none. ``over``: it is not to be sent again by itself."""

    name: str
    reply: Reply | None = None
    error: Refused | TemporarilyUnavailable | ModelError | None = None
    over: bool = False


def results(content: bytes) -> Iterator[Result]:
    """Yield what the lines of an output or error file say; a line that says nothing of a request is passed over."""
    for line in BytesIO(content):  # splitting by line feeds only: a reply may hold other ends of lines
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and isinstance(cast("dict[str, Any]", found).get("custom_id"), str):
            yield _result(cast("dict[str, Any]", found))


def _result(line: dict[str, Any]) -> Result:
    name, response, fault = line["custom_id"], _dict(line.get("response")), _dict(line.get("error"))
    if not response:
        code = str(fault.get("code") or "")
        why = str(fault.get("message") or code or "the line holds neither a response nor an error")
        return Result(name, error=TemporarilyUnavailable(first_line(why)), over=code == "batch_cancelled")
    status, body = response.get("status_code"), response.get("body")
    if status != 200:
        return Result(name, error=_error(status, body))
    try:
        return Result(name, reply=_reply(_dict(body)))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        why = f"the reply is no chat completion: {first_line(error)}"
        return Result(name, error=TemporarilyUnavailable(why, lost=True))


def _error(status: object, body: object) -> Refused | TemporarilyUnavailable | ModelError:
    error = _dict(_dict(body).get("error"))
    said = error.get("message") or (body if isinstance(body, str) else json.dumps(body))
    code = status if isinstance(status, int) else 500
    return outcome(code, first_line(f"{code}: {said}"), {error.get("code"), error.get("type")})


def _reply(body: Mapping[str, Any]) -> Reply:
    choice = body["choices"][0]
    message, usage = choice["message"], _dict(body.get("usage"))
    content, logprobs = message.get("content"), _dict(choice.get("logprobs")).get("content")
    return Reply(
        content=content if isinstance(content, str) else "",
        finish=str(choice.get("finish_reason") or "stop"),
        refusal=str(message.get("refusal") or ""),
        first=alternatives(logprobs[0]) if logprobs else (),
        usage=Usage(int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0)),
    )


def _dict(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
