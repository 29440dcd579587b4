"""Read off a title which devices a product fits: "Phone Case for Zelvo 12 Pro", "Inkra 20XL Ink Cartridge"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import takewhile

from kg.catalog.sizes import without_sizes
from kg.catalog.vocabulary import Attribute
from kg.catalog.wording import Found, Reading
from kg.catalog.words import COLOURS
from kg.text import key, normalise

__all__ = ["MODEL_SUFFIXES", "DeviceReader"]

MODEL_SUFFIXES = frozenset({"air", "fe", "lite", "max", "mini", "neo", "plus", "pro", "se", "ultra", "xl", "xr", "xs"})
"""Words that make another model of the one they follow."""

_END = re.compile(r"[,;|()\[\]]|\s-\s|\swith\s", re.IGNORECASE)
_PARTS = re.compile(r"\s*(?:[/&+]|\band\b|\bor\b)\s*", re.IGNORECASE)
_LONGEST = 4  # words of a device's name
_MORE = frozenset({"xl", "xxl"})  # what a cartridge's number may end in


class DeviceReader:
    """Reads one attribute. ``brands`` are those of the catalogue: after one, a name needs no digit to be a device's."""

    def __init__(self, attribute: Attribute, brands: Collection[str]) -> None:
        self._attribute = attribute
        self._brands = frozenset(tuple(normalise(brand).split()) for brand in brands)
        self._no_names = frozenset(word for phrase in attribute.ignore for word in phrase[:1])
        cues = "|".join(re.escape(cue) for cue in sorted(attribute.cues, key=lambda cue: (-len(cue), cue)))
        self._lead = re.compile(rf"\b(?:{cues})\s+", re.IGNORECASE) if cues else None

    def read(self, product: Reading) -> list[Found]:
        """Return the devices that the title names, in its order, each once."""
        title = without_sizes(product.title)
        lead = self._lead.search(title) if self._lead else None
        before = title[: lead.start()] if lead else title
        found = list(self._number(product, before))
        if lead:
            rest = _END.split(title[lead.end() :], maxsplit=1)[0]
            found += [Found(name, f"{lead[0].strip()} {rest.strip()}") for name in self._names(rest)]
        return list({each.value: each for each in reversed(found)}.values())[::-1]

    def _names(self, text: str) -> Iterator[str]:
        """Yield the devices in "Zelvo 12 / 12 Pro": a part that begins with a number goes on with the name before."""
        series: list[str] = []
        for part in _PARTS.split(text):
            words = list(takewhile(_may_name, part.split()))
            if words and words[0][0].isdigit() and series:
                words = [*series, *words]
            for name in _models(words):
                if self._is_device(name):
                    series = list(takewhile(lambda word: not _has_digit(word), name))
                    yield " ".join(name)

    def _is_device(self, words: list[str]) -> bool:
        if not words or not words[0][0].isalpha() or normalise(words[0]) in self._no_names:
            return False
        if any(map(_has_digit, words)):
            return True
        plain = tuple(normalise(" ".join(words)).split())
        return any(plain[:size] in self._brands for size in range(1, len(plain)))

    def _number(self, product: Reading, before: str) -> Iterator[Found]:
        """Yield the number that a cartridge goes by, with its brand."""
        types = self._attribute.scope.types
        kind = tuple(key(product.type_id).split())
        if not product.brand or not any(kind[-len(words) :] == words for words in types):
            return
        words = _END.split(before.removeprefix(product.brand), maxsplit=1)[0].split()
        for at, word in enumerate(words):
            if _has_digit(word):
                more = words[at + 1 : at + 2] if normalise(" ".join(words[at + 1 : at + 2])) in _MORE else []
                yield Found(" ".join([product.brand, word, *more]), " ".join([word, *more]))
                return


def _models(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the names in a run of words: "HP G42 G56 Black" has two. After its number a name ends, but for "Pro"."""
    series: list[str] = []
    name: list[str] = []
    for word in words:
        numbered = any(map(_has_digit, name))
        if _has_digit(word) and numbered and not word.isdigit():
            yield name
            name = [*series, word]
        elif not _has_digit(word) and numbered and normalise(word) not in MODEL_SUFFIXES:
            break
        else:
            name.append(word)
            series = series if _has_digit(word) or numbered else list(name)
    if name:
        yield name[:_LONGEST]


def _may_name(word: str) -> bool:
    return any(ch.isupper() or ch.isdigit() for ch in word) and normalise(word) not in COLOURS


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))
