"""What a model may name: a short, plain name of a product that is not the subject again."""

from __future__ import annotations

import re

from extractors.screen import fault
from kg.text import clean, key

__all__ = ["refusal"]

_MAX_LENGTH = 60
_MAX_WORDS = 6
# A sentence may hold some of these; a name has no use for them ("#10 envelopes" has).
_STRUCTURE = re.compile(r"[<>{}\[\]`|\\]|\*\*|^#(?!\d)")


def refusal(mention: str, subject: str, seen: set[str]) -> tuple[str, str] | None:
    """Return (rule, reason) when ``mention`` is not acceptable, else ``None``.

    ``seen`` holds the :func:`kg.text.key` of the mentions accepted before for the same subject. The rules are
    ``empty``, ``long``, ``markup``, ``self``, ``duplicate`` and those of :func:`extractors.screen.fault`.
    """
    cleaned = clean(mention)
    name = key(cleaned)
    if not name or not any(ch.isalpha() for ch in cleaned):
        return "empty", "the name has no letters"
    if len(cleaned) > _MAX_LENGTH or len(name.split()) > _MAX_WORDS:
        return "long", f"longer than {_MAX_LENGTH} characters or {_MAX_WORDS} words: not a name"
    if found := ("markup", "the name holds markup") if _STRUCTURE.search(cleaned) else fault(mention):
        return found
    if name == key(subject):
        return "self", "the subject itself"
    if name in seen:
        return "duplicate", "named before for this subject"
    return None
