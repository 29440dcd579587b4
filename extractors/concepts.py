"""Equal concepts share one question: "Oat Milk", "oat milks" and "milk, oat" are asked about once.

Concepts are equal when their names differ in case, plural, accents and punctuation only, or in word order where order
carries no meaning. Near-duplicates differ in how words are spelled ("yoghurt", "yogurt"). A pair that is missed costs
one more question; a pair that is wrong puts one thing's answers on another. So all that is in doubt is left apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz, process

from kg.text import clean, key

__all__ = ["Alias", "Concept", "concept_key", "share"]

# A comma between digits belongs to a number.
_COMMA = re.compile(r"(?<!\d)[,\uff0c]|[,\uff0c](?!\d)")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_AND = "and"


@dataclass(frozen=True, slots=True)
class Concept:
    """Something the model is asked about. Only concepts of equal ``scope`` (kind and department) may share."""

    id: str
    name: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """A concept that is asked under the words of another. ``score`` (0..1) is how alike they are spelled."""

    id: str
    name: str
    asked_as_id: str
    asked_as: str
    score: float
    reason: Literal["equal", "near"]


def concept_key(name: str) -> str:
    """Return the comparison key of a concept's name: :func:`kg.text.key`, with the order of words made one.

    Two orders carry no meaning in a name: an inversion at its one comma ("milk, oat" is "oat milk"), and which side of
    its one "and" comes first ("pepper & salt" is "salt and pepper"). Any other order may carry all of it: "milk
    chocolate" is no "chocolate milk", "dog food" no "food dog". Beside an "and", a comma makes a list and inverts
    nothing.
    """
    whole = key(name).split()
    if _AND in whole:
        return " ".join(_sorted_sides(whole))
    sides = [key(side) for side in _COMMA.split(clean(name))]
    if len(sides) == 2 and all(sides):
        return " ".join(reversed(sides))
    return " ".join(whole)


def share(concepts: Sequence[Concept], above: float | None = None) -> dict[str, Alias]:
    """Return which concepts are asked under the words of another, by their id.

    Args:
        concepts: in order of reach: of those that share, the first is asked. None is asked under an alias.
        above: near-duplicates share from this similarity (0..1) on; ``None``: only equal concepts share.
    """
    asked: dict[tuple[str, str], Concept] = {}
    near = None if above is None else _Near(above)
    aliases: dict[str, Alias] = {}
    for concept in concepts:
        words = concept_key(concept.name)
        if not words:
            continue  # a name without letters or digits says nothing about being equal
        equal = asked.get((concept.scope, words))
        found = (equal, 1.0) if equal else near.find(concept.scope, words) if near else None
        if found is None:
            asked[concept.scope, words] = concept
            if near:
                near.add(concept, words)
        else:
            other, score = found
            reason = "equal" if equal else "near"
            aliases[concept.id] = Alias(concept.id, concept.name, other.id, other.name, round(score, 4), reason)
    return aliases


class _Near:
    """Finds names that are spelled alike, word for word: rapidfuzz scores the two words that differ most.

    The score of a whole name would not do: "women's running shoes" is 0.94 like "men's running shoes", and a token
    sort takes "milk chocolate" for "chocolate milk". Names are compared that agree in scope, in their numbers and in
    the first letter of each word: spelling rarely varies there, and it keeps the groups small.
    """

    def __init__(self, above: float) -> None:
        self._above = above
        self._groups: defaultdict[tuple[str, ...], dict[str, Concept]] = defaultdict(dict)

    def add(self, concept: Concept, words: str) -> None:
        """Let later names be found to be like this one."""
        self._groups[_group(concept.scope, words)][words] = concept

    def find(self, scope: str, words: str) -> tuple[Concept, float] | None:
        """Return the concept of the most similar name and the score; of equally similar ones the first added."""
        group = self._groups.get(_group(scope, words), {})
        # Where every word is alike, the whole is at least as much: this is done in C and leaves a few to look at.
        cutoff = max(0.0, self._above * 100 - 1e-6)
        scored = process.extract(words, list(group), scorer=fuzz.ratio, score_cutoff=cutoff, limit=None)
        best: tuple[Concept, float] | None = None
        for other, _, _ in sorted(scored, key=lambda each: each[2]):
            score = min(map(fuzz.ratio, words.split(), other.split())) / 100
            if score >= self._above and (best is None or score > best[1]):
                best = (group[other], score)
        return best


def _sorted_sides(words: list[str]) -> list[str]:
    """Return the words with the sides of their one "and" in order."""
    if words.count(_AND) != 1 or _AND in (words[0], words[-1]):
        return words
    middle = words.index(_AND)
    first, second = sorted((words[:middle], words[middle + 1 :]))
    return [*first, _AND, *second]


def _group(scope: str, words: str) -> tuple[str, ...]:
    return (scope, " ".join(_DIGITS.findall(words)), *(word[0] for word in words.split()))
