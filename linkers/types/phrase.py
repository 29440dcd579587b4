"""Read a short English noun phrase: which word names the thing, which only describe it.

The head of an English noun phrase is its last noun before "for", "with", "of" ("butter" in "peanut butter",
"litter" in "litter for cats"). What stands before it modifies it; what follows "for" does so too, what follows
"with" or "without" only describes. Other languages lose the head rule, never an answer: a phrase without known
words is compared as it stands.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from kg.text import singular, tokens
from linkers.types.lexicon import Lexicon
from linkers.types.qualifiers import free_of

__all__ = ["Phrase", "read_phrase", "soft_words"]

_MAX_WORDS = 24
_STOP = frozenset(
    {"a", "an", "and", "any", "at", "by", "his", "her", "it", "my", "or", "our", "some", "that", "the", "their"}
    | {"these", "this", "those", "your", "to", "on", "per", "such", "as", "like"}
)
_PURPOSE = frozenset({"for"})
_DETAIL = frozenset({"with", "without", "in", "from", "w"})
_LOW = frozenset({"low", "high", "reduced", "no", "non", "zero", "less", "half"})
_FLAVOUR = frozenset({"free", "flavor", "flavour", "flavored", "flavoured", "scented", "style", "based", "infused"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase in comparable words (singular, synonyms replaced).

    ``words`` are the content words, modifiers first, the head last; ``detail`` those after "with"; ``key`` the
    comparison key of the phrase as it stood; ``soft`` the words among ``words`` that only describe; ``free`` what it
    says to be left out ("gluten free"), in words or detail.
    """

    words: tuple[str, ...]
    detail: tuple[str, ...]
    key: str
    soft: frozenset[str]
    free: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """The word that names the thing, or "" when there is none."""
        return self.words[-1] if self.words else ""

    @property
    def core(self) -> tuple[str, ...]:
        """The words that do more than describe; all of them when every one describes."""
        return tuple(word for word in self.words if word not in self.soft) or self.words


def read_phrase(text: str, lexicon: Lexicon, *, synonyms: bool = True) -> Phrase:
    """Return ``text`` as a phrase; of a very long one, the first 24 words."""
    plain = [singular(word) for word in tokens(text)[:_MAX_WORDS]]
    canonical = list(lexicon.canonical(tuple(plain))) if synonyms else plain
    core, detail = _parts(canonical, lexicon)
    words = tuple(dict.fromkeys(word for word in core if word not in _STOP))
    return Phrase(
        words,
        tuple(word for word in detail if word not in _STOP),
        " ".join(plain),
        soft_words(words, lexicon),
        free_of(canonical, lexicon.absent),
    )


def soft_words(words: tuple[str, ...], lexicon: Lexicon) -> frozenset[str]:
    """Return the words before the head that only describe: known ones, numbers, "... free", "low ...", "...-style"."""
    soft = {word for word in words if word[:1].isdigit()}
    soft.update(word for word in words[:-1] if word in lexicon.attributive)
    for first, second in itertools.pairwise(words):
        if second in _FLAVOUR or (first in _LOW and second != words[-1]):
            soft.update((first, second))
    return frozenset(soft)


def _parts(words: list[str], lexicon: Lexicon) -> tuple[list[str], list[str]]:
    """Split at the first preposition into the words that name the thing (head last) and the describing rest."""
    for at, word in enumerate(words):
        before, after = words[:at], words[at + 1 :]
        if not before or not after:
            continue
        if word in _PURPOSE:
            purpose, detail = _parts(after, lexicon)
            return purpose + before, detail
        if word == "of":
            return _of(before, after, lexicon)
        if word in _DETAIL:
            return before, after
    return [word for word in words if word not in _PURPOSE | _DETAIL], []


def _of(before: list[str], after: list[str], lexicon: Lexicon) -> tuple[list[str], list[str]]:
    """Return "box of matches" as "matches", "cream of tartar" as "tartar cream"."""
    thing, detail = _parts(after, lexicon)
    if all(word in lexicon.measure | lexicon.generic | lexicon.attributive or word in _STOP for word in before):
        return thing, detail
    return thing + before, detail
