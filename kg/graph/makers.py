"""Whose products a product belongs with: "Filter for Dysol V8" is made for Dysol's, whoever makes the filter.

The names are the catalogue's own, those of its brand column, so "for women" names nobody. A brand that the titles of
others use mostly as a plain word ("Salt", "Best") is no name in them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import duckdb

from kg.graph.fits import split_models
from kg.graph.traits import Traits
from kg.text import normalise

__all__ = ["OTHER", "Makers", "read_makers"]

OTHER = 1
"""The number of the set without any brand: the product is of a known brand, but nothing is made for that one."""
_SAMPLE = 20_000  # titles that tell names from plain words
_LONGEST = 6  # words of a brand
_REACH = 120  # characters in which brands are looked for after "for"
_END = re.compile(r"[;|()\[\]]|\s-\s|\swith\s", re.IGNORECASE)
_PARTS = re.compile(r"\s*(?:[,/&+]|\band\b|\bor\b)\s*", re.IGNORECASE)
_LEADING = re.compile(r"\A(?:(?:all|any|most|many|original|select|the|use with|your)\s+)+", re.IGNORECASE)
_COUNT = "SELECT count(*) FROM read_parquet($products)"
_BRANDS = "SELECT DISTINCT brand FROM read_parquet($products) WHERE brand != '' ORDER BY brand"
_TITLES = """
SELECT title, brand FROM read_parquet($products, file_row_number = true) WHERE file_row_number % $step = 0"""

Name = tuple[str, ...]
"""A brand as normalised words."""


class Makers:
    """Reads which brands' products a product is made for. Sets of brands are numbers from 1; 0 is "unknown"."""

    def __init__(self, brands: Iterable[str], traits: Traits) -> None:
        self._names: dict[str, set[Name]] = {}  # by first word
        self._small: set[str] = set()  # first words that their owners write small: "elago"
        self._denied = traits.denied
        cues = sorted(traits.fit_cues, key=lambda cue: (-len(cue), cue))
        self._cues = tuple(f"{cue} " for cue in cues)
        self._lead = re.compile(rf"\b(?:{'|'.join(map(re.escape, cues))})\s+", re.IGNORECASE)
        for brand in brands if cues else ():
            name = tuple(normalise(brand).split())
            if name and len(name) <= _LONGEST and name not in traits.no_makers:
                self._names.setdefault(name[0], set()).add(name)
                self._small |= {name[0]} if brand[0].islower() else set()
        self._sets: dict[frozenset[Name], int] = {frozenset(): OTHER}
        self._hosts: set[Name] = set()
        self._own = lru_cache(maxsize=65_536)(self._own_number)

    def __bool__(self) -> bool:
        return bool(self._names)

    def number(self, title: str, brand: str, stated: str) -> tuple[int, bool]:
        """Return the number of the set of brands that a product belongs with, and whether it says for whom it is made.

        ``stated`` is its ``compatible_with``. A product that does not say belongs with its own brand.
        """
        hosts = self.named(title)
        if stated and split_models(stated):
            hosts |= {name for part in stated.split(";") for name in self._first(part)}
        if not hosts:
            return self._own(brand), False
        self._hosts |= hosts
        return self._set(hosts), True

    def named(self, title: str) -> set[Name]:
        """Return the brands for whose products ``title`` says it is made: "for Dysol V8 and Sharkly".

        The first of a list must be one: in "Case for Earbuds, Sharkly Style" the maker follows.
        """
        small = title.lower()
        if not any(cue in small for cue in self._cues):
            return set()
        found: set[Name] = set()
        for lead in self._lead.finditer(title):
            rest = _LEADING.sub("", title[lead.end() : lead.end() + _REACH])
            if self._first(rest) and not self._is_denied(title[: lead.start()]):
                parts = _PARTS.split(_END.split(rest, maxsplit=1)[0])
                found |= {name for part in parts for name in self._first(part)}
        return found

    def within(self, title: str) -> set[Name]:
        """Return the brands whose names stand anywhere in ``title``, as names or as plain words."""
        words = normalise(title).split()
        return {name for at in range(len(words)) if words[at] in self._names for name in self._beginning(words[at:])}

    def own(self, brand: str) -> set[Name]:
        """Return a brand and those whose name it begins with: "Philbert Sonic" is one of Philbert's."""
        return self._beginning(normalise(brand).split())

    def forget(self, names: Iterable[Name]) -> None:
        """Take ``names`` for plain words from now on."""
        for name in names:
            self._names[name[0]].discard(name)

    def members(self) -> Iterator[tuple[int, int]]:
        """Yield (set, brand) of every set handed out so far, with the brands that some product is made for."""
        numbers = {name: number for number, name in enumerate(sorted(self._hosts))}
        for names, number in self._sets.items():
            yield from ((number, numbers[name]) for name in sorted(names & self._hosts))

    def _first(self, text: str) -> set[Name]:
        """Return the brands that ``text`` begins with."""
        words = text.split(maxsplit=_LONGEST)
        first = _token(words[0]) if words else ""
        if first not in self._names or (words[0][0].islower() and first not in self._small):
            return set()
        return self._beginning(normalise(" ".join(words)).split())

    def _beginning(self, words: Sequence[str]) -> set[Name]:
        names = self._names.get(words[0], ()) if words else ()
        return {name for name in names if tuple(words[: len(name)]) == name}

    def _is_denied(self, before: str) -> bool:
        """Whether a word such as "not" reaches over the end of ``before``."""
        words = normalise(before[-80:]).split()
        return any(self._denied.get(word, 0) >= away for away, word in enumerate(reversed(words), 1))

    def _own_number(self, brand: str) -> int:
        return self._set(self.own(brand)) if normalise(brand) else 0

    def _set(self, names: Iterable[Name]) -> int:
        return self._sets.setdefault(frozenset(names), len(self._sets) + 1)


@lru_cache(maxsize=16_384)
def _token(word: str) -> str:
    """Return the first of the normalised words that a word of a title is."""
    return normalise(word).partition(" ")[0]


def read_makers(engine: duckdb.DuckDBPyConnection, products: Path, traits: Traits) -> Makers:
    """Return the brands of the catalogue, without those that are more of a word than a name in others' titles."""
    given = {"products": str(products)}
    makers = Makers([brand for (brand,) in engine.execute(_BRANDS, given).fetchall()], traits)
    rows = engine.execute(_COUNT, given).fetchone()
    step = 1 + (rows[0] if rows else 0) // _SAMPLE
    titles: list[tuple[str, str]] = engine.execute(_TITLES, {**given, "step": step}).fetchall() if makers else []
    sold: Counter[Name] = Counter()
    asked: Counter[Name] = Counter()
    words: Counter[Name] = Counter()
    for title, brand in titles:
        own, named = makers.own(brand), makers.named(title)
        sold.update(own)
        asked.update(named - own)
        words.update(makers.within(title) - own - named)
    makers.forget([name for name, count in words.items() if count > sold[name] + 2 * asked[name]])
    return makers
