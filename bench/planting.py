"""Planted mentions: titles of a catalogue as a careless shop would write them, so that what they mean is known.

Words are left out, swapped, shortened, misspelt or run together, marks in model numbers go, empty words come in.
"""

from __future__ import annotations

import random

__all__ = ["careless"]

_EMPTY = ("new", "genuine", "original", "sale", "retail", "box", "pack", "oem", "version", "item", "product", "for")


def careless(title: str, chance: random.Random, least: float = 0.4) -> str:
    """Return ``title`` written carelessly, with at least the share ``least`` of its words, and never empty."""
    words = title.split()
    count = max(1, round(len(words) * chance.uniform(least, 1)))
    kept = chance.sample(range(len(words)), count)
    if chance.random() < 0.8:
        kept.sort()
    out = [_spelled(words[at], chance) for at in kept]
    if len(out) > 2 and chance.random() < 0.2:
        at = chance.randrange(len(out) - 1)
        out[at : at + 2] = [out[at] + out[at + 1]]
    if chance.random() < 0.3:
        out.insert(chance.randrange(len(out) + 1), chance.choice(_EMPTY))
    return " ".join(out)


def _spelled(word: str, chance: random.Random) -> str:
    drawn = chance.random()
    if word.isalpha() and len(word) > 5 and drawn < 0.08:
        return word[: chance.randint(3, 5)]
    if word.isalpha() and len(word) > 5 and drawn < 0.14:
        at = chance.randrange(1, len(word) - 1)
        return word[:at] + word[at + 1 :]
    if any(map(str.isdigit, word)) and drawn < 0.3:
        return word.replace("-", "").replace("/", "") or word
    return word
