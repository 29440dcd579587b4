"""Read a short English noun phrase: which word names the thing, which only describe it.

The head of an English noun phrase is its last noun before "for", "with", "of" ("butter" in "peanut butter",
"litter" in "litter for cats"). What stands before it modifies it; what follows "for" does so too, what follows
"with" or "without" only describes. Other languages lose the head rule, never an answer: a phrase without known
words is compared as it stands.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from kg.text import singular, tokens
from linkers.types.lexicon import Lexicon
from linkers.types.qualifiers import free_of

__all__ = ["PREPOSITIONS", "UNITS", "Phrase", "hyphened", "read_phrase", "soft_words"]

_MAX_WORDS = 24
_IN_ONE = re.compile(r"\b(\d) ?-? ?in ?-? ?(\d)\b", re.IGNORECASE)
_HYPHENED = re.compile(r"\w+(?:-\w+)+(?=\W+\w)")
UNITS = frozenset(
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
        "l",
        "lb",
        "liter",
        "litre",
        "mcg",
    }
    | {"cap", "capsule", "fl", "softgel", "tab", "tablet", "vcap"}
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
_PARTICLE = frozenset({"down", "off", "on", "out", "up"})
_CUT = frozenset(
    {"back", "coverage", "cut", "duty", "fit", "front", "grade", "heel", "impact", "leg", "profile", "rise", "sleeve"}
    | {"sole", "speed", "toe", "trim", "waist"}
)
_NECK = frozenset({"boat", "cowl", "crew", "halter", "high", "mock", "round", "scoop", "square", "turtle", "u", "v"})
_FLAVOUR = frozenset(
    {"free", "flavor", "flavour", "flavored", "flavoured", "scented", "style", "based", "infused", "friendly", "proof"}
    | {"resistant", "safe", "coated", "filled", "inspired", "lined", "mounted", "operated", "painted", "plated"}
    | {"powered", "shaped", "sized", "themed"}
)


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
    said = _IN_ONE.sub(r"\1in\2", text) if "in" in text.casefold() else text
    plain = [singular(word) for word in tokens(said)[:_MAX_WORDS]]
    canonical = _canonical(plain, lexicon, whole=whole) if synonyms else plain
    core, detail = _parts(canonical, lexicon)
    words = _head_last(_distinct(word for word in core if word not in _STOP), lexicon)
    if synonyms and not _PURPOSE.isdisjoint(canonical):  # turned round it may be a name: "cover for a phone"
        words = _distinct(lexicon.canonical(words, whole=False))
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


def _canonical(plain: list[str], lexicon: Lexicon, *, whole: bool) -> list[str]:
    """Return ``plain`` with synonyms replaced; for those of a whole phrase it ends where a detail begins."""
    stop = next((at for at, word in enumerate(plain) if at and word in _PURPOSE | _DETAIL), len(plain))
    if stop == len(plain):
        return list(lexicon.canonical(tuple(plain), whole=whole))
    named = lexicon.canonical(tuple(word for word in plain[:stop] if word not in _STOP), whole=whole)
    return list(lexicon.canonical((*named, *plain[stop:]), whole=False))


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    """Return ``words`` each once, the last of all where it stands: it names the thing ("belt sander belt")."""
    found = list(words)
    return (*dict.fromkeys(word for word in found if word != found[-1]), found[-1]) if found else ()


def _head_last(words: tuple[str, ...], lexicon: Lexicon) -> tuple[str, ...]:
    """Move what only describes from the end to the front: "frame 20x24", "ball size 7", "jumpsuit navy large"."""
    end = len(words)
    if words in lexicon.synonyms or words in lexicon.varieties:
        return words
    while any(not lexicon.describes(word) for word in words[: end - 1]) and (
        size := _trailing(words[:end], lexicon, sized=end < len(words))
    ):
        end -= size
    return words[end:] + words[:end]


def _trailing(words: tuple[str, ...], lexicon: Lexicon, *, sized: bool) -> int:
    """Return how many of the last words only describe; ``sized``: words stood after them that did."""
    last = words[-1]
    units = sum(1 for _ in itertools.takewhile(UNITS.__contains__, reversed(words)))
    if 0 < units < len(words) - 1 and words[-1 - units][0].isdigit():  # "330 ml", "33.8 fl oz"
        return units + 1
    if len(words) > 2 and words[-2] == "size":
        return 2
    if last == "size":
        return 2 if len(words) > 2 and lexicon.describes(words[-2]) else int(sized)
    if len(words) > 2 and (last in _FLAVOUR or (last in _CUT and _manner(words[-2], last, lexicon))):
        return 2
    return int(last[0].isdigit() or last in lexicon.audience or lexicon.trails(last))


def _bare(words: tuple[str, ...], lexicon: Lexicon) -> tuple[str, ...]:
    size = len(words)
    while size > 1 and words[size - 1] in lexicon.gear:
        size -= 1
    return words[:size]


def soft_words(words: tuple[str, ...], lexicon: Lexicon) -> frozenset[str]:
    """Return the words before the head that only describe: known ones, numbers, "... free", "low ...", "pull down"."""
    soft = {word for word in words if word[:1].isdigit()}
    soft.update(word for word in words[:-1] if lexicon.describes(word))
    for first, second in itertools.pairwise(words):
        if second in _FLAVOUR or (second != words[-1] and _manner(first, second, lexicon)):
            soft.update((first, second))
    return frozenset(soft)


def _manner(first: str, second: str, lexicon: Lexicon) -> bool:
    """Whether two words together say how a thing is: "low fat", "pull down", "floor length", "v neck", "wide leg"."""
    if first in _LOW or second in _PARTICLE or second == "length":
        return True
    return first in _NECK if second == "neck" else second in _CUT and lexicon.describes(first)


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
