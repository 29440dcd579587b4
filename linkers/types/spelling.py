"""Words set right before they are compared: misspelt, joined ("tshirt") or split ("sweat shirt").

A word that neither the catalogue nor the lexicon knows, of five letters or more, becomes the nearest word of the
vocabulary that starts with the same letter: at least 86 % alike (normalised Indel similarity), or two letters off
with the same consonants ("sandle", sandal), since spelling goes wrong in vowels and doubled letters first.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from kg.text import singular, tokens

__all__ = ["Speller"]

_ALIKE = 86.0
_LETTERS = 5
_LONGEST = 40
_APART = frozenset({"a", "an", "and", "at", "by", "for", "in", "of", "or", "the", "with"})
_VOWELS = re.compile("[aeiouy]")
_DOUBLED = re.compile(r"(.)\1")
_SOUNDS = str.maketrans({"c": "k", "q": "k", "z": "s"})


@dataclass(frozen=True, slots=True)
class Speller:
    """What is known of spelling in one catalogue.

    ``vocabulary`` are the words a misspelt one may be meant for, by first letter; ``named`` the words of names and
    categories, whether short or long; ``known`` all words that are right as they are; ``pairs`` two words that stand
    together in a name, by the two written as one.
    """

    vocabulary: Mapping[str, tuple[str, ...]]
    named: frozenset[str]
    known: frozenset[str]
    pairs: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, phrases: Iterable[tuple[str, ...]], labels: Iterable[str], known: Iterable[str]) -> Speller:
        """Return the speller for names (``phrases``), the words of categories (``labels``) and others ``known``."""
        names = sorted(set(phrases))
        named = frozenset(word for words in names for word in words).union(labels)
        vocabulary: dict[str, list[str]] = {}
        for word in sorted(named):
            if len(word) >= _LETTERS:
                vocabulary.setdefault(word[0], []).append(word)
        pairs = {
            first + second: (first, second) for words in reversed(names) for first, second in itertools.pairwise(words)
        }
        return cls({letter: tuple(words) for letter, words in vocabulary.items()}, named, named.union(known), pairs)

    def repair(self, text: str) -> str:
        """Return the words of ``text`` in the singular, set right."""
        out: list[str] = []
        for word in (singular(each) for each in tokens(text)):
            if out and self._joins(out[-1], word):
                out[-1] += word
            elif word not in self.named and word in self.pairs:
                out.extend(self.pairs[word])
            else:
                out.append(word if word in self.known else self._nearest(word))
        return " ".join(out)

    def _joins(self, first: str, second: str) -> bool:
        """Whether two words are one: a name is written so, or one of them alone is no word."""
        if first in _APART or second in _APART:  # "bra in nude" says nothing of a brain
            return False
        joined = first + second
        if joined in self.named:
            return joined not in self.pairs
        return joined in self.known and not {first, second} <= self.known

    def _nearest(self, word: str) -> str:
        if not _LETTERS <= len(word) <= _LONGEST or not word.isalpha():
            return word
        choices = self.vocabulary.get(word[0], ())
        found = process.extractOne(word, choices, scorer=fuzz.ratio, score_cutoff=_ALIKE)
        if found:
            return found[0]
        sound = _sound(word)
        near = [(distance, known) for known in choices if (distance := _distance(word, known)) <= 2]
        return next((known for _, known in sorted(near) if _sound(known) == sound), word)


def _distance(word: str, known: str) -> int:
    return OSA.distance(word, known, score_cutoff=2)


def _sound(word: str) -> str:
    """Return the consonants of a word, doubled ones once, those that sound alike as one letter."""
    bare = _VOWELS.sub("", word[1:].replace("ph", "f").translate(_SOUNDS))
    return word[0] + _DOUBLED.sub(r"\1", bare)
