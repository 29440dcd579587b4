"""``semantic``: the nearest name on static embeddings, whatever the words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kg.model import Link
from kg.records import digest
from kg.text import clean, key
from linkers.base import Linker, Target
from linkers.candidates import NearestNames
from linkers.disambiguate import Scored, decide
from linkers.embeddings import Embedder, load_embedder
from linkers.features import Reading
from linkers.inventory import build_inventory
from linkers.lexicon import load_lexicon
from linkers.options import SemanticOptions
from linkers.words import refused

__all__ = ["build"]

_CODE = 1  # raise when the code changes answers


class SemanticLinker:
    """Cosine to every name, turned into a probability by a logistic curve of the options."""

    name = "semantic"

    def __init__(self, options: SemanticOptions, targets: Sequence[Target], embedder: Embedder) -> None:
        self._options = options
        self._inventory = build_inventory(targets, load_lexicon(), synonyms=False, titles=False)
        self._nearest = NearestNames(self._inventory, embedder)
        self.version = digest(self.name, _CODE, options.model_dump(mode="json"), embedder.version)[:16]

    def link(self, mention: str) -> Link:
        """Return the answer for one mention."""
        options = self._options
        if nil := refused(mention, options.max_length):
            return nil
        cosines = self._nearest.cosines([key(clean(mention))])[0]
        best = self._nearest.nearest(cosines, max(2, options.explain))
        scored = [self._scored(index, round(float(cosines[index]), 6)) for index in best]
        return decide(mention, scored, threshold=options.threshold, margin=options.margin, explain=options.explain)

    def link_all(self, mentions: Sequence[str]) -> list[Link]:
        """Return one answer for each mention, in order."""
        return [self.link(mention) for mention in mentions]

    def _scored(self, index: int, cosine: float) -> Scored:
        logit = self._options.steepness * (cosine - self._options.midpoint)
        reading = Reading("name", {"cosine": max(0.0, cosine)})
        return Scored(self._inventory.profiles[index].target, reading, round(1 / (1 + math.exp(-logit)), 6))


def build(options: SemanticOptions, targets: Sequence[Target]) -> Linker:
    """Return the linker over ``targets``.

    Raises:
        ConfigError: the embedding table is not installed.
    """
    return SemanticLinker(options, targets, load_embedder())
