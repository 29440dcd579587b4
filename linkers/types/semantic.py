"""``semantic``: the nearest name on embeddings, whatever the words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kg.model import Link
from kg.records import digest
from kg.text import clean, key
from linkers.base import Linker, Target
from linkers.embeddings import Embedder, Matrix, load_embedder
from linkers.options import SemanticOptions
from linkers.types.candidates import NearestNames
from linkers.types.disambiguate import Scored, best_reading, decide
from linkers.types.features import readings
from linkers.types.inventory import build_inventory
from linkers.types.lexicon import load_lexicon
from linkers.types.phrase import Phrase, read_phrase
from linkers.types.reading import Reading
from linkers.types.words import batches, refused

__all__ = ["build"]

_CODE = 4  # raise when the code changes answers


class SemanticLinker:
    """Cosine to every name, turned into a probability by a logistic curve of the options.

    Words have no say in what is linked, but what they describe is asked of the products, as with the other linkers.
    """

    name = "semantic"

    def __init__(self, options: SemanticOptions, targets: Sequence[Target], embedder: Embedder) -> None:
        self._options = options
        self._lexicon = load_lexicon()
        self._inventory = build_inventory(targets, self._lexicon)
        self._nearest = NearestNames(self._inventory, embedder)
        parts = (_CODE, self._lexicon.version, options.model_dump(mode="json"), embedder.version)
        self.version = digest(self.name, *parts)[:16]

    def link(self, mention: str) -> Link:
        """Return the answer for one mention."""
        return self.link_all([mention])[0]

    def link_all(self, mentions: Sequence[str]) -> list[Link]:
        """Return one answer for each mention, in order."""
        most = self._options.max_length
        known = {mention: refused(mention, most) for mention in mentions}
        fresh = [mention for mention, nil in known.items() if nil is None]
        for batch in batches(fresh):
            found = self._nearest.cosines([key(clean(mention)) for mention in batch])
            known |= {mention: self._answer(mention, cosines) for mention, cosines in zip(batch, found, strict=True)}
        return [link for mention in mentions if (link := known[mention])]

    def _answer(self, mention: str, cosines: Matrix) -> Link:
        options = self._options
        best = self._nearest.nearest(cosines, max(2, options.explain))
        phrase = read_phrase(self._inventory.speller.repair(clean(mention)), self._lexicon)
        scored = [self._scored(phrase, index, round(float(cosines[index]), 6)) for index in best]
        return decide(mention, scored, threshold=options.threshold, margin=options.margin, explain=options.explain)

    def _scored(self, phrase: Phrase, index: int, cosine: float) -> Scored:
        target = self._inventory.profiles[index].target
        logit = self._options.steepness * (cosine - self._options.midpoint)
        reading = Reading("name", {"cosine": max(0.0, cosine)}, self._qualifiers(phrase, index))
        return Scored(target, reading, round(1 / (1 + math.exp(-logit)), 6))

    def _qualifiers(self, phrase: Phrase, index: int) -> tuple[str, ...]:
        """Return what describes the target, and words before the head that name another kind: none refuses here."""
        profile = self._inventory.profiles[index]
        best = best_reading(profile.target, readings(phrase, profile, self._lexicon))
        if best is None:
            return ()
        kinds = tuple(word for word in best.reading.clashing if word != phrase.head)
        return tuple(dict.fromkeys((*kinds, *best.reading.described)))


def build(options: SemanticOptions, targets: Sequence[Target], embedder: Embedder | None = None) -> Linker:
    """Return the linker over ``targets``; ``None``: with the static embeddings.

    Raises:
        ConfigError: the embedding table is not installed.
    """
    return SemanticLinker(options, targets, embedder or load_embedder())
