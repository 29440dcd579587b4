"""What a model may name: a short, plain name of a product that is not the subject again."""

from __future__ import annotations

import re

from kg.text import clean, key

__all__ = ["refusal"]

_MAX_LENGTH = 60
_MAX_WORDS = 6
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("url", re.compile(r"https?:|www\.|\w\.(com|org|net)\b", re.IGNORECASE)),
    ("e-mail", re.compile(r"\S@\S")),
    ("markup", re.compile(r"[<>{}\[\]`|\\]|\*\*|^#")),
    ("price", re.compile(r"[$€£¥]\s*\d|\d\s*[$€£¥]")),
    ("phone", re.compile(r"\+?\d[\d ()-]{7,}\d")),
)


def refusal(mention: str, subject: str, seen: set[str]) -> tuple[str, str] | None:
    """Return (rule, reason) when ``mention`` is not acceptable, else ``None``.

    ``seen`` holds the :func:`kg.text.key` of the mentions accepted before for the same subject.
    """
    cleaned = clean(mention)
    name = key(cleaned)
    if not name or not any(ch.isalpha() for ch in cleaned):
        return "empty", "the name has no letters"
    if len(cleaned) > _MAX_LENGTH or len(name.split()) > _MAX_WORDS:
        return "long", f"longer than {_MAX_LENGTH} characters or {_MAX_WORDS} words: not a name"
    for rule, shape in _SHAPES:
        if shape.search(cleaned):
            return rule, f"the name holds something like a {rule}"
    if name == key(subject):
        return "self", "the subject itself"
    if name in seen:
        return "duplicate", "named before for this subject"
    return None
