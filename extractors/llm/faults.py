"""What becomes of a question whose reply cannot be used, whichever transport brought it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from extractors.llm.cache import DeadLetter
from extractors.llm.packs import Pack
from extractors.llm.replies import BadReply, Refused, Truncated
from extractors.llm.requests import Request, repaired

__all__ = ["both", "letter", "reason_of", "second_request"]

_MORE_ROOM = 3  # a reply that was cut short may be so many times as long


def reason_of(fault: BadReply | Refused) -> Literal["refused", "cut short", "bad reply"]:
    """Return the reason of the failure, and of the dead letter, of a question that got only this."""
    if isinstance(fault, Refused):
        return "refused"
    return "cut short" if isinstance(fault, Truncated) else "bad reply"


def letter(key: str, model: str, item: str, fault: BadReply | Refused) -> DeadLetter:
    """Return the dead letter of a question."""
    return DeadLetter(key, model, item, reason_of(fault), str(fault), fault.reply.content if fault.reply else "")


def second_request(alone: Pack, request: Request | None, fault: BadReply | Refused) -> Request | None:
    """Return how to ask once more: with more room, or showing what was wrong; ``None`` when it would be in vain.

    ``request`` is the one that asked this question only, if it was alone.
    """
    if isinstance(fault, Refused) and request is not None:
        return None
    if request is None:
        return alone.request()
    if isinstance(fault, Truncated):
        return replace(request, max_tokens=request.max_tokens * _MORE_ROOM)
    return repaired(request, fault.reply.content if fault.reply else "", str(fault))


def both(before: BadReply | Refused, fault: BadReply) -> BadReply:
    """Return the second fault with the first one told: both replies were paid for."""
    return type(fault)(f"{fault} (the first reply: {before})", fault.reply)
