"""Several questions in one prompt: who may share one, and whose answer is whose.

Lines are numbered from 1 and replies carry the number, so that a missing, an extra or a doubled item spoils that
item only. A question that stands alone is a pack of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from extractors.llm.questions import Answer, Question
from extractors.llm.replies import BadReply, Refused, Reply, Truncated, Usage, read
from extractors.llm.requests import Request, request_of

__all__ = ["Pack", "Read", "packed", "read_pack"]


@dataclass(frozen=True, slots=True)
class Pack:
    """Questions that one request asks, by key; they differ in their line only."""

    questions: dict[str, Question]

    @property
    def single(self) -> bool:
        """Whether one question stands alone, with a prompt of its own."""
        return len(self.questions) == 1 and not next(iter(self.questions.values())).line

    def request(self) -> Request:
        """Return what is sent."""
        return request_of(tuple(self.questions.values()))


@dataclass(frozen=True, slots=True)
class Read:
    """What a reply gave: answers by key, and the fault of every question that got none."""

    answers: dict[str, Answer]
    faults: dict[str, BadReply | Refused]


class _Listed(msgspec.Struct, forbid_unknown_fields=True):
    answers: list[dict[str, Any]]


def packed(questions: Iterable[tuple[str, Question]], most: int) -> list[Pack]:
    """Group (key, question) pairs into packs of up to ``most`` that may share a prompt, in order of their first."""
    groups: dict[Question, list[tuple[str, Question]]] = {}
    packs: list[Pack] = []
    for key, question in questions:
        if not question.line or most <= 1:
            packs.append(Pack({key: question}))
            continue
        shared = groups.setdefault(replace(question, item="", line=""), [])
        shared.append((key, question))
        if len(shared) == most:
            packs.append(Pack(dict(shared)))
            shared.clear()
    return packs + [Pack(dict(rest)) for rest in groups.values() if rest]


def read_pack(pack: Pack, reply: Reply) -> Read:
    """Return each question's own answer or fault; what the reply says about anything else is ignored."""
    if pack.single:
        return _read_single(pack, reply)
    whole = _whole_fault(reply)
    if whole is not None:
        return Read({}, dict.fromkeys(pack.questions, whole))
    try:
        listed = msgspec.json.decode(reply.content, type=_Listed).answers
    except (msgspec.DecodeError, UnicodeEncodeError) as error:  # half a surrogate pair cannot even be decoded
        fault = BadReply(f"not the schema: {error}", reply)
        return Read({}, dict.fromkeys(pack.questions, fault))
    by_id = _by_id(listed)
    answers: dict[str, Answer] = {}
    faults: dict[str, BadReply | Refused] = {}
    parts = _shares(reply.usage, len(pack.questions))
    for number, ((key, question), usage) in enumerate(zip(pack.questions.items(), parts, strict=True), 1):
        items = by_id.get(number, [])
        if len(items) != 1:
            faults[key] = BadReply("line missing from the reply" if not items else "line answered twice", reply)
            continue
        own = replace(reply, content=msgspec.json.encode(items[0]).decode(), usage=usage)
        try:
            answers[key] = read(question, own)
        except BadReply as error:
            faults[key] = error
    return Read(answers, faults)


def _by_id(listed: Sequence[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Return the items under their numbers; what has no number (a hostile reply numbers with anything) is left out."""
    found: dict[int, list[dict[str, Any]]] = {}
    for item in listed:
        if type(number := item.pop("id", None)) is int:
            found.setdefault(number, []).append(item)
    return found


def _read_single(pack: Pack, reply: Reply) -> Read:
    ((key, question),) = pack.questions.items()
    try:
        return Read({key: read(question, reply)}, {})
    except (BadReply, Refused) as error:
        return Read({}, {key: error})


def _whole_fault(reply: Reply) -> BadReply | Refused | None:
    """Return what is wrong with the reply as a whole."""
    if reply.refusal or reply.finish == "content_filter":
        return Refused(reply.refusal or "the endpoint's content filter stopped the reply", reply)
    return Truncated("the reply was cut short by max_tokens", reply) if reply.finish == "length" else None


def _shares(usage: Usage, parts: int) -> Sequence[Usage]:
    """Split tokens into whole parts that add up to them."""

    def split(total: int) -> list[int]:
        each, rest = divmod(total, parts)
        return [each + (at < rest) for at in range(parts)]

    return [Usage(*pair) for pair in zip(split(usage.prompt_tokens), split(usage.completion_tokens), strict=True)]
