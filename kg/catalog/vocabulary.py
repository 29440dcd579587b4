"""What products can be tagged with: attributes, their closed lists of values, and the words that name them.

The words are data, in ``vocabulary.yaml`` beside this module, and stand nowhere else. A file of the shop's own is laid
over it: lists grow, other settings take the place of ours, ``removed: true`` takes an attribute or a value out; with
``extends: false`` it stands alone. Every mistake is reported with its file and line.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal

from kg.catalog.vocabulary_file import KEPT, PREFERRED, AttributeSpec, ValueSpec, VocabularyFile, read_file
from kg.records import digest
from kg.text import key, normalise

__all__ = ["KEPT", "PREFERRED", "Attribute", "Phrase", "Scope", "Value", "Vocabulary", "load_vocabulary"]

Phrase = tuple[str, ...]
"""Normalised words, in order."""
_ALL = "*"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where something applies: beginnings of category paths or last words of product types; none: everywhere.

    All words are comparison keys.
    """

    categories: tuple[Phrase, ...] = ()
    types: tuple[Phrase, ...] = ()
    except_types: tuple[Phrase, ...] = ()

    def holds(self, category: Phrase, type_words: Phrase) -> bool:
        """Whether a product of ``category`` (its segments) and a type (its words) is within."""
        if any(_ends(type_words, words) for words in self.except_types):
            return False
        if not self.categories and not self.types:
            return True
        begins = any(_begins(category, path) for path in self.categories)
        return begins or any(_ends(type_words, words) for words in self.types)


@dataclass(frozen=True, slots=True)
class Value:
    """One value. ``same`` and ``names`` are comparison keys: what says exactly this, and all a column may say.

    ``phrases`` are what names it in texts; ``implies`` holds all that follows, ``excludes`` is mutual. ``at_least`` is
    in medians of the product type.
    """

    name: str
    same: tuple[str, ...]
    names: tuple[str, ...]
    phrases: tuple[Phrase, ...]
    implies: tuple[str, ...]
    excludes: frozenset[str]
    replacement: Literal["keep", "prefer", "free"]
    scope: Scope
    stands_for: str
    at_least: float | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute; see ``vocabulary.yaml`` for what its settings mean. ``values`` are by name, in order."""

    name: str
    about: str
    reads: Literal["words", "units", "models"]
    several: bool
    asks: bool
    description: Literal["always", "otherwise", "never"]
    category: Literal["always", "otherwise", "never"]
    cues: frozenset[str]
    not_head: bool
    ignore: tuple[Phrase, ...]
    scope: Scope
    values: Mapping[str, Value]

    def settled(self, names: Collection[str]) -> tuple[str, ...]:
        """Return values of this attribute, in its order; of two that exclude each other the one listed first."""
        kept: list[str] = []
        for name, value in self.values.items():
            if name in names and value.excludes.isdisjoint(kept):
                kept.append(name)
        return tuple(kept)

    def named(self, text: str) -> str:
        """Return the value that a merchant's word stands for, or ""."""
        wanted = key(text)
        return next((value.name for value in self.values.values() if wanted in value.names), "")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All attributes by name, in order; ``version`` (16 hex digits) changes with anything in them."""

    attributes: Mapping[str, Attribute] = field(default_factory=dict[str, Attribute])
    denied_before: Mapping[str, int] = field(default_factory=dict[str, int])
    denied_after: frozenset[str] = frozenset()
    version: str = ""


def load_vocabulary(own: Path | None = None) -> Vocabulary:
    """Return the shipped vocabulary, with the shop's ``own`` file laid over it.

    Raises:
        ConfigError: every mistake in the file, one a line, each with file, line and remedy.
    """
    return _shipped() if own is None else _built(read_file(own, over=_shipped_file()))


@cache
def _shipped() -> Vocabulary:
    return _built(_shipped_file())


@cache
def _shipped_file() -> VocabularyFile:
    with as_file(files("kg.catalog") / "vocabulary.yaml") as path:
        return read_file(path)


def _built(file: VocabularyFile) -> Vocabulary:
    attributes = {name: _attribute(name, spec) for name, spec in file.attributes.items()}
    before = {normalise(word): reach for word, reach in file.denials.before.items()}
    after = frozenset(map(normalise, file.denials.after))
    return Vocabulary(attributes, before, after, digest(file.model_dump_json())[:16])  # as text: the order matters


def _attribute(name: str, spec: AttributeSpec) -> Attribute:
    return Attribute(
        name=name,
        about=spec.about,
        reads=spec.reads,
        several=spec.several,
        asks=spec.asks,
        description=spec.description,
        category=spec.category,
        cues=frozenset(map(normalise, spec.cues)),
        not_head=spec.not_head,
        ignore=tuple(form for phrase in spec.ignore for form in forms(phrase)),
        scope=_scope(spec.categories, spec.types, spec.except_types),
        values={each: _value(each, spec) for each in spec.values},
    )


def _value(name: str, of: AttributeSpec) -> Value:
    spec = of.values[name]
    same = tuple(dict.fromkeys(map(key, (name, *spec.same))))
    names = tuple(dict.fromkeys((*same, *map(key, (*spec.words, *spec.columns)))))
    read = (name, *spec.same, *spec.words) if of.reads == "words" else spec.words
    return Value(
        name=name,
        same=same,
        names=names,
        phrases=tuple(dict.fromkeys(form for phrase in read for form in forms(phrase))),
        implies=_implied(name, of.values),
        excludes=frozenset(other for other in of.values if other != name and _clash(name, other, of.values)),
        replacement=spec.replacement or of.replacement,
        scope=_scope(spec.categories, spec.types, ()),
        stands_for=spec.stands_for or "",
        at_least=spec.at_least,
    )


def _implied(name: str, values: Mapping[str, ValueSpec]) -> tuple[str, ...]:
    """Return all that ``name`` implies, directly or by what it implies."""
    found: list[str] = []
    waiting = [name]
    while waiting:
        for other in values[waiting.pop()].implies:
            if other not in found and other != name:
                found.append(other)
                waiting.append(other)
    return tuple(sorted(found))


def _clash(one: str, other: str, values: Mapping[str, ValueSpec]) -> bool:
    return any(b in values[a].excludes or _ALL in values[a].excludes for a, b in ((one, other), (other, one)))


def _scope(categories: tuple[str, ...], types: tuple[str, ...], except_types: tuple[str, ...]) -> Scope:
    paths = tuple(tuple(map(key, path.split(">"))) for path in categories)
    return Scope(paths, tuple(tuple(key(t).split()) for t in types), tuple(tuple(key(t).split()) for t in except_types))


def forms(phrase: str) -> list[Phrase]:
    """Return a phrase as the words that may stand in a normalised text: as it is, and its last word in the plural.

    >>> forms("Tea Bag")
    [('tea', 'bag'), ('tea', 'bags')]
    """
    words = normalise(phrase).split()
    return [tuple(words)] if not words or not words[-1].isalpha() else [tuple(words), (*words[:-1], _plural(words[-1]))]


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in {*"aeiou"}:
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "z", "ch", "sh")) else f"{word}s"


def _begins(whole: Phrase, part: Phrase) -> bool:
    return whole[: len(part)] == part


def _ends(whole: Phrase, part: Phrase) -> bool:
    return bool(part) and whole[-len(part) :] == part
