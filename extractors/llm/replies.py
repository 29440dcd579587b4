"""What a chat completion says, read the same way whichever transport brought it.

A transport turns what it received into a :class:`Reply`; :func:`read` makes it the :class:`Answer` to a question, or
raises what is wrong with it. The tokens are known either way: a reply that cannot be used was paid for as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from extractors.llm.questions import Answer, Group, Question, ReplyKind

__all__ = [
    "BadReply",
    "Refused",
    "Reply",
    "TemporarilyUnavailable",
    "Truncated",
    "Usage",
    "first_line",
    "read",
    "unlisted",
]

_MAX_NAMES = 12
_MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counts them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """One chat completion. ``first`` are the alternatives of the first token with their log-probabilities."""

    content: str = ""
    finish: str = "stop"
    refusal: str = ""
    first: tuple[tuple[str, float], ...] = ()
    usage: Usage = Usage()


class BadReply(Exception):  # noqa: N818 - an outcome that becomes a Failure record, not an error of ours
    """The model answered, but not what was asked for: not the schema, empty. ``reply`` is what it said."""

    def __init__(self, reason: str, reply: Reply | None = None) -> None:
        super().__init__(reason)
        self.reply = reply


class Truncated(BadReply):
    """The reply was cut short by ``max_tokens``; more room may help."""


class Refused(Exception):  # noqa: N818 - as above
    """This very question gets no answer (too long, forbidden content, the model declines); others may pass."""

    def __init__(self, reason: str, reply: Reply | None = None) -> None:
        super().__init__(reason)
        self.reply = reply


class TemporarilyUnavailable(Exception):  # noqa: N818 - as above
    """The endpoint may answer later: rate limit, time-out, connection or server fault.

    ``retry_after_s`` is what the endpoint asked for, if it did; ``limited`` says that it was a rate limit, ``lost``
    that a reply may have been made, and billed, and did not arrive.
    """

    def __init__(
        self, reason: str, retry_after_s: float | None = None, *, limited: bool = False, lost: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s
        self.limited = limited
        self.lost = lost


class _Names(msgspec.Struct, forbid_unknown_fields=True):
    items: list[str]


class _Reason(msgspec.Struct, forbid_unknown_fields=True):
    reason: str


class _Group(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    members: list[int]


class _Groups(msgspec.Struct, forbid_unknown_fields=True):
    groups: list[_Group]


class _Choices(msgspec.Struct, forbid_unknown_fields=True):
    values: list[str]


def read(question: Question, reply: Reply) -> Answer:
    """Return the answer that ``reply`` gives to ``question``.

    Raises:
        Truncated: the reply was cut short.
        Refused: the model, or the provider's filter, declines.
        BadReply: anything else that is not the schema.
    """
    if reply.refusal:
        raise Refused(f"the model declines: {first_line(reply.refusal)}", reply)
    if reply.finish == "content_filter":
        raise Refused("the endpoint's content filter stopped the reply", reply)
    if reply.finish == "length" and question.reply != "yes_no":
        raise Truncated("the reply was cut short by max_tokens", reply)
    try:
        return _READERS[question.reply](question, reply)
    except (msgspec.DecodeError, ValueError) as error:
        what = "an empty reply" if not reply.content.strip() else first_line(error)
        raise BadReply(f"not the schema: {what}", reply) from error


def unlisted(question: Question, values: Sequence[str]) -> str:
    """Return what is wrong with ``values`` when one is not of the question's closed list; nothing when all are."""
    unknown = next((value for value in values if value not in question.options), None)
    return "" if unknown is None else f"{unknown!r} is not one of the values to choose from"


def first_line(error: object) -> str:
    """Return the first line of a message, short enough for one line of a terminal or a record."""
    return (str(error).splitlines() or [""])[0][:300]


def _names(_: Question, reply: Reply) -> Answer:
    items = msgspec.json.decode(reply.content, type=_Names).items
    if len(items) > _MAX_NAMES:
        raise ValueError(f"{len(items)} names, at most {_MAX_NAMES} were allowed")
    return Answer(names=tuple(items), **_tokens(reply))


def _reason(_: Question, reply: Reply) -> Answer:
    reason = msgspec.json.decode(reply.content, type=_Reason).reason
    if len(reason) > _MAX_REASON:
        raise ValueError(f"a reason of {len(reason)} characters, at most {_MAX_REASON} were allowed")
    return Answer(reason=reason, **_tokens(reply))


def _groups(_: Question, reply: Reply) -> Answer:
    groups = msgspec.json.decode(reply.content, type=_Groups).groups
    return Answer(groups=tuple(Group(each.name, tuple(each.members)) for each in groups), **_tokens(reply))


def _choices(question: Question, reply: Reply) -> Answer:
    values = msgspec.json.decode(reply.content, type=_Choices).values
    if fault := unlisted(question, values):
        raise ValueError(fault)
    return Answer(choices=tuple(dict.fromkeys(values)), **_tokens(reply))


def _yes_no(_: Question, reply: Reply) -> Answer:
    """Read P(yes) from the first token's alternatives, renormalised over yes and no."""
    if not reply.first:
        raise BadReply("the endpoint sent no log-probabilities", reply)
    mass = {"yes": 0.0, "no": 0.0}
    for token, logprob in reply.first:
        word = token.strip().lower()
        if word in mass:
            mass[word] += math.exp(logprob)
    total = mass["yes"] + mass["no"]
    if total <= 0:
        raise BadReply("neither yes nor no among the likeliest first words", reply)
    return Answer(yes=round(mass["yes"] / total, 4), **_tokens(reply))


def _tokens(reply: Reply) -> dict[str, Any]:
    return {"prompt_tokens": reply.usage.prompt_tokens, "completion_tokens": reply.usage.completion_tokens}


_READERS: dict[ReplyKind, Callable[[Question, Reply], Answer]] = {
    "names": _names,
    "reason": _reason,
    "yes_no": _yes_no,
    "groups": _groups,
    "choices": _choices,
}
