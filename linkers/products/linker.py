"""The linkers of products: candidates from the index, features, a decision by the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kg.model import Candidate, Link, NodeKind
from kg.records import digest
from kg.text import clean, normalise
from linkers.products.analyse import Text
from linkers.products.candidates import Batch, Pairs, Search, read_batch
from linkers.products.deciders import Decider, Ordered
from linkers.products.features import FEATURES, Values, features
from linkers.products.gluing import unglued
from linkers.products.index import Item, ProductIndex, check_vectors, read_items

__all__ = ["ProductLinker", "Settings"]

_CODE = 1  # raise when the code changes answers
_BATCH = 1_024  # a batch costs a copy of the index of terms, whatever its size


@dataclass(frozen=True, slots=True)
class Settings:
    """What a linker is told: ``threshold`` and ``margin`` as probabilities; ``explain``: candidates to keep."""

    threshold: float
    margin: float
    max_length: int
    explain: int
    search: Search


@dataclass(frozen=True, slots=True)
class _Shown:
    """The first candidates of every mention with all their features; those of a mention begin at ``first``."""

    products: Values
    features: Values
    rounded: Values
    scores: Values
    first: Values


class ProductLinker:
    """Mention or offer -> product, or NIL. Pure: the same index and settings give the same answers, in any order."""

    def __init__(self, name: str, index: ProductIndex, settings: Settings, decider: Decider) -> None:
        self.name = name
        self.decider = decider
        self._index, self._settings = index, settings
        parts = (_CODE, index.manifest.reading, index.manifest.encoder, settings, decider.version)
        self.version = digest(name, *parts)[:16]

    @property
    def threshold(self) -> float:
        """The probability (0..1) from which a best candidate is accepted."""
        return self._settings.threshold

    def compare(self, texts: Sequence[Text]) -> tuple[Pairs, Values]:
        """Return the candidates of ``texts``, mentions counted from 0, and all features of each."""
        batch, pairs = self._pairs(texts)
        return pairs, features(self._index, batch, pairs)

    def _pairs(self, texts: Sequence[Text]) -> tuple[Batch, Pairs]:
        columns = read_items(
            [Item(str(at), text) for at, text in enumerate(unglued(self._index, texts))], self._index.encoder
        )
        check_vectors(self._index.folder, self._index.columns, columns)
        batch = read_batch(self._index, columns)
        return batch, self._settings.search.pairs(self._index, batch)

    def link(self, mention: str | Text) -> Link:
        """Return the answer for one mention; no text is an error."""
        return self.link_all([mention])[0]

    def link_all(self, mentions: Sequence[str | Text]) -> list[Link]:
        """Return the answers of :meth:`link`, in order; a repeated mention is worked out once."""
        texts = [Text(each) if isinstance(each, str) else each for each in mentions]
        known: dict[Text, Link] = {}
        fresh: list[Text] = []
        for text in dict.fromkeys(texts):
            refused = self._refused(text)
            if refused:
                known[text] = _nil(text, refused)
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

    def _answers(self, texts: Sequence[Text]) -> Iterator[Link]:
        batch, pairs = self._pairs(texts)
        found = features(self._index, batch, pairs, self.decider.ranks_by)
        ordered = self.decider.order(pairs, found)
        shown = self._shown(batch, pairs, found, ordered)
        chances = self.decider.chances(ordered, shown.features[shown.first])
        where = {int(mention): at for at, mention in enumerate(ordered.ranked.mentions)}
        for number, text in enumerate(texts):
            at = where.get(number)
            if at is None:
                yield _nil(text, "nothing in the catalogue shares a word with it")
            else:
                yield self._link(text, float(chances[at]), shown, at)

    def _shown(self, batch: Batch, pairs: Pairs, found: Values, ordered: Ordered) -> _Shown:
        """Return the first few candidates of each mention with all features, which ``found`` may lack some of."""
        ranked, count = ordered.ranked, max(2, self._settings.explain)
        sizes = np.diff(np.append(ranked.first, len(ranked.order)))
        places = np.arange(len(ranked.order)) - np.repeat(ranked.first, sizes)
        kept = ranked.order[places < count]
        few = Pairs(pairs.mentions[kept], pairs.products[kept])
        first = np.cumsum(np.minimum(sizes, count)) - np.minimum(sizes, count)
        known = FEATURES.keys() <= self.decider.ranks_by
        values = found[kept] if known else features(self._index, batch, few)
        rounded = np.round(values.astype(np.float64), 4)
        return _Shown(few.products, values, rounded, ordered.scores[kept], first)

    def _link(self, text: Text, chance: float, shown: _Shown, at: int) -> Link:
        start = int(shown.first[at])
        end = int(shown.first[at + 1]) if at + 1 < len(shown.first) else len(shown.products)
        shares = chance * np.exp(
            np.clip(shown.scores[start:end].astype(np.float64) - float(shown.scores[start]), -50, 0)
        )
        margin = round(chance - (float(shares[1]) if len(shares) > 1 else 0.0), 6)
        accepted = chance >= self._settings.threshold and margin >= self._settings.margin
        count = max(1, min(self._settings.explain, end - start))
        candidates = [self._candidate(shown, start + place, float(shares[place])) for place in range(count)]
        return Link(
            text.title,
            NodeKind.PRODUCT,
            candidates[0].id if accepted else None,
            round(chance, 6),
            margin,
            self._reason(candidates[0], chance, accepted=accepted),
            candidates=tuple(candidates[: self._settings.explain]),
        )

    def _candidate(self, shown: _Shown, place: int, share: float) -> Candidate:
        row = int(shown.products[place])
        found = {name: value for name, value in zip(FEATURES, shown.rounded[place].tolist(), strict=True) if value}
        return Candidate(self._index.id(row), self._index.title(row), round(share, 6), found)

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


def _nil(text: Text, reason: str) -> Link:
    return Link(text.title, NodeKind.PRODUCT, None, 0.0, reason=reason)


_RARE = 0.5
_DOUBTS = {
    "code_clash": "has another model number",
    "contrast": "is another variant",
    "numbers_missing": "lacks a number that was said",
    "brand_clash": "is of another brand",
}
