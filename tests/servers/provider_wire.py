"""What a stand-in provider is asked and what it says: the records that every part of it shares."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, cast

import msgspec

__all__ = ["Asked", "Reply", "Transport", "error", "json_reply"]

Transport = Literal["online", "batch"]
Top = tuple[tuple[str | None, float | None], ...]

_LINE = re.compile(r"^(\d+)[.):] +(.+)$", re.MULTILINE)
_LENGTHS = {"max_tokens", "max_completion_tokens"}


@dataclass(frozen=True)
class Asked:
    """One request as the provider sees it. ``seed`` is the server's own; ``data`` is a body that is not JSON."""

    body: dict[str, Any]
    api_key: str = ""
    seed: int = 0
    transport: Transport = "online"
    method: str = "POST"
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    content_type: str = ""
    data: bytes = b""

    @property
    def messages(self) -> list[dict[str, str]]:
        """The messages, each with role and content."""
        return self.body.get("messages", [])

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.body.get("model", ""))

    @property
    def last(self) -> str:
        """The last message: the question itself; of embeddings, the texts."""
        if self.messages:
            return str(self.messages[-1]["content"])
        return str(self.body.get("input", ""))

    @property
    def room(self) -> int | None:
        """The most tokens that the reply may have."""
        return self.body.get("max_completion_tokens") or self.body.get("max_tokens")

    @property
    def json_schema(self) -> dict[str, Any] | None:
        """The JSON schema that the reply must fit."""
        return self.body.get("response_format", {}).get("json_schema", {}).get("schema")

    @property
    def schema(self) -> str:
        """The title of the reply schema (``Names``), else its name, or nothing: a yes or no."""
        named = self.body.get("response_format", {}).get("json_schema", {})
        return str((self.json_schema or {}).get("title") or named.get("name", ""))

    @cached_property
    def key(self) -> str:
        """Equal for equal questions, whoever asks them, when, and with how much room for the reply."""
        return _digest({name: value for name, value in self.body.items() if name not in _LENGTHS})

    @cached_property
    def _numbered(self) -> int | None:
        """Where the message with numbered lines stands: the last one, or the question before it when repeated."""
        for at, message in reversed(list(enumerate(self.messages))):
            if message["role"] == "user" and _LINE.search(str(message["content"])):
                return at
        return None

    @cached_property
    def lines(self) -> dict[int, str]:
        """The lines that the question numbers, by number."""
        if self._numbered is None:
            return {}
        return {int(number): line for number, line in _LINE.findall(str(self.messages[self._numbered]["content"]))}

    @property
    def packed(self) -> str:
        """The property that holds one answer for each numbered line, or nothing."""
        for name, value in (self.json_schema or {}).get("properties", {}).items():
            items = value.get("items", {})
            if items.get("properties", {}).get("id", {}).get("type") == "integer":
                return name
        return ""

    @cached_property
    def questions(self) -> dict[int, str]:
        """Key of each question: of a packed prompt one for each line, whatever it shares the prompt with.

        Of embeddings it is one for each text; of anything else there is one, number 0.
        """
        if self.packed and self.lines:
            return {number: self.about(number) for number in self.lines}
        if "input" in self.body:
            given = self.body["input"]
            texts = enumerate(cast("list[Any]", given) if isinstance(given, list) else [given])
            return {at: _digest([self.model, self.body.get("dimensions"), text]) for at, text in texts}
        return {0: self.key}

    def about(self, number: int) -> str:
        """Return the key of one numbered line's question."""
        line = self.lines[number]
        rest = {name: value for name, value in self.body.items() if name not in {*_LENGTHS, "messages"}}
        return _digest([rest, self.alone(line)])

    def alone(self, line: str) -> list[dict[str, str]]:
        """Return the messages as if ``line`` were the only one; what does not depend on the others' number."""
        return [
            {**each, "content": _only(str(each["content"]), line)} if at == self._numbered else each
            for at, each in enumerate(self.messages)
        ]


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent back.

    ``raw`` replaces the whole body, otherwise it is a chat completion with ``content`` (or ``refusal``), ended by
    ``finish``. ``top`` are the alternatives of the first token with their log-probabilities; ``None`` sends none,
    and a ``None`` within leaves out that field. ``usage`` replaces the tokens that are counted otherwise.
    ``delay_s`` passes before the answer. ``cut`` closes the connection after so many bytes of the body, at 0 before
    any byte, below 0 after so many bytes of the headers; the delay then passes between the part and the end, and
    ``abrupt`` resets the connection instead of closing it.
    """

    content: str | None = ""
    finish: str = "stop"
    status: int = 200
    headers: dict[str, str] = {}
    raw: str | None = None
    refusal: str | None = None
    top: Top | None = None
    delay_s: float = 0.0
    cut: int | None = None
    abrupt: bool = False
    usage: tuple[int, int] | None = None

    @property
    def billed(self) -> bool:
        """A provider bills what it generated, also when the client could not use or did not receive it."""
        return self.status == 200


def error(status: int, code: str, message: str, **headers: str) -> Reply:
    """Return a refusal as the API words it; headers are named with underscores."""
    body = {"error": {"message": message, "type": code, "param": None, "code": code}}
    return Reply(status=status, raw=json.dumps(body), headers={k.replace("_", "-"): v for k, v in headers.items()})


def json_reply(body: Any) -> Reply:
    """Return a reply whose whole body is ``body`` as JSON."""
    return Reply(raw=json.dumps(body))


def _only(content: str, line: str) -> str:
    """Return the text with ``line`` in the place of its numbered lines."""
    first, *_, last = [*(found := list(_LINE.finditer(content))), found[-1]]
    return content[: first.start()] + line + content[last.end() :]


def _digest(what: object) -> str:
    return hashlib.blake2b(json.dumps(what, sort_keys=True).encode(), digest_size=16).hexdigest()
