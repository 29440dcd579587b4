"""What product titles call a thing: "NOYA Adjustable Tofu Press with Cheesecloth - Vegan Tofu Presser" is a press.

A title is a row of parts ("Tofu Press", "Vegan Tofu Presser"); each names its thing before the first preposition, and
the last word there, once sizes, colours and the like are off, is a head. Brands stand in front and do no harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kg.text import singular, tokens
from linkers.types.lexicon import Lexicon
from linkers.types.phrase import PREPOSITIONS, UNITS

__all__ = ["SELDOM", "Calls", "Title", "calls_of", "read_title"]

_PARTS = re.compile(r"[,(){}|\[\]:;/\u2013\u2014+]| - |\. ")
_MOST_PARTS = 4
_FIRST, _LATER = 1.0, 0.4
SELDOM = 0.2
"""Of a target's titles: what a smaller share calls it is a slip or an aside."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What the titles of one target call it.

    ``heads`` maps a head to the share (0..1) of titles that name it, first parts counting more, and less sure of few
    titles; ``said`` maps a head to the words of the titles that name it, one set a title.
    """

    heads: Mapping[str, float] = field(default_factory=dict[str, float])
    said: Mapping[str, tuple[frozenset[str], ...]] = field(default_factory=dict[str, "tuple[frozenset[str], ...]"])


@dataclass(frozen=True, slots=True)
class Title:
    """A title in words: as it stands, with synonyms replaced, and its first naming parts, the head of each last."""

    plain: tuple[str, ...]
    words: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]


def read_title(text: str, lexicon: Lexicon, *, synonyms: bool = True) -> Title:
    """Return ``text`` in words."""
    plain = tuple(singular(word) for word in tokens(text))
    parts = tuple(_naming(text, lexicon, synonyms=synonyms))
    return Title(plain, lexicon.canonical(plain) if synonyms else plain, parts)


def calls_of(titles: Sequence[Title]) -> Calls:
    """Return what ``titles`` call their thing."""
    weights: dict[str, float] = {}
    said: dict[str, list[frozenset[str]]] = {}
    for title in titles:
        best: dict[str, float] = {}
        for at, part in enumerate(title.parts):
            best.setdefault(part[-1], _LATER if at else _FIRST)
        words = frozenset(title.plain + title.words)
        for head, weight in best.items():
            weights[head] = weights.get(head, 0.0) + weight
            said.setdefault(head, []).append(words)
    total = len(titles) + 0.5
    return Calls(
        {head: round(weights[head] / total, 6) for head in sorted(weights)},
        {head: tuple(sets) for head, sets in sorted(said.items())},
    )


def _naming(text: str, lexicon: Lexicon, *, synonyms: bool) -> Iterator[tuple[str, ...]]:
    for part in _PARTS.split(text)[:_MOST_PARTS]:
        plain = tuple(singular(word) for word in tokens(part))
        words = lexicon.canonical(plain) if synonyms else plain
        stop = next((at for at, word in enumerate(words) if word in PREPOSITIONS), len(words))
        while stop and _adds_nothing(words[:stop], lexicon):
            stop -= 1
        if stop:
            yield words[:stop]


def _adds_nothing(words: tuple[str, ...], lexicon: Lexicon) -> bool:
    word = words[-1]
    if word in UNITS:
        return len(words) > 1 and words[-2][0].isdigit()
    return word in lexicon.generic or word in lexicon.attributive or word[:1].isdigit()
