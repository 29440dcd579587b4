"""Prompts are files: ``extractors/prompts/<row>.md``, one section a step, versioned by hash.

A file has level-one headings for the steps of its row in :mod:`extractors.specs` with level-two headings for the
messages (``system``, ``user``, ``assistant``), and an optional ``phrases`` section that says how each kind of intent,
or an edge of each relation, is put into words. Placeholders are ``{subject}``, ``{mention}``, for a product type
``{where}``: its department in brackets, and ``{items}``: a list, one a line. ``{lines}`` stays: it is where questions
that share a prompt put their own line.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import cast

from extractors.data import as_data
from extractors.llm.questions import Message
from extractors.specs import ROWS, Step
from kg.errors import ConfigError
from kg.model import IntentKind, Relation

__all__ = ["Prompt", "Step", "example_texts", "load_prompt"]

_ROLES = {"system", "user", "assistant"}
_WITH_TEXTS: frozenset[Step] = frozenset({"names", "explain"})  # steps whose answers are texts, as JSON
_PLACEHOLDER = re.compile(r"(?:\\\{(?:subject|mention|where)\\\})+")
# What a phrase is for -> what it must hold.
_NEEDED = {IntentKind: ("{name}",), Relation: ("{subject}", "{mention}")}
_Phrases = dict[IntentKind | Relation, str]


@dataclass(frozen=True)
class Prompt:
    """The questions of one row. ``hash`` is the first 16 hex digits of the file's sha256."""

    name: str
    hash: str
    steps: dict[Step, tuple[Message, ...]]
    phrases: _Phrases

    @property
    def relation(self) -> Relation:
        """The relation asked about.

        Raises:
            ValueError: the row makes no statements.
        """
        return Relation(self.name.upper())

    def messages(
        self, step: Step, subject: str = "", *, mention: str = "", where: str = "", items: Sequence[str] = ()
    ) -> tuple[Message, ...]:
        """Return the messages of ``step`` with subject, mention, the subject's place and a list put in as data."""
        place = as_data(where)
        values = {
            "{subject}": as_data(subject),
            "{mention}": as_data(mention),
            "{where}": f" ({place})" if place else "",
            "{items}": "\n".join(map(as_data, items)),
        }
        return tuple((role, _fill(text, values)) for role, text in self.steps[step])

    def instructions(self, step: Step) -> tuple[str, ...]:
        """Return what a step tells the model to do: words of ours, which no answer should hold."""
        return tuple(text for role, text in self.steps[step] if role == "system")

    def phrase(self, kind: IntentKind, name: str) -> str:
        """Return an intent in words: ``grilled salmon`` -> ``cooking grilled salmon``."""
        return _fill(self.phrases.get(kind, "{name}"), {"{name}": name})

    def line(self, relation: Relation, subject: str, mention: str) -> str:
        """Return an edge in words, its ends as data: ``salsa, together with tortilla chips``."""
        return _fill(self.phrases[relation], {"{subject}": as_data(subject), "{mention}": as_data(mention)})


@cache
def load_prompt(row: str) -> Prompt:
    """Return the prompt file of a row, by its name or relation.

    Raises:
        ConfigError: the file lacks a step, or has a heading that means nothing.
    """
    name = row.lower()
    file = f"{name}.md"
    steps: list[Step] = [step.name for step in ROWS[name].steps]
    text = (files("extractors") / "prompts" / file).read_text(encoding="utf-8")
    sections = _sections(text, "# ")
    if unknown := sorted(sections.keys() - {*steps, "phrases"}):
        raise ConfigError(f"{file}: no step is called {unknown[0]!r}; known: {', '.join((*steps, 'phrases'))}")
    messages: dict[Step, tuple[Message, ...]] = {step: _messages(file, step, sections.get(step, "")) for step in steps}
    phrases = dict(_phrase(file, line) for line in sections.get("phrases", "").splitlines() if line.strip())
    return Prompt(name, hashlib.sha256(text.encode()).hexdigest()[:16], messages, phrases)


def example_texts(prompt: Prompt) -> list[str]:
    """Return what a prompt's worked examples ask about and answer: when it comes back, the model has copied it."""
    texts: list[str] = []
    for step, messages in prompt.steps.items():
        question = re.compile(_PLACEHOLDER.sub("(.+?)", re.escape(messages[-1][1])))
        for role, text in messages[:-1]:
            if role == "user" and (asked := question.fullmatch(text)):
                texts += asked.groups()
            elif role == "assistant" and step in _WITH_TEXTS:
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


def _phrase(name: str, line: str) -> tuple[IntentKind | Relation, str]:
    about, _, phrase = line.removeprefix("- ").partition(": ")
    for kind, needed in _NEEDED.items():
        if about in set(kind):
            if missing := [placeholder for placeholder in needed if placeholder not in phrase]:
                raise ConfigError(f"{name}: the phrase for {about!r} needs {missing[0]}")
            return kind(about), phrase.strip()
    raise ConfigError(f"{name}: {about!r} is no kind of intent or relation; known: {', '.join(IntentKind)}")


def _fill(text: str, values: dict[str, str]) -> str:
    """Put values in, in one pass, so that a value is never searched for placeholders."""
    return re.sub(r"\{\w+\}", lambda match: values.get(match[0], match[0]), text)
