"""Read a short English noun phrase: which word names the thing, which only describe it.

The head of an English noun phrase is its last noun before "for", "with", "of" ("butter" in "peanut butter",
"litter" in "litter for cats"). What stands before it modifies it; what follows "for" does so too, what follows
"with" or "without" only describes. Other languages lose the head rule, never an answer: a phrase without known
words is compared as it stands.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from kg.text import singular, tokens
from linkers.types.lexicon import Lexicon
from linkers.types.qualifiers import free_of

__all__ = ["PREPOSITIONS", "Phrase", "hyphened", "read_phrase", "soft_words"]

_MAX_WORDS = 24
_HYPHENED = re.compile(r"\w+(?:-\w+)+(?=\W+\w)")
_UNITS = frozenset(
    {
        "cm",
        "count",
        "ct",
        "feet",
        "foot",
        "ft",
        "g",
        "gallon",
        "gram",
        "inch",
        "iu",
        "kg",
        "lb",
        "liter",
        "litre",
        "mcg",
    }
    | {"meter", "mg", "ml", "mm", "ounce", "oz", "pack", "pc", "pcs", "piece", "pound", "quart", "watt", "yard"}
)
_STOP = frozenset(
    {"a", "an", "and", "any", "at", "by", "his", "her", "it", "my", "or", "our", "some", "that", "the", "their"}
    | {"these", "this", "those", "your", "to", "on", "per", "such", "as", "like"}
)
_PURPOSE = frozenset({"for"})
_DETAIL = frozenset({"with", "without", "in", "from", "w"})
PREPOSITIONS = _PURPOSE | _DETAIL | {"of", "by", "on", "to", "at"}
_LOW = frozenset({"low", "high", "reduced", "no", "non", "zero", "less", "half"})
_FLAVOUR = frozenset({"free", "flavor", "flavour", "flavored", "flavoured", "scented", "style", "based", "infused"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase in comparable words (singular, synonyms replaced).

    ``words`` are the content words, modifiers first, the head last; ``detail`` those after "with"; ``key`` the
    comparison key of the phrase as it stood; ``soft`` the words among ``words`` that only describe; ``free`` what it
    says to be left out ("gluten free"), in words or detail; ``bare`` are the words without "gear" and the like at the
    end; ``compound`` the last words where they are one name of the table of synonyms ("wine glass"): none of them
    merely describes. ``purpose`` are words after "for" that name no animal, machine or room; ``kind`` the last words
    where the lexicon knows what they are a variety of ("lager"). ``core`` are the words that do more than describe;
    all of them when every one describes.
    """

    words: tuple[str, ...]
    detail: tuple[str, ...]
    key: str
    soft: frozenset[str]
    free: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    compound: tuple[str, ...] = ()
    purpose: frozenset[str] = frozenset()
    kind: tuple[str, ...] = ()
    core: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """The word that names the thing, or "" when there is none."""
        return self.words[-1] if self.words else ""


def hyphened(text: str) -> frozenset[str]:
    """Return the words, singular, that hyphens tie to another before the last word: "wide-calf boots"."""
    groups = _HYPHENED.findall(text)
    return frozenset(singular(word) for group in groups for word in tokens(group))


def read_phrase(
    text: str, lexicon: Lexicon, *, synonyms: bool = True, whole: bool = True, tied: frozenset[str] = frozenset()
) -> Phrase:
    """Return ``text`` as a phrase; of a very long one, the first 24 words.

    ``whole`` are the synonyms that count only as a whole phrase: not for what is part of a list. ``tied`` words
    describe unless they name the thing (see :func:`hyphened`).
    """
    plain = [singular(word) for word in tokens(text)[:_MAX_WORDS]]
    canonical = list(lexicon.canonical(tuple(plain), whole=whole)) if synonyms else plain
    core, detail = _parts(canonical, lexicon)
    words = _head_last(tuple(dict.fromkeys(word for word in core if word not in _STOP)))
    size = lexicon.compound(words) if synonyms else 0
    compound = words[len(words) - size :]
    soft = soft_words(words, lexicon).union(tied.intersection(words[:-1])).difference(compound)
    endings = (words[at:] for at in range(len(words) if synonyms else 0))
    return Phrase(
        words,
        tuple(word for word in detail if word not in _STOP),
        " ".join(plain),
        soft,
        free_of(canonical, lexicon.absent),
        _bare(words, lexicon),
        compound,
        _purpose(canonical, lexicon),
        next((ending for ending in endings if ending in lexicon.varieties), ()),
        tuple(word for word in words if word not in soft) or words,
    )


def _purpose(words: list[str], lexicon: Lexicon) -> frozenset[str]:
    at = next((at for at, word in enumerate(words) if at and word in _PURPOSE), len(words))
    return frozenset(word for word in words[at + 1 :] if word not in lexicon.host)


def _head_last(words: tuple[str, ...]) -> tuple[str, ...]:
    """Move sizes from the end to the front: "frame 20x24", "ball size 7"."""
    end = len(words)
    if end > 2 and words[end - 1] in _UNITS and words[end - 2][0].isdigit():
        end -= 2
    while end > 1 and words[end - 1][0].isdigit():
        end -= 1
    if 1 < end < len(words) and words[end - 1] == "size":
        end -= 1
    return words[end:] + words[:end]


def _bare(words: tuple[str, ...], lexicon: Lexicon) -> tuple[str, ...]:
    size = len(words)
    while size > 1 and words[size - 1] in lexicon.gear:
        size -= 1
    return words[:size]


def soft_words(words: tuple[str, ...], lexicon: Lexicon) -> frozenset[str]:
    """Return the words before the head that only describe: known ones, numbers, "... free", "low ...", "...-style"."""
    soft = {word for word in words if word[:1].isdigit()}
    soft.update(word for word in words[:-1] if lexicon.describes(word))
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
    """Return "box of matches" as "matches", "napkins set of 12" as "12 napkins", "cream of tartar" as its "cream"."""
    if all(word[0].isdigit() for word in after):
        return after + (before[:-1] if before[1:] and before[-1] in lexicon.measure else before), []
    thing, detail = _parts(after, lexicon)
    if all(word in lexicon.measure | lexicon.generic | lexicon.attributive or word in _STOP for word in before):
        return thing, detail
    return thing + before, detail
