"""What must not come back from a model, in any string: addresses, markup, code, prices, numbers to call, the prompt.

:func:`fault` looks at a text as a reader sees it (compatibility forms and case folded), and a second time with accents
off and with Latin letters for their Cyrillic and Greek look-alikes. Every repetition in the patterns is bounded and
texts beyond :data:`LONGEST` are refused, so the time is linear. The patterns ask for more than one sign where shops use
the same characters themselves ("M&M's", "#10 envelopes", "C++ book", "50% cotton").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from extractors.screen_patterns import RULES
from kg.text import clean, tokens

__all__ = ["LONGEST", "fault"]

LONGEST = 2_000
"""Characters; nothing that is shown to anyone is longer."""

_PIECE = 6  # words of the prompt in a row that are no chance
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff0-\ufffb\ue000-\uf8ff\ud800-\udfff\ufe00-\ufe0d"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]|[\u0300-\u036f\u20d0-\u20ff]{3}"
    "|[A-Za-z][\u0400-\u04ff]{1,40}[A-Za-z]|[\u0400-\u04ff][A-Za-z]{1,40}[\u0400-\u04ff]"
)
_APOSTROPHES = str.maketrans("\u2019\u2018\u02bc\u3002", "'''.")
_ALIKE = str.maketrans("авекмнорстухіјѕԁһӏαβεικνορτυχ", "abekmhopctyxijsdhlabeikvoptux")


def fault(text: str, asked: Sequence[str] = ()) -> tuple[str, str] | None:
    """Return (rule, reason) when ``text`` must not come back from a model, else ``None``.

    ``text`` is what the model said, uncleaned: hidden characters are a fault. ``asked`` are the instructions the model
    was given (system messages, questions before a subject is filled in): six of their words in a row are a fault.
    The rules are ``long``, ``control``, those of :data:`extractors.screen_patterns.RULES`, and ``prompt``.
    """
    if len(text) > LONGEST:
        return "long", f"the text is longer than {LONGEST:,} characters"
    if _HIDDEN.search(text.strip()):
        return "control", "the text carries hidden or look-alike characters, or more than one line"
    for form in _forms(text):
        for rule, what, signs, words in _RULES:
            if signs.search(form) or words.search(form):
                return rule, f"the text carries {what}"
    said = _pieces(text) if asked else frozenset[str]()
    if any(said & _pieces(instruction) for instruction in asked):
        return "prompt", "the text repeats a piece of the prompt"
    return None


def _forms(text: str) -> tuple[str, ...]:
    """Return the text as it reads: folded, and with look-alikes as Latin letters if that is another text."""
    folded = clean(unicodedata.normalize("NFKC", text)).lower().translate(_APOSTROPHES)
    if folded.isascii():
        return (folded,)
    bare = "".join(ch for ch in unicodedata.normalize("NFD", folded) if unicodedata.category(ch) != "Mn")
    latin = bare.translate(_ALIKE)
    return (folded,) if latin == folded else (folded, latin)


@lru_cache(maxsize=1024)
def _pieces(text: str) -> frozenset[str]:
    said = tokens(text)
    return frozenset(" ".join(said[start : start + _PIECE]) for start in range(len(said) - _PIECE + 1))


def _compiled(lines: str) -> str:
    # Composed as the texts are: a pattern of decomposed letters would never match.
    return "|".join(unicodedata.normalize("NFKC", lines).split("\n")[1:-1]) or "(?!)"


_RULES = tuple(
    (rule, what, re.compile(_compiled(signs)), re.compile(rf"\b(?:{_compiled(words)})"))
    for rule, what, signs, words in RULES
)
