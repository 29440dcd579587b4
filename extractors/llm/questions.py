"""A question to a model and its answer, as data; the key under which an answer is never paid for twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from kg.records import digest

__all__ = ["REPLIES", "Answer", "Message", "Names", "Question", "Reason", "ReplyKind", "Source"]

ReplyKind = Literal["names", "reason", "yes_no"]
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


REPLIES: dict[ReplyKind, type[BaseModel] | None] = {"names": Names, "reason": Reason, "yes_no": None}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. ``item`` names it for people; it is not part of the key.

    ``sample`` distinguishes repeated askings of the same question (0-based).
    """

    item: str
    reply: ReplyKind
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float = 0.0
    frequency_penalty: float = 0.0
    sample: int = 0

    def key(self, model: str) -> str:
        """Return the content address: model, parameters, messages, schema and sample index (64 hex digits)."""
        schema = REPLIES[self.reply]
        return digest(
            model,
            self.reply,
            None if schema is None else schema.model_json_schema(),
            self.messages,
            (self.max_tokens, self.temperature, self.frequency_penalty),
            self.sample,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: names, one sentence, or the probability of yes (0..1); tokens as the provider counts them."""

    names: tuple[str, ...] = ()
    reason: str = ""
    yes: float | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    source: Source = "live"
