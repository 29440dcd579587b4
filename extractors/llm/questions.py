"""A question to a model and its answer, as data; the key under which an answer is never paid for twice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kg.records import digest

__all__ = ["Answer", "Group", "Message", "Names", "Question", "ReplyKind", "Source", "schema_of"]

ReplyKind = Literal["names", "reason", "yes_no", "groups", "choices"]
Source = Literal["live", "cached", "recorded"]
Message = tuple[Literal["system", "user", "assistant"], str]


class Names(BaseModel):
    """Reply schema: short names of products."""

    model_config = ConfigDict(extra="forbid")
    items: list[str] = Field(max_length=12)


class Reason(BaseModel):
    """Reply schema: one sentence."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(max_length=300)


class NumberedGroup(BaseModel):
    """A named group of the lines that the prompt numbered from 1."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=60)
    members: list[int] = Field(max_length=40)


class Groups(BaseModel):
    """Reply schema: lines of the prompt, grouped."""

    model_config = ConfigDict(extra="forbid")
    groups: list[NumberedGroup] = Field(max_length=12)


class Choices(BaseModel):
    """Reply schema: values of a closed list, which :func:`schema_of` fills in."""

    model_config = ConfigDict(extra="forbid")
    values: list[str] = Field(max_length=12)


_SCHEMAS: dict[ReplyKind, type[BaseModel] | None] = {
    "names": Names,
    "reason": Reason,
    "yes_no": None,
    "groups": Groups,
    "choices": Choices,
}


@lru_cache(maxsize=1024)
def schema_of(reply: ReplyKind, options: tuple[str, ...] = ()) -> dict[str, Any] | None:
    """Return the JSON schema of a kind of reply (do not change it); ``None``: one word, read by its log-probability.

    ``options`` is the closed list that a ``choices`` reply may name.
    """
    model = _SCHEMAS[reply]
    if model is None:
        return None
    schema = model.model_json_schema()
    if options:
        schema["properties"]["values"]["items"] = {"type": "string", "enum": list(options)}
    return schema


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. ``item`` names it for people; it is not part of the key.

    ``sample`` distinguishes repeated askings of the same question (0-based). ``options`` is the closed list of a
    ``choices`` reply. ``line``, when not empty, is this question's own part of a prompt that several may share: it
    takes the place of ``{lines}`` in the last message, alone or as one of a numbered list, and whom it shares the
    prompt with is not part of the key.
    """

    item: str
    reply: ReplyKind
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float = 0.0
    frequency_penalty: float = 0.0
    sample: int = 0
    options: tuple[str, ...] = ()
    line: str = ""

    def key(self, model: str) -> str:
        """Return the content address: model, parameters, messages, schema and sample index (64 hex digits)."""
        own = (self.line,) if self.line else ()
        return digest(
            model,
            self.reply,
            schema_of(self.reply, self.options),
            self.messages,
            (self.max_tokens, self.temperature, self.frequency_penalty),
            self.sample,
            *own,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """A named group of numbered lines. ``members`` are 1-based, in the model's order."""

    name: str
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, by the kind of reply; tokens as the provider counts them.

    ``yes`` is the probability of yes (0..1). Of a prompt that several questions shared, each answer carries its
    part of the tokens; the parts add up to what was billed.
    """

    names: tuple[str, ...] = ()
    reason: str = ""
    yes: float | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    source: Source = "live"
    groups: tuple[Group, ...] = ()
    choices: tuple[str, ...] = ()
