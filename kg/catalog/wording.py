"""Find the vocabulary's words in the texts of a product.

A text is cut into clauses, so that no phrase and no denial runs across a comma. Within a clause the longest phrase at
the leftmost place wins, attribute by attribute; a word that is denied ("without lemon scent", "sugar free") names
nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from kg.catalog.vocabulary import Attribute, Phrase, Value, Vocabulary
from kg.text import key, normalise

__all__ = ["Found", "Reading", "WordReader", "without_brand"]

_CLAUSE = re.compile(r"[.,;:!?](?=\s|$)|[()\[\]|\n\u2013\u2014]|\s-\s")
_BREAK = "0clause0"  # stands between clauses: a word that normalising leaves alone and no vocabulary has
_CUE_REACH = 3  # words between a cue and what it speaks of
_MOST_TEXT = 2_000  # characters of a description: what a product is, is said early


class Found(NamedTuple):
    """A value that a text names, and the words that name it."""

    value: str
    evidence: str


class _Entry(NamedTuple):
    """A phrase of the vocabulary. No value: the phrase is to be ignored."""

    phrase: Phrase
    attribute: Attribute
    value: Value | None


class _Hit(NamedTuple):
    start: int
    end: int
    entry: _Entry


class Reading(NamedTuple):
    """What can be read of one product, as received but for ``type_id``, which is ours."""

    title: str
    brand: str
    category: str
    description: str
    type_id: str


_Allowed = dict[str, frozenset[str]]  # attribute -> its values that apply


class WordReader:
    """Reads all attributes of a vocabulary that are read from words (and the words of those that read units)."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._attributes = [each for each in vocabulary.attributes.values() if each.reads != "models"]
        entries: dict[str, list[_Entry]] = defaultdict(list)
        for attribute in self._attributes:
            for phrase in attribute.ignore:
                entries[phrase[0]].append(_Entry(phrase, attribute, None))
            for value in attribute.values.values():
                for phrase in value.phrases:
                    entries[phrase[0]].append(_Entry(phrase, attribute, value))
        self._entries = {word: sorted(found, key=_longest) for word, found in entries.items()}
        self._first = frozenset(self._entries)
        self.applies = lru_cache(maxsize=8_192)(self._applies)
        self._of_category = lru_cache(maxsize=8_192)(self._in_category)

    def read(self, product: Reading) -> dict[str, list[Found]]:
        """Return what the product's texts say, by attribute; those without a word are left out."""
        allowed = self.applies(product.category, product.type_id)
        title = self._hits(without_brand(product.title, product.brand))
        path = self._of_category(product.category)
        text = self._hits(product.description[:_MOST_TEXT]) if product.description else []
        out: dict[str, list[Found]] = {}
        if not (title or path or text):
            return out
        for attribute in self._attributes:
            values = allowed.get(attribute.name)
            if not values:
                continue
            found = _of(attribute, values, title)
            for when, clauses in ((attribute.category, path), (attribute.description, text)):
                if clauses and (when == "always" or (when == "otherwise" and not found)):
                    found += _of(attribute, values, clauses, cued=clauses is text)
            if found:
                out[attribute.name] = _settled(attribute, found)
        return out

    def _applies(self, category: str, type_id: str) -> _Allowed:
        """Return the attributes, each with its values, that apply to products of a category and type."""
        path, words = tuple(map(key, category.split(" > "))), tuple(key(type_id).split())
        head = words[-1] if words else ""
        return {
            attribute.name: frozenset(
                value.name
                for value in attribute.values.values()
                if value.scope.holds(path, words) and not (attribute.not_head and value.name == head)
            )
            for attribute in self._vocabulary.attributes.values()
            if attribute.scope.holds(path, words)
        }

    def _in_category(self, category: str) -> list[_Clause]:
        return [clause for segment in category.split(" > ") for clause in self._hits(segment)]

    def _hits(self, text: str) -> list[_Clause]:
        """Return the clauses of a text in which some phrase stands, denied ones left out."""
        first = self._first
        clauses = normalise(_CLAUSE.sub(f" {_BREAK} ", text)).split(_BREAK)
        parts = [words for clause in clauses if not first.isdisjoint(words := clause.split())]
        return [clause for words in parts if (clause := self._clause(words)).hits]

    def _clause(self, words: list[str]) -> _Clause:
        hits: list[_Hit] = []
        until: dict[str, int] = {}
        for at, word in [(at, word) for at, word in enumerate(words) if word in self._first]:
            for entry in self._entries[word]:
                end = at + len(entry.phrase)
                name = entry.attribute.name
                if at >= until.get(name, 0) and (end == at + 1 or tuple(words[at:end]) == entry.phrase):
                    until[name] = end
                    hits.append(_Hit(at, end, entry))
        return _Clause(words, [hit for hit in hits if hit.entry.value and not self._denied(words, hit, hits)])

    def _denied(self, words: Sequence[str], hit: _Hit, hits: Sequence[_Hit]) -> bool:
        """Whether a word before or after denies the hit; words that are part of a phrase themselves deny nothing."""
        vocabulary = self._vocabulary
        if words[hit.end : hit.end + 1] and words[hit.end] in vocabulary.denied_after:
            return True
        for at in range(hit.start):
            if hit.start - at <= vocabulary.denied_before.get(words[at], 0):
                return not any(other.start <= at < other.end for other in hits)
        return False


class _Clause(NamedTuple):
    words: list[str]
    hits: list[_Hit]


def _longest(entry: _Entry) -> int:
    return -len(entry.phrase)


def _of(attribute: Attribute, values: frozenset[str], clauses: Sequence[_Clause], *, cued: bool = False) -> list[Found]:
    """Return what the clauses say of one attribute, in their order."""
    out: list[Found] = []
    for clause in clauses:
        for hit in clause.hits:
            value = hit.entry.value
            if hit.entry.attribute is not attribute or value is None or value.name not in values:
                continue
            if not cued or not attribute.cues or _near_cue(attribute, clause, hit):
                out.append(Found(value.name, " ".join(hit.entry.phrase)))
    return out


def _near_cue(attribute: Attribute, clause: _Clause, hit: _Hit) -> bool:
    around = clause.words[max(0, hit.start - _CUE_REACH) : hit.end + _CUE_REACH]
    return not attribute.cues.isdisjoint(around)


def _settled(attribute: Attribute, found: Sequence[Found]) -> list[Found]:
    """Return each value once, of values that exclude each other the one listed first, one where only one may hold."""
    if len(found) == 1:
        return list(found)
    first = {each.value: each for each in reversed(found)}
    if not attribute.several:
        return [first[found[0].value]]
    return [first[name] for name in attribute.settled(first)]


def without_brand(title: str, brand: str) -> str:
    """Return the title without the brand it begins with: a brand's name says nothing about the product."""
    if (
        brand
        and title[: len(brand)].casefold() == brand.casefold()
        and not title[len(brand) : len(brand) + 1].isalnum()
    ):
        return title[len(brand) :]
    return title
