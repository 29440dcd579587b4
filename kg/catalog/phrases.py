"""Mine the noun phrases that name product types: one lexicon a category, from the cores of its titles.

A type's name has a head ("chips") and perhaps words before it ("tortilla chips"). Nothing here parses English:
the head is the word that many titles of the category share, that stands in the category's own name, that is seen
in the plural, and after which the phrase ends. Words before it are kept when they split the head's products
into several kinds and are not mere qualifiers. Counts are of titles; support is counted in brands, since twenty
sizes of one brand's product are one observation.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from kg.catalog.titles import BARRIER
from kg.catalog.words import COLOURS, FORMS, QUALIFIERS
from kg.text import key

__all__ = ["Lexicon", "Vocabulary", "leaf_parts", "mine"]

Gram = tuple[str, ...]
_AND = re.compile(r"&|,|/|\band\b", re.IGNORECASE)
_MIN_HEAD = 1.8  # a head that scores less says less than the category's own name
_OWN_SHARE = 0.4  # a qualifier that stands this often before one head names a kind ("hot sauce")
_OWN_COLOUR = 0.15  # the same for colours ("white wine")
_MANY_BRANDS = 5  # a category with fewer says nothing by a word having one brand only


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the whole catalogue says about words.

    ``frequency``: the titles each occurs in; ``plurals``: seen in the plural; ``category_nouns`` and
    ``category_phrases``: the last words and the whole names of categories at any level.
    """

    titles: int
    frequency: Counter[str]
    plurals: Collection[str]
    category_nouns: Collection[str]
    category_phrases: Collection[Gram] = frozenset()

    def noun(self, word: str) -> bool:
        """Whether ``word`` looks like the name of a thing."""
        return word in self.plurals or word in self.category_nouns


@dataclass(slots=True)
class Lexicon:
    """One category's phrases. ``parts`` are the pieces of its own name; ``thin`` refinements rest on one brand."""

    parts: frozenset[Gram] = frozenset()
    heads: dict[str, float] = field(default_factory=dict[str, float])
    right: set[Gram] = field(default_factory=set[Gram])
    left: set[Gram] = field(default_factory=set[Gram])
    thin: set[Gram] = field(default_factory=set[Gram])
    forced: frozenset[Gram] = frozenset()

    def pick(self, core: str) -> str:
        """Return the phrase (singular words) that names the product whose title's core this is, or ""."""
        words = core.split()
        if self.forced and (found := _contained(words, self.forced)):
            return " ".join(words[found[0] : found[1]])
        whole = _contained(words, self.parts, least=2)
        if whole:
            start, end = whole
        else:
            end = self._head(words) + 1
            if not end:
                return ""
            start = end - 1
        start, end = self._extend_right(words, start, end, bool(whole))
        if end - start == 1 and start and (words[start - 1], words[start]) in self.left:
            start -= 1
        if start and end - start < 3 and tuple(words[start - 1 : end]) in self.left:
            start -= 1
        return " ".join(words[start:end])

    def _head(self, words: Sequence[str]) -> int:
        best, at = _MIN_HEAD, -1
        heads = self.heads
        for index, word in enumerate(words):
            score = heads.get(word)
            if score is not None and score >= best:
                best, at = score, index
        return at

    def _extend_right(self, words: Sequence[str], start: int, end: int, whole: bool) -> tuple[int, int]:
        first = True
        while end < len(words) and (words[end - 1], words[end]) in self.right and end - start < 3:
            end += 1
            if not whole and not first:
                start += 1
            first = False
        return start, end


def leaf_parts(category: str) -> list[Gram]:
    """Return the pieces of a category's last segment in the singular: "Chips & Crisps" -> chip, crisp."""
    leaf = category.rpartition(" > ")[2]
    return [words for part in _AND.split(leaf) if (words := tuple(key(part).split()))]


def mine(category: str, cores: Sequence[tuple[str, str]], known: Vocabulary, min_support: int) -> Lexicon:
    """Return the lexicon of one category from ``cores``: pairs of (core, brand) of its products."""
    counts = _Counts(cores)
    parts = leaf_parts(category)
    lexicon = Lexicon(parts=frozenset(parts))
    _Miner(lexicon, counts, known, max(1, min_support)).run({part[-1] for part in parts})
    return lexicon


class _Counts:
    """How often phrases of one to three words occur in a category, with how many brands, and end there."""

    def __init__(self, cores: Sequence[tuple[str, str]]) -> None:
        self.titles = len(cores)
        self.all_brands = len({brand for _, brand in cores})
        self.count: Counter[Gram] = Counter()
        self.ends: Counter[Gram] = Counter()
        self._brands: dict[Gram, set[str]] = defaultdict(set)
        for core, brand in cores:
            self._add(core.split(), brand)

    def brands(self, gram: Gram) -> int:
        """How many brands use the phrase."""
        return len(self._brands[gram])

    def _add(self, words: list[str], brand: str) -> None:
        seen: set[Gram] = set()
        for start in range(len(words)):
            for size in (1, 2, 3):
                gram = tuple(words[start : start + size])
                if len(gram) < size or gram[-1] == BARRIER:
                    break
                if gram in seen:
                    continue
                seen.add(gram)
                self.count[gram] += 1
                self._brands[gram].add(brand)
                after = words[start + size] if start + size < len(words) else BARRIER
                if after == BARRIER or after in QUALIFIERS or after in COLOURS:
                    self.ends[gram] += 1


class _Miner:
    """Fills one lexicon: heads first, then compounds to the right, then refinements to the left."""

    def __init__(self, lexicon: Lexicon, counts: _Counts, known: Vocabulary, min_support: int) -> None:
        self.lexicon, self.counts, self.known, self.min_support = lexicon, counts, known, min_support
        self.part_words = {word for part in lexicon.parts for word in part}

    def run(self, lasts: Collection[str]) -> None:
        grams = sorted(self.counts.count)
        for gram in grams:
            if len(gram) == 1:
                self._head(gram[0], lasts)
        pairs = [gram for gram in grams if len(gram) == 2 and self.counts.count[gram] >= self.min_support]
        self.lexicon.right.update(pair for pair in pairs if self._compound(pair, lasts))
        self._refine(pairs)
        self._refine([gram for gram in grams if len(gram) == 3 and self.counts.count[gram] >= self.min_support])

    def _share(self, word: str) -> float:
        """How much of the word's use in the catalogue is in this category, 0..1."""
        return min(1.0, self.counts.count[(word,)] / max(1, self.known.frequency[word]))

    def _head(self, word: str, lasts: Collection[str]) -> None:
        count = self.counts.count[(word,)]
        if word not in lasts and (word in QUALIFIERS or word in COLOURS or len(word) < 2):
            return
        if count < self.min_support and word not in self.part_words:
            return
        score = 2 * math.sqrt(count / self.counts.titles) + self._share(word) + self.counts.ends[(word,)] / count
        score += 2.5 * (word in lasts) + (word in self.known.category_nouns) + (word in self.known.plurals)
        if word not in lasts:
            score -= 2.5 * (word in FORMS) + (word in self.part_words and self.counts.ends[(word,)] / count < 0.34)
            if self.counts.all_brands >= _MANY_BRANDS and self.counts.brands((word,)) < 2:
                score -= 1.5  # one brand's word among many brands is its line or a model, not a kind
        self.lexicon.heads[word] = score

    def _compound(self, pair: Gram, lasts: Collection[str]) -> bool:
        """Whether the second word continues the name: "ink" + "cartridge", but not "chips" + "paprika"."""
        first, second = pair
        if second in lasts or pair in self.known.category_phrases:
            return True
        if first not in self.lexicon.heads or not self._may_follow(pair):
            return False
        count, share, noun = self.counts.count[pair], self._share(second), self.known.noun(second)
        ends = self.counts.ends[pair] / count
        if ends < 0.3 or ((first,) in self.lexicon.parts and not noun and count < 3):
            return False
        if first in self.part_words and not self._ends_part(first):
            return share >= 0.3 or noun or count >= 3
        if noun:
            return (second in self.known.plurals and share > 0.15) or count >= 3 or share == 1.0
        return count >= 3 and (share >= 0.5 or ends >= 0.9)

    def _ends_part(self, word: str) -> bool:
        return any(len(part) > 1 and part[-1] == word for part in self.lexicon.parts)

    def _may_follow(self, pair: Gram) -> bool:
        """Whether the second word is no mere qualifier, colour or form of the first."""
        second = pair[1]
        if second in FORMS:
            return self.counts.brands(pair) >= 2
        if second in QUALIFIERS:
            return second in self.known.plurals
        return second not in COLOURS or second in self.known.category_nouns

    def _refine(self, grams: Iterable[Gram]) -> None:
        """Accept words before a head where they split its products into kinds."""
        by_base: dict[Gram, list[Gram]] = defaultdict(list)
        for gram in grams:
            base = gram[1:]
            if self._names(gram) and (
                len(base) == 1 or base in self.lexicon.left or base in self.lexicon.parts or base in self.lexicon.right
            ):
                by_base[base].append(gram)
        for base, refined in by_base.items():
            total = self.counts.count[base]
            split = sum(self.counts.count[gram] for gram in refined) / total
            for gram in refined:
                share = self.counts.count[gram] / total
                if self._splits(gram, share, split, len(refined)):
                    self.lexicon.left.add(gram)
                    if self.counts.brands(gram) < 2 and share < 0.75 and gram not in self.lexicon.parts:
                        self.lexicon.thin.add(gram)

    def _names(self, gram: Gram) -> bool:
        """Whether the first word can name a kind: no qualifier, unless it is this head's own ("hot sauce")."""
        first, count = gram[0], self.counts.count[gram]
        if first in FORMS and gram not in self.lexicon.parts:
            return False
        frequency = max(1, self.known.frequency[first])
        share, own = count / self.counts.count[gram[1:]], count / frequency
        if first in QUALIFIERS:
            return len(gram) == 2 and own >= _OWN_SHARE and self.counts.brands(gram) >= 2
        if first in COLOURS:
            return own >= _OWN_COLOUR or (share >= 0.75 and self.counts.brands(gram) >= 2)
        return share >= 2 * frequency / max(1, self.known.titles)

    def _splits(self, gram: Gram, share: float, split: float, kinds: int) -> bool:
        """Whether the refinement tells kinds apart rather than one variant from the rest."""
        base, brands = gram[1:], self.counts.brands(gram)
        if gram in self.lexicon.parts or gram in self.known.category_phrases:
            return True
        if len(base) == 2:
            if base in self.lexicon.parts:
                return kinds >= 2 and brands >= 2 and split >= 0.6
            return share >= 0.8 and (brands >= 2 or self.counts.count[gram] >= 3)
        if base in self.lexicon.parts:
            return share >= 0.75 or (kinds >= 2 and (split >= 0.6 or (brands >= 3 and share >= 0.05)))
        return share >= 0.5 or (kinds >= 2 and brands >= 2)


def _contained(words: Sequence[str], phrases: Collection[Gram], least: int = 1) -> tuple[int, int] | None:
    """Return where the longest of ``phrases`` with at least ``least`` words stands in ``words``; the last one wins."""
    best: tuple[int, int] | None = None
    for phrase in phrases:
        size = len(phrase)
        if size < least or (best and size < best[1] - best[0]):
            continue
        for start in range(len(words) - size, -1, -1):
            if words[start] == phrase[0] and tuple(words[start : start + size]) == phrase:
                if best is None or size > best[1] - best[0] or start > best[0]:
                    best = (start, start + size)
                break
    return best
