"""The linker on words, alone (``lexical``) or with embeddings (``hybrid``)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from kg.model import Link, NodeKind
from kg.records import digest
from kg.text import clean, normalise
from linkers.base import Target
from linkers.embeddings import Embedder, Matrix
from linkers.options import HybridOptions, LexicalOptions
from linkers.types.candidates import NearestNames, WordIndex
from linkers.types.disambiguate import BIAS, WEIGHTS, Scored, best_reading, decide
from linkers.types.features import Evidence, readings
from linkers.types.inventory import build_inventory
from linkers.types.lexicon import load_lexicon
from linkers.types.phrase import Phrase, hyphened, read_phrase

__all__ = ["WordLinker", "batches", "refused"]

_CODE = 4  # raise when the code changes answers
_BATCH = 256


def refused(mention: str, max_length: int) -> Link | None:
    """Return NIL for text that cannot be a name (empty, too long, no letters), else ``None``."""
    reason = ""
    if len(mention) > max_length:
        reason = f"longer than {max_length} characters: not a name"
    elif not normalise(clean(mention)):
        reason = "no words in it"
    elif not any(char.isalpha() for char in mention):
        reason = "no letters in it: not a name"
    return Link(mention, NodeKind.TYPE, None, 0.0, reason=reason) if reason else None


def batches(mentions: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield mentions in runs whose embeddings are asked for together."""
    for start in range(0, len(mentions), _BATCH):
        yield mentions[start : start + _BATCH]


class WordLinker:
    """Candidates by shared words (and nearest names), readings by words, logistic decision."""

    def __init__(
        self, name: str, options: LexicalOptions, targets: Sequence[Target], embedder: Embedder | None = None
    ) -> None:
        self.name = name
        self._options = options
        self._lexicon = load_lexicon()
        self._inventory = build_inventory(targets, self._lexicon, synonyms=options.synonyms, titles=options.titles)
        self._index = WordIndex(self._inventory, self._lexicon)
        self._nearest = NearestNames(self._inventory, embedder) if embedder else None
        self._neighbours = options.neighbours if isinstance(options, HybridOptions) else 0
        parts = (_CODE, BIAS, dict(WEIGHTS), self._lexicon.version, options.model_dump(mode="json"))
        self.version = digest(name, *parts, embedder.version if embedder else "")[:16]

    def link(self, mention: str) -> Link:
        """Return the answer for one mention."""
        return self.link_all([mention])[0]

    def link_all(self, mentions: Sequence[str]) -> list[Link]:
        """Return one answer for each mention, in order."""
        known = {mention: refused(mention, self._options.max_length) for mention in mentions}
        fresh = [mention for mention, nil in known.items() if nil is None]
        for batch in batches(fresh):
            phrases = [self._read(mention) for mention in batch]
            each = zip(batch, phrases, self._cosines(phrases), strict=True)
            known |= {mention: self._answer(mention, phrase, cosines) for mention, phrase, cosines in each}
        return [link for mention in mentions if (link := known[mention])]

    def _answer(self, mention: str, phrase: Phrase, cosines: Matrix) -> Link:
        if not phrase.words or (len(phrase.words) == 1 and phrase.head in self._lexicon.alone):
            return Link(mention, NodeKind.TYPE, None, 0.0, reason="names no kind of product by itself")
        found = self._index.search(phrase, self._options.candidates)
        if self._nearest and self._neighbours:
            found = list(dict.fromkeys(found + self._nearest.nearest(cosines, self._neighbours)))
        scored = list(self._scored(phrase, found, cosines))
        options = self._options
        return decide(mention, scored, threshold=options.threshold, margin=options.margin, explain=options.explain)

    def _read(self, mention: str) -> Phrase:
        text = clean(mention)
        plain = self._inventory.speller.repair(text)
        return read_phrase(plain, self._lexicon, synonyms=self._options.synonyms, tied=hyphened(text))

    def _cosines(self, phrases: Sequence[Phrase]) -> Iterable[Matrix]:
        if self._nearest is None:
            return itertools.repeat(np.zeros(len(self._inventory.profiles), dtype=np.float32), len(phrases))
        return self._nearest.cosines([phrase.key for phrase in phrases])

    def _scored(self, phrase: Phrase, found: Sequence[int], cosines: Matrix) -> Iterator[Scored]:
        """Yield every candidate that can be read as the phrase."""
        whole, core = (self._inventory.named.get(words, {}) for words in (phrase.words, phrase.core))
        describing = self._inventory.describing.get(phrase.head, frozenset())
        for index in found:
            named = max(whole.get(index, 0.0), core.get(index, 0.0))
            evidence = Evidence(named, round(float(cosines[index]), 6), describing)
            profile = self._inventory.profiles[index]
            if item := best_reading(
                profile.target, readings(phrase, profile, self._lexicon, evidence), profile.kind_of
            ):
                yield item
