"""The word lists linking leans on, as data: ``linkers/types/lexicon/*.txt``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

from kg.text import key, singular

__all__ = ["Lexicon", "load_lexicon"]

_FILES = (
    "absent.txt",
    "alone.txt",
    "animal.txt",
    "attributive.txt",
    "audience.txt",
    "contrast.txt",
    "gear.txt",
    "generic.txt",
    "host.txt",
    "kinds.txt",
    "measure.txt",
    "part.txt",
    "portion.txt",
    "synonyms.txt",
    "trailing.txt",
)
_TABLES = {"kinds.txt", "synonyms.txt"}
_Words = tuple[str, ...]
_BROADER, _VARIETY = re.compile("[:>]"), re.compile(">")
_STEM, _LONG_STEM = 5, 7
_ADJECTIVES = ("ed", "proof", "resistant", "less", "able", "ible", "friendly", "inch", "ful", "ish", "ous")
_LONG_ADJECTIVES = ("ive", "ical", "ional", "etic", "atic", "ular")


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Words in the singular, normalised. Compared by identity, so that what was read with it can be kept.

    ``attributive`` say how a thing is, among them ``contrast`` (they tell kinds apart) and ``audience``; ``generic``
    end a phrase without adding a kind, ``gear`` does so after the name of a category, ``measure`` before "of"; ``host``
    are what others are made for, among them ``animal``, and ``part`` the heads of categories of such goods;
    ``portion`` are cuts and shapes; ``alone`` name nothing by themselves; ``absent`` can be left out ("... free");
    ``trailing`` describe even as last words.

    ``synonyms`` maps the words of a name to those that stand for it anywhere in a phrase, ``whole`` only when they
    are the whole phrase; ``longest`` the first word of a synonym to the most words it may have; ``things`` are the
    words of these names that do not describe. ``kinds`` maps a name to the broader names it is a kind of, ``varieties``
    to those of them that it may stand for. ``version`` is a hash of the files.
    """

    animal: frozenset[str]
    attributive: frozenset[str]
    audience: frozenset[str]
    contrast: frozenset[str]
    gear: frozenset[str]
    generic: frozenset[str]
    host: frozenset[str]
    measure: frozenset[str]
    part: frozenset[str]
    portion: frozenset[str]
    alone: frozenset[str]
    absent: frozenset[str]
    trailing: frozenset[str]
    synonyms: Mapping[_Words, _Words]
    whole: Mapping[_Words, _Words]
    longest: Mapping[str, int]
    things: frozenset[str]
    kinds: Mapping[_Words, tuple[_Words, ...]]
    varieties: Mapping[_Words, tuple[_Words, ...]]
    version: str

    def canonical(self, words: _Words, *, whole: bool = True) -> _Words:
        """Return ``words`` with every synonym replaced by the name that stands for it, longest first.

        Twice, since one replacement may complete another ("kitty snack", "cat snack", "cat treat"). A name that
        counts as a whole phrase only (unless ``whole`` is false) may have describing words before it ("red mac").
        """
        once = self._replaced(words, whole=whole)
        return once if once == words else self._replaced(once, whole=whole)

    def _replaced(self, words: _Words, *, whole: bool) -> _Words:
        if whole and (named := self._whole(words)):
            return named
        out: list[str] = []
        at = 0
        while at < len(words):
            size = self.longest.get(words[at], 0)
            while size and words[at : at + size] not in self.synonyms:
                size -= 1
            out.extend(self.synonyms[words[at : at + size]] if size else words[at : at + 1])
            at += size or 1
        return tuple(out)

    def _whole(self, words: _Words) -> _Words:
        """Return ``words`` with the whole phrase replaced that stands after describing words, or ()."""
        for start in range(len(words)):
            if words[start:] in self.synonyms:
                return ()
            if words[start:] in self.whole:
                return words[:start] + self.whole[words[start:]]
            if not self.describes(words[start]):
                return ()
        return ()

    def compound(self, words: _Words) -> int:
        """Return how many of the last words make one name of the table ("wine glass"), 0 for fewer than two."""
        return next((len(words) - at for at in range(len(words) - 1) if words[at:] in self.synonyms), 0)

    def describes(self, word: str) -> bool:
        """Whether a word says how a thing is: it is listed, is a number, or ends as such words do ("insulated")."""
        if word in self.attributive or word[:1].isdigit():
            return True
        if word.endswith("eed"):  # weed, seed
            return False
        return (len(word) >= _STEM and word.endswith(_ADJECTIVES)) or (
            len(word) > _LONG_STEM and word.endswith(_LONG_ADJECTIVES)
        )

    def trails(self, word: str) -> bool:
        """Whether a word describes even as the last of a phrase: it is listed, or ends on "-ed" ("peeled"; no bed)."""
        participle = len(word) > _STEM and word.endswith("ed") and not word.endswith(("eed", "bed", "sled"))
        return word in self.trailing or participle


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """Return the lexicon that ships with the package."""
    texts = {name: (resources.files("linkers.types") / "lexicon" / name).read_text("utf-8") for name in _FILES}
    anywhere, whole = _synonyms(texts["synonyms.txt"])
    sets = _sets(texts)
    lexicon = Lexicon(
        animal=sets["animal.txt"],
        attributive=sets["attributive.txt"] | sets["audience.txt"] | sets["contrast.txt"],
        audience=sets["audience.txt"],
        contrast=sets["contrast.txt"] | sets["audience.txt"],
        gear=sets["gear.txt"],
        generic=sets["generic.txt"],
        host=sets["host.txt"] | sets["animal.txt"],
        measure=sets["measure.txt"],
        part=sets["part.txt"],
        portion=sets["portion.txt"],
        alone=sets["alone.txt"],
        absent=sets["absent.txt"],
        trailing=sets["trailing.txt"],
        synonyms=anywhere,
        whole=whole,
        longest=_longest(anywhere),
        things=frozenset[str](),
        kinds={},
        varieties={},
        version=_version(texts),
    )
    kinds = _kinds(texts["kinds.txt"], _BROADER, lexicon)
    names = [*anywhere, *whole, *kinds, *(broader for found in kinds.values() for broader in found)]
    return replace(
        lexicon,
        kinds=kinds,
        things=frozenset(word for words in names for word in words if not lexicon.describes(word)),
        varieties=_kinds(texts["kinds.txt"], _VARIETY, lexicon),
    )


def _sets(texts: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Return the words of every list, in the singular."""
    return {
        name: frozenset(singular(word) for line in _lines(text) for word in line.split())
        for name, text in texts.items()
        if name not in _TABLES
    }


def _version(texts: Mapping[str, str]) -> str:
    return hashlib.sha256("\0".join(texts[name] for name in _FILES).encode()).hexdigest()[:16]


def _synonyms(text: str) -> tuple[dict[_Words, _Words], dict[_Words, _Words]]:
    """Return what stands for a name anywhere, and what does so only as a whole phrase."""
    anywhere: dict[_Words, _Words] = {}
    whole: dict[_Words, _Words] = {}
    for line in _lines(text):
        name, _, others = line.partition(" = ")
        canonical = tuple(key(name).split())
        for other in others.split(","):
            variant = tuple(key(other).split())
            (whole if other.strip().startswith("=") else anywhere)[variant] = canonical
        # The name itself is found too, so that no shorter synonym is replaced inside it.
        anywhere[canonical] = canonical
    return anywhere, whole


def _kinds(text: str, sign: re.Pattern[str], lexicon: Lexicon) -> dict[_Words, tuple[_Words, ...]]:
    """Return the broader names of every kind in lines with ``sign``, all in the words that stand for synonyms."""
    out: dict[_Words, dict[_Words, None]] = {}
    for line in _lines(text):
        broader, *lists = sign.split(line)
        name = lexicon.canonical(tuple(key(broader).split()))
        for kind in ",".join(lists).split(",") if lists else ():
            words = lexicon.canonical(tuple(key(kind).split()))
            if words != name:
                out.setdefault(words, {})[name] = None
    return {words: tuple(names) for words, names in out.items()}


def _longest(synonyms: Mapping[_Words, _Words]) -> dict[str, int]:
    out: dict[str, int] = {}
    for words in synonyms:
        out[words[0]] = max(out.get(words[0], 0), len(words))
    return out


def _lines(text: str) -> Iterator[str]:
    """Yield the lines that say something."""
    for line in text.splitlines():
        if kept := line.partition("#")[0].strip():
            yield kept
