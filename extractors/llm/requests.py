"""What is sent for a question, or for several that share a prompt; the same for every transport."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from extractors.data import as_said
from extractors.llm.questions import Message, Question, schema_of

__all__ = ["TOP_LOGPROBS", "Request", "repaired", "request_of"]

TOP_LOGPROBS = 10
_LINES = "{lines}"
_MAX_SHOWN = 2000
_MAX_FAULT = 300


@dataclass(frozen=True, slots=True)
class Request:
    """One chat completion to ask for. ``schema`` is the JSON schema of the reply; ``None``: one word and its odds."""

    messages: tuple[Message, ...]
    schema: dict[str, Any] | None
    max_tokens: int
    temperature: float = 0.0
    frequency_penalty: float = 0.0
    seed: int | None = None

    def parameters(self) -> dict[str, Any]:
        """Return everything but model, messages and the length of the reply, as the chat API names it."""
        out: dict[str, Any] = {"temperature": self.temperature, "frequency_penalty": self.frequency_penalty}
        if self.seed is not None:
            out["seed"] = self.seed
        if self.schema is None:
            return {**out, "logprobs": True, "top_logprobs": TOP_LOGPROBS}
        named = {"name": self.schema["title"], "schema": self.schema, "strict": True}
        return {**out, "response_format": {"type": "json_schema", "json_schema": named}}

    def body(self, model: str) -> dict[str, Any]:
        """Return the whole body of a chat completion request."""
        messages = [{"role": role, "content": text} for role, text in self.messages]
        return {"model": model, "messages": messages, "max_completion_tokens": self.max_tokens, **self.parameters()}


def request_of(questions: tuple[Question, ...]) -> Request:
    """Return the request for one question, or for several with a line each that are equal in all but that line."""
    first = questions[0]
    messages, schema, max_tokens = first.messages, schema_of(first.reply, first.options), first.max_tokens
    if first.line:
        lines = "\n".join(f"{number}. {question.line}" for number, question in enumerate(questions, 1))
        role, text = messages[-1]
        asked: Message = (role, text.replace(_LINES, lines))
        messages = (*messages[:-1], asked)
        schema = _listed(schema)
        max_tokens *= len(questions)
    seed = first.sample if first.temperature > 0 else None
    return Request(messages, schema, max_tokens, first.temperature, first.frequency_penalty, seed)


def repaired(request: Request, said: str, fault: str) -> Request:
    """Return the request that shows the model its unusable reply, says what is wrong and asks once more."""
    why = as_said(fault, _MAX_FAULT)
    asking = f"That reply cannot be used ({why}). Answer the question before it again, exactly as it was asked for."
    more: tuple[Message, ...] = (("assistant", as_said(said, _MAX_SHOWN) or "(nothing)"), ("user", asking))
    return replace(request, messages=(*request.messages, *more))


def _listed(schema: dict[str, Any] | None) -> dict[str, Any]:
    """Return the schema of a list of such replies, each with the number of its line."""
    if schema is None:
        raise ValueError("a yes or no is read from the first word: it cannot share a prompt")
    item = {**schema, "properties": {"id": {"type": "integer"}, **schema["properties"]}}
    item["required"] = ["id", *schema["required"]]
    definitions = item.pop("$defs", None)
    listed: dict[str, Any] = {
        "title": "Answers",
        "type": "object",
        "properties": {"answers": {"type": "array", "items": item}},
        "required": ["answers"],
        "additionalProperties": False,
    }
    return {**listed, "$defs": definitions} if definitions else listed
