"""Qualifiers of two words: "gluten free" is one thing to ask of a product, not *gluten* and *free*.

A mention may say it in several ways ("gluten-free", "no gluten", "without gluten", "gluten and lactose free"); all
become "<what is left out> free", the spelling that diets have in catalogues. Every other qualifier is one word.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["free_of", "gathered"]

_FREE = "free"
_LACKING = frozenset({"no", "non", "without", "zero"})
_AND = frozenset({"and", "or"})


def free_of(words: Sequence[str], absent: frozenset[str]) -> tuple[str, ...]:
    """Return what ``words`` (a whole phrase, singular, in order) say to be left out, as "gluten free", each once.

    ``absent`` are the words that can be meant: "free range" and "sugar cane" say nothing of the kind.
    """
    found: list[str] = []
    for at, word in enumerate(words):
        if word == _FREE and words[:at] and words[at - 1] in absent:
            found.extend(reversed(_listed(reversed(words[:at]), absent)))
        elif word in _LACKING:
            found.extend(_listed(words[at + 1 :], absent))
    return tuple(dict.fromkeys(f"{word} {_FREE}" for word in found))


def _listed(words: Iterable[str], absent: frozenset[str]) -> list[str]:
    """Return the words of a list of things left out ("gluten, dairy and soy"), up to the first other word."""
    run = itertools.takewhile(lambda word: word in absent or word in _AND, words)
    return [word for word in run if word in absent]


def gathered(described: Iterable[str], said: Iterable[str], carried: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the qualifiers of a mention, each once.

    Args:
        described: the mention's describing words that the target's name lacks, in order.
        said: what the mention says to be left out (see :func:`free_of`).
        carried: what the target's name itself says to be left out: nothing more is asked for it.
    """
    phrases = tuple(said)
    known = set(carried)
    left = [phrase for phrase in phrases if phrase not in known]
    return tuple(dict.fromkeys(_in_order(described, phrases, left)))


def _in_order(described: Iterable[str], phrases: Sequence[str], left: Sequence[str]) -> Iterator[str]:
    """Yield each phrase where its first word stood, the other words between them, phrases without a word last."""
    inside = {word for phrase in phrases for word in phrase.split()}
    words = list(described)
    for word, after in itertools.zip_longest(words, words[1:]):
        if word in inside:
            yield from (phrase for phrase in left if phrase.split()[0] == word)
        elif not (word in _LACKING and after in inside):
            yield word
    yield from left
