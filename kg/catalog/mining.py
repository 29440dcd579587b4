"""From a sample of the catalogue's titles to one lexicon a category, and to how each phrase is written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from kg.catalog.phrases import Lexicon, Vocabulary, leaf_parts, mine
from kg.catalog.table import Corrections
from kg.catalog.titles import surface
from kg.text import normalise, singular

__all__ = ["Phrasebook", "Sample", "Sampled", "learn"]

_FIRST, _EVERY, _MOST, _TOTAL = 150, 8, 300, 30_000
_SPELLINGS = 9  # titles looked at for the spelling of one phrase


class Sampled(NamedTuple):
    """One title of the sample."""

    core: str
    brand: str
    title: str


class Sample:
    """Keeps a bounded, deterministic sample of titles: of each category the first, then every eighth."""

    def __init__(self) -> None:
        self.by_category: dict[str, list[Sampled]] = {}
        self._seen: Counter[str] = Counter()
        self._total = 0

    def add(self, columns: Mapping[str, Sequence[object]]) -> None:
        """Offer a batch of rows (columns category, core, brand, title), in the catalogue's order."""
        if self._total >= _TOTAL:
            return
        seen, kept = self._seen, self.by_category
        values = (cast("Sequence[str]", columns[name]) for name in ("category", "core", "brand", "title"))
        for category, core, brand, title in zip(*values, strict=True):
            seen[category] = count = seen[category] + 1
            if count <= _FIRST or count % _EVERY == 0:
                rows = kept.setdefault(category, [])
                if len(rows) < _MOST:
                    rows.append(Sampled(core, brand, title))
                    self._total += 1


@dataclass(slots=True)
class Phrasebook:
    """The lexicons by category, and by phrase how often titles write it in which way."""

    lexicons: dict[str, Lexicon] = field(default_factory=dict[str, Lexicon])
    spellings: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])

    def pick(self, category: str, core: str) -> str:
        """Return the phrase naming a product of ``category``, or ""."""
        lexicon = self.lexicons.get(category)
        return lexicon.pick(core) if lexicon else ""


def learn(sample: Sample, corrections: Corrections, min_support: int) -> Phrasebook:
    """Mine every category of the sample; heads that ``corrections`` adds beat what is derived."""
    known = _vocabulary(sample.by_category)
    book = Phrasebook()
    for category, rows in sample.by_category.items():
        lexicon = mine(category, [(row.core, row.brand) for row in rows], known, min_support)
        picks = [lexicon.pick(row.core) for row in rows]
        lexicon.forced = corrections.heads(category) - {tuple(phrase.split()) for phrase in picks}
        book.lexicons[category] = lexicon
        _spell(book.spellings, picks, rows)
    return book


def _spell(spellings: dict[str, Counter[str]], picks: list[str], rows: list[Sampled]) -> None:
    for phrase, row in zip(picks, rows, strict=True):
        counter = spellings.setdefault(phrase, Counter())
        if not phrase or counter.total() >= _SPELLINGS:
            continue
        words, size = surface(row.title), phrase.count(" ") + 1
        for start in range(len(words) - size + 1):
            if " ".join(stem for _, stem in words[start : start + size]) == phrase:
                counter[" ".join(word for word, _ in words[start : start + size])] += 1


def _vocabulary(by_category: Mapping[str, Collection[Sampled]]) -> Vocabulary:
    frequency: Counter[str] = Counter()
    plurals: set[str] = set()
    titles = 0
    for rows in by_category.values():
        titles += len(rows)
        for row in rows:
            frequency.update(set(row.core.split()))
            for word in normalise(row.title).split():
                if word[-1:] == "s" and (stem := singular(word)) != word:
                    plurals.add(stem)
    parts = defaultdict[str, bool](bool)
    nouns: set[str] = set()
    phrases: set[tuple[str, ...]] = set()
    for category in by_category:
        for segment in category.split(" > "):
            if not parts[segment]:
                parts[segment] = True
                pieces = leaf_parts(segment)
                nouns.update(piece[-1] for piece in pieces)
                phrases.update(piece for piece in pieces if len(piece) > 1)
    return Vocabulary(titles, frequency, plurals, nouns, phrases)
