"""The core of a title: its naming words in the singular, without brand, sizes, counts and what follows a comma.

Works on a whole batch as one text, line by line, because the fixed cost of a regular expression or a replacement is
then paid once and not per title; titles outside ASCII go through the normaliser one by one first.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from functools import lru_cache

from kg.catalog.words import CONNECTIVES, COUNTED, UNITS
from kg.text import normalise, singular

__all__ = ["BARRIER", "core", "cores", "forget", "surface"]

BARRIER = ","  # stands where words were taken out: a phrase never runs across it
_NUMBER = "#"
_END = "\x1f"

# Titles lead with the product and trail with variants: what follows one of these is a variant or a use.
_ENDING_MARKS = ",([|;:"
_DASHES = (" - ", " \u2013 ", " \u2014 ")
_ENDING_WORDS = (" with ", " for ", " without ", " from ", " by ", " in ")
_MOST_STEMS = 65_536
# What typesetters write for ASCII, as :mod:`kg.text` folds it: nearly all that makes an English title not ASCII.
_TYPESET = (
    *(("\u2019", "'"), ("\u2018", "'"), ("\u201c", '"'), ("\u201d", '"'), ("\u2033", '"')),
    *(("\u2013", "-"), ("\u2014", "-"), ("\u2122", ""), ("\u00ae", ""), ("\u00d7", " ")),
)
_CUT = re.compile("|".join((f"[{re.escape(_ENDING_MARKS)}]", *map(re.escape, (*_DASHES, *_ENDING_WORDS)))))
_OPENING = frozenset("[( \t\r\v\f")
_LEADING_BRACKET = re.compile(r"^\s*[\[(][^\])]*[\])]\s*")
_MARKS = str.maketrans(dict.fromkeys(_ENDING_MARKS, _END))
# One character to one character, which str.translate does without leaving C; numbers of a shape are one word.
_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys(string.punctuation + "\r\t\v\f", " "),
        **dict.fromkeys(string.digits, _NUMBER),
    }
)
_COUNT = re.compile(f"{_NUMBER} (?:{'|'.join(sorted({singular(word) for word in COUNTED}))})(?= |$)")
_BEFORE_FREE = (
    *("alcohol", "bpa", "caffeine", "dairy", "fat", "gluten", "grain", "lactose"),
    *("oil", "peat", "salt", "streak", "sugar", "tear", "wheat"),
)
_FREE = tuple(f"{word} free" for word in _BEFORE_FREE)


def cores(titles: Sequence[str], brands: Sequence[str]) -> list[str]:
    """Return each title's naming words as one string of singular words, with ``BARRIER`` between phrases."""
    # A leading brand ("Joy by Ann") must go before the words that end a name ("by") are looked for.
    named = [title.removeprefix(f"{brand} ") if brand else title for title, brand in zip(titles, brands, strict=True)]
    return list(map(_stems, _naming(named), brands))


def core(title: str, brand: str = "") -> str:
    """Return one title's core.

    >>> core("Casa Tizoli Restaurant Style Tortilla Chips, Sea Salt, 300 g", "Casa Tizoli")
    'restaurant , tortilla chip'
    """
    return cores([title], [brand])[0]


def forget() -> None:
    """Empty the caches once a catalogue is read: the passes that follow need the memory more."""
    _STEMS.clear()
    for cache in (_stems, _brand):
        cache.cache_clear()


def surface(title: str) -> list[tuple[str, str]]:
    """Return the naming words as pairs: as written in lower case, and in the singular."""
    return [(word, _STEMS[word]) for word in _naming([title])[0].split()]


@lru_cache(maxsize=65_536)
def _stems(naming: str, brand: str) -> str:
    """Cached because the variants of a product differ in what ``_naming`` cuts off, and in numbers."""
    text = " ".join(map(_STEMS.__getitem__, naming.split()))
    if _NUMBER in text:
        text = _COUNT.sub(BARRIER, text).replace(_NUMBER, BARRIER)
    return f" {text} ".replace(_brand(brand), f" {BARRIER} ").strip() if brand else text


def _naming(titles: Sequence[str]) -> list[str]:
    """Return the part of each title that names the product; words break as in :mod:`kg.text`."""
    text = "\n".join(titles)
    whole = text.count("\n") < len(titles) and _END not in text
    lines = [
        title if title.isascii() and title[:1] not in _OPENING and (whole or title.isprintable()) else _prepared(title)
        for title in titles
    ]
    other = [line for line in lines if not line.isascii()]
    if not other:
        return _split("\n".join(lines), _DASHES[:1])
    # One letter outside ASCII would make the whole text several times slower to work on.
    plain = iter(_split("\n".join(filter(str.isascii, lines)), _DASHES[:1]))
    rest = iter(_split("\n".join(other), _DASHES))
    return [next(plain if line.isascii() else rest) for line in lines]


def _split(text: str, dashes: Sequence[str]) -> list[str]:
    """Return what stands before the first ending of each line; marks first, since they cut off half of most lines."""
    text = text.casefold().translate(_MARKS)
    for dash in dashes:
        text = text.replace(dash, _END)
    text = _cut(text)
    for words in _ENDING_WORDS:
        text = text.replace(words, _END)
    names = _cut(text).replace("'", "").replace("&", " and ").translate(_CHARACTERS).split("\n")
    return [_freed(name) if " free" in name else name for name in names]


def _cut(text: str) -> str:
    return "\n".join([line.partition(_END)[0] for line in text.split("\n")])


def _freed(name: str) -> str:
    """Return the name with "sugar free" as one word: it is no free sugar."""
    for words in _FREE:
        name = name.replace(words, words.replace(" ", "-"))
    return name


def _prepared(title: str) -> str:
    """Return one line that the batch can treat as ASCII: brackets at the start go, other scripts are normalised."""
    if not title.isprintable():
        title = " ".join(title.replace(_END, " ").split())
    if not title.isascii():
        for mark, plain in _TYPESET:
            title = title.replace(mark, plain)
    title = _LEADING_BRACKET.sub("", title)
    if title.isascii():
        return title
    cut = _CUT.search(title.casefold(), 1)
    return normalise(title[: cut.start()] if cut else title).replace(".", " ").replace(",", " ")


@lru_cache(maxsize=16_384)
def _brand(brand: str) -> str:
    """Return the brand as it stands in a core, with the spaces around it."""
    stems = " ".join(map(_STEMS.__getitem__, normalise(brand).split())).replace(_NUMBER, BARRIER)
    return f" {stems} " if stems else "\0"


class _Stems(dict[str, str]):
    """The stem of every word met so far, computed when missed: a look-up then never leaves C."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_STEMS:
            self.clear()
        stem = self[word] = _stem(word)
        return stem


_STEMS = _Stems()


def _stem(word: str) -> str:
    if _NUMBER in word or any(map(str.isdigit, word)):
        return _NUMBER
    if len(word) < 2 or word in CONNECTIVES or word in UNITS:
        return BARRIER
    return singular(word)
