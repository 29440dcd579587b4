"""Prompts are files: ``extractors/prompts/<relation>.md``, one section a step, versioned by hash.

A file has level-one headings for the steps (``names``, ``plausible``, ``typical``, ``explain``) with
level-two headings for the messages (``system``, ``user``, ``assistant``), and an optional ``phrases`` section
that says how each kind of intent is put into words. Placeholders are ``{subject}``, ``{mention}`` and, for a
product type, ``{where}``: its department in brackets.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from extractors.llm.questions import Message
from kg.errors import ConfigError
from kg.model import IntentKind, Relation
from kg.text import clean

__all__ = ["Prompt", "Step", "as_data", "example_texts", "load_prompt"]

Step = Literal["names", "plausible", "typical", "explain"]
_STEPS: tuple[Step, ...] = ("names", "plausible", "typical", "explain")
_ROLES = {"system", "user", "assistant"}
_MAX_DATA = 120
_REPLIES_IN_JSON: dict[Step, bool] = {"names": True, "plausible": False, "typical": False, "explain": True}
_PLACEHOLDER = re.compile(r"(?:\\\{(?:subject|mention|where)\\\})+")
# Nothing from outside may look like a placeholder, a chat-template token, markup or a quoted string's end.
_STRUCTURAL = re.compile(r"[{}<>|\[\]`\"\\]")


@dataclass(frozen=True)
class Prompt:
    """The questions about one relation. ``hash`` is the first 16 hex digits of the file's sha256."""

    relation: Relation
    hash: str
    steps: dict[Step, tuple[Message, ...]]
    phrases: dict[IntentKind, str]

    def messages(self, step: Step, subject: str, *, mention: str = "", where: str = "") -> tuple[Message, ...]:
        """Return the messages of ``step`` with subject, mention and the subject's place in the shop as data."""
        place = as_data(where)
        values = {
            "{subject}": as_data(subject),
            "{mention}": as_data(mention),
            "{where}": f" ({place})" if place else "",
        }
        return tuple((role, _fill(text, values)) for role, text in self.steps[step])

    def phrase(self, kind: IntentKind, name: str) -> str:
        """Return an intent in words: ``grilled salmon`` -> ``cooking grilled salmon``."""
        return _fill(self.phrases.get(kind, "{name}"), {"{name}": name})


def as_data(text: str) -> str:
    """Return text from outside as it may stand in a prompt: one line, no structure, at most 120 characters."""
    # Cleaned first: composing characters can make structure of what was none (U+1FEF becomes a backtick).
    return clean(_STRUCTURAL.sub(" ", clean(text)))[:_MAX_DATA].rstrip()


@cache
def load_prompt(relation: Relation) -> Prompt:
    """Return the prompt file of a relation.

    Raises:
        ConfigError: the file lacks a step, or has a heading that means nothing.
    """
    name = f"{relation.value.lower()}.md"
    text = (files("extractors") / "prompts" / name).read_text(encoding="utf-8")
    sections = _sections(text, "# ")
    if unknown := sorted(sections.keys() - {*_STEPS, "phrases"}):
        raise ConfigError(f"{name}: no step is called {unknown[0]!r}; known: {', '.join((*_STEPS, 'phrases'))}")
    steps: dict[Step, tuple[Message, ...]] = {step: _messages(name, step, sections.get(step, "")) for step in _STEPS}
    phrases = dict(_phrase(name, line) for line in sections.get("phrases", "").splitlines() if line.strip())
    return Prompt(relation, hashlib.sha256(text.encode()).hexdigest()[:16], steps, phrases)


def example_texts(prompt: Prompt) -> list[str]:
    """Return what a prompt's worked examples ask about and answer: when it comes back, the model has copied it."""
    texts: list[str] = []
    for step, messages in prompt.steps.items():
        question = re.compile(_PLACEHOLDER.sub("(.+?)", re.escape(messages[-1][1])))
        for role, text in messages[:-1]:
            if role == "user" and (asked := question.fullmatch(text)):
                texts += asked.groups()
            elif role == "assistant" and _REPLIES_IN_JSON[step]:
                reply: dict[str, str | list[str]] = json.loads(text)
                texts += [item for value in reply.values() for item in ([value] if isinstance(value, str) else value)]
    return list(dict.fromkeys(texts))


def _sections(text: str, mark: str) -> dict[str, str]:
    """Split at headings of one level; text before the first heading is a comment."""
    parts = re.split(rf"(?m)^{mark}(.+)$", text)
    return {title.strip(): body.strip() for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def _messages(name: str, step: str, body: str) -> tuple[Message, ...]:
    parts = re.split(r"(?m)^## (.+)$", body)
    messages = tuple((role.strip(), text.strip()) for role, text in zip(parts[1::2], parts[2::2], strict=True))
    if not messages or any(role not in _ROLES for role, _ in messages) or messages[-1][0] != "user":
        raise ConfigError(f"{name}: the step {step!r} needs system, user and assistant messages, ending with user")
    return cast("tuple[Message, ...]", messages)


def _phrase(name: str, line: str) -> tuple[IntentKind, str]:
    kind, _, phrase = line.removeprefix("- ").partition(": ")
    if kind not in set(IntentKind):
        raise ConfigError(f"{name}: {kind!r} is no kind of intent; known: {', '.join(IntentKind)}")
    if "{name}" not in phrase:
        raise ConfigError(f"{name}: the phrase for {kind!r} needs {{name}}")
    return IntentKind(kind), phrase.strip()


def _fill(text: str, values: dict[str, str]) -> str:
    """Put values in, in one pass, so that a value is never searched for placeholders."""
    return re.sub(r"\{\w+\}", lambda match: values.get(match[0], match[0]), text)
