"""The word lists linking leans on, as data: ``linkers/types/lexicon/*.txt``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from kg.text import key, singular

__all__ = ["Lexicon", "load_lexicon"]

_FILES = (
    "absent.txt",
    "alone.txt",
    "attributive.txt",
    "audience.txt",
    "contrast.txt",
    "generic.txt",
    "measure.txt",
    "portion.txt",
    "synonyms.txt",
)
_Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words in the singular, normalised.

    ``attributive`` say how a thing is, among them ``contrast`` (they tell kinds apart) and ``audience``; ``generic``
    end a phrase without adding a kind, ``measure`` do so before "of"; ``portion`` are cuts and shapes; ``alone``
    name nothing by themselves; ``absent`` can be left out ("... free"). ``synonyms`` maps the words of a name to
    those that stand for it anywhere in a phrase, ``whole`` only when they are the whole phrase. ``version`` is a hash
    of the files.
    """

    attributive: frozenset[str]
    audience: frozenset[str]
    contrast: frozenset[str]
    generic: frozenset[str]
    measure: frozenset[str]
    portion: frozenset[str]
    alone: frozenset[str]
    absent: frozenset[str]
    synonyms: Mapping[_Words, _Words]
    whole: Mapping[_Words, _Words]
    version: str

    def canonical(self, words: _Words) -> _Words:
        """Return ``words`` with every synonym replaced by the name that stands for it, longest first."""
        if words in self.whole:
            return self.whole[words]
        out: list[str] = []
        at = 0
        while at < len(words):
            size = next((n for n in (4, 3, 2, 1) if words[at : at + n] in self.synonyms), 0)
            out.extend(self.synonyms[words[at : at + size]] if size else words[at : at + 1])
            at += size or 1
        return tuple(out)


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """Return the lexicon that ships with the package."""
    texts = {name: (resources.files("linkers.types") / "lexicon" / name).read_text("utf-8") for name in _FILES}
    anywhere: dict[_Words, _Words] = {}
    whole: dict[_Words, _Words] = {}
    for line in _lines(texts["synonyms.txt"]):
        name, _, others = line.partition(" = ")
        canonical = tuple(key(name).split())
        for other in others.split(","):
            variant = tuple(key(other).split())
            (whole if other.strip().startswith("=") else anywhere)[variant] = canonical
        # The name itself is found too, so that no shorter synonym is replaced inside it.
        anywhere[canonical] = canonical
    sets = {
        name: frozenset(singular(word) for line in _lines(text) for word in line.split())
        for name, text in texts.items()
    }
    return Lexicon(
        attributive=sets["attributive.txt"] | sets["audience.txt"] | sets["contrast.txt"],
        audience=sets["audience.txt"],
        contrast=sets["contrast.txt"] | sets["audience.txt"],
        generic=sets["generic.txt"],
        measure=sets["measure.txt"],
        portion=sets["portion.txt"],
        alone=sets["alone.txt"],
        absent=sets["absent.txt"],
        synonyms=anywhere,
        whole=whole,
        version=hashlib.sha256("\0".join(texts[name] for name in _FILES).encode()).hexdigest()[:16],
    )


def _lines(text: str) -> Iterator[str]:
    """Yield the lines that say something."""
    for line in text.splitlines():
        if kept := line.partition("#")[0].strip():
            yield kept
