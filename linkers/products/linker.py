"""The linkers of products: candidates from the index, features, a decision by the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kg.model import Candidate, Link, NodeKind
from kg.records import digest
from kg.text import clean, normalise
from linkers.products.analyse import Text
from linkers.products.candidates import Pairs, Search, read_batch
from linkers.products.deciders import Decided, Decider
from linkers.products.features import FEATURES, Values, features
from linkers.products.index import Item, ProductIndex, read_items

__all__ = ["ProductLinker", "Settings"]

_CODE = 1  # raise when the code changes answers
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Settings:
    """What a linker is told: ``threshold`` and ``margin`` as probabilities; ``explain``: candidates to keep."""

    threshold: float
    margin: float
    max_length: int
    explain: int
    search: Search


class ProductLinker:
    """Mention or offer -> product, or NIL. Pure: the same index and settings give the same answers, in any order."""

    def __init__(self, name: str, index: ProductIndex, settings: Settings, decider: Decider) -> None:
        self.name = name
        self._index, self._settings, self._decider = index, settings, decider
        parts = (_CODE, index.manifest.reading, index.manifest.encoder, settings, decider.version)
        self.version = digest(name, *parts)[:16]

    def link(self, mention: str | Text) -> Link:
        """Return the answer for one mention; never raises on any text."""
        return self.link_all([mention])[0]

    def link_all(self, mentions: Sequence[str | Text]) -> list[Link]:
        """Return the answers of :meth:`link`, in order; a repeated mention is worked out once."""
        texts = [Text(each) if isinstance(each, str) else each for each in mentions]
        known: dict[Text, Link] = {}
        fresh: list[Text] = []
        for text in dict.fromkeys(texts):
            refused = self._refused(text)
            if refused:
                known[text] = self._nil(text, refused)
            else:
                fresh.append(text)
        for start in range(0, len(fresh), _BATCH):
            batch = fresh[start : start + _BATCH]
            known |= zip(batch, self._answers(batch), strict=True)
        return [known[text] for text in texts]

    def _refused(self, text: Text) -> str:
        if len(text.title) > self._settings.max_length:
            return f"longer than {self._settings.max_length} characters: not a name"
        if not normalise(clean(text.title)):
            return "no words in it"
        return "" if len(self._index) else "the catalogue is empty"

    def _answers(self, texts: Sequence[Text]) -> Iterable[Link]:
        columns = read_items([Item(str(at), replace(text, title=clean(text.title))) for at, text in enumerate(texts)])
        batch = read_batch(self._index, columns)
        pairs = self._settings.search.pairs(self._index, batch)
        found = features(self._index, batch, pairs)
        decided = self._decider.decide(pairs, found)
        ranked = decided.ranked
        ends = np.append(ranked.first[1:], len(ranked.order))
        where = {int(mention): at for at, mention in enumerate(ranked.mentions)}
        for number, text in enumerate(texts):
            at = where.get(number)
            if at is None:
                yield self._nil(text, "nothing in the catalogue shares a word with it")
            else:
                yield self._link(text, pairs, found, decided, at, ranked.order[ranked.first[at] : ends[at]])

    def _link(self, text: Text, pairs: Pairs, found: Values, decided: Decided, at: int, order: Values) -> Link:
        chance = round(float(decided.chances[at]), 6)
        scores = decided.scores[order].astype(np.float64)
        shares = np.exp(np.clip(scores - scores[0], -50, 0))
        shares = chance * shares / shares[0]
        margin = round(chance - (float(shares[1]) if len(shares) > 1 else 0.0), 6)
        kept = order[: max(1, self._settings.explain)]
        candidates = [
            self._candidate(int(pairs.products[pair]), float(share), found[pair])
            for pair, share in zip(kept, shares, strict=False)
        ]
        accepted = chance >= self._settings.threshold and margin >= self._settings.margin
        return Link(
            text.title,
            NodeKind.PRODUCT,
            candidates[0].id if accepted else None,
            chance,
            margin,
            self._reason(candidates[0], chance, accepted=accepted),
            candidates=tuple(candidates[: self._settings.explain]),
        )

    def _candidate(self, row: int, share: float, found: Values) -> Candidate:
        values = {name: round(float(value), 4) for name, value in zip(FEATURES, found, strict=True) if value}
        return Candidate(self._index.id(row), self._index.title(row), round(share, 6), values)

    def _reason(self, best: Candidate, chance: float, *, accepted: bool) -> str:
        name, found = best.name, best.features
        if accepted:
            if found.get("same"):
                return f"the same title as {name!r}"
            return f"{name!r} has the same model number" if found.get("code", 0) > _RARE else f"nearest to {name!r}"
        if chance >= self._settings.threshold:
            return f"{name!r} is not clear of the runner-up"
        for feature, why in _DOUBTS.items():
            if found.get(feature):
                return f"{name!r} is nearest, but {why}"
        return f"{name!r} is nearest, but not near enough"

    def _nil(self, text: Text, reason: str) -> Link:
        return Link(text.title, NodeKind.PRODUCT, None, 0.0, reason=reason)


_RARE = 0.5
_DOUBTS = {
    "code_clash": "has another model number",
    "contrast": "is another variant",
    "numbers_missing": "lacks a number that was said",
    "brand_clash": "is of another brand",
}
