"""Which models a product is, or fits: "Inkra P200" is read off a printer's title because some ink names it.

The vocabulary is what the catalogue's own ``compatible_with`` columns say. A model is recognised in a title when its
words stand there in order; the longer model wins over the shorter one ("Orbi 12 Pro" is no "Orbi 12").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from kg.catalog.devices import MODEL_SUFFIXES
from kg.text import key

__all__ = ["Fits", "split_models"]

_MAX_GAP = 2  # words that may stand between two of a model's: "Brevado Uno [coffee] machine"
_ANYTHING = frozenset({"all", "any", "universal"})


def split_models(text: str) -> list[tuple[str, ...]]:
    """Return the models of a ";"-separated ``compatible_with`` as word tuples; "universal" says nothing."""
    found = [tuple(key(part).split()) for part in text.split(";")]
    return [] if any(_ANYTHING.issuperset(words) and words for words in found) else [w for w in found if w]


class Fits:
    """The vocabulary of models and the sets of them that products carry, each set a number from 1."""

    def __init__(self, models: Iterable[tuple[str, ...]]) -> None:
        self._models = sorted(set(models))
        counts = Counter(word for words in self._models for word in set(words))
        self._by_word: dict[str, list[int]] = {}
        for number, words in enumerate(self._models):
            rarest = min(set(words), key=lambda word: (counts[word], word))
            self._by_word.setdefault(rarest, []).append(number)
        self._sets: dict[frozenset[int], int] = {}

    def __bool__(self) -> bool:
        return bool(self._models)

    def number(self, stated: str, title: str) -> tuple[int, bool]:
        """Return the number of the product's set of models (0: none) and whether the catalogue states it.

        ``title`` counts only where nothing is stated; it is a comparison key (:func:`kg.text.key`) with the brand.
        """
        named = split_models(stated)
        models = {number for words in named for number in self._recognise(words)}
        if not named:
            models = self._recognise(tuple(title.split()))
        if not models:
            return 0, False
        return self._sets.setdefault(frozenset(models), len(self._sets) + 1), bool(named)

    def members(self) -> Iterator[tuple[int, int]]:
        """Yield (set, model) of every set handed out so far."""
        for models, number in self._sets.items():
            for model in sorted(models):
                yield number, model

    def _recognise(self, title: tuple[str, ...]) -> set[int]:
        """Return the models that ``title`` names, without those that a longer one overrides."""
        near = {number for word in title for number in self._by_word.get(word, ())}
        found = {number for number in near if _stands_in(self._models[number], title)}
        return {n for n in found if not any(self._overrides(other, n) for other in found if other != n)}

    def _overrides(self, longer: int, shorter: int) -> bool:
        more, less = set(self._models[longer]), set(self._models[shorter])
        return less < more and any(_distinguishes(word) for word in more - less)


def _distinguishes(word: str) -> bool:
    """Whether a word tells two models apart: "pro", "2", "p200", "x"; "machine" does not."""
    return word in MODEL_SUFFIXES or len(word) == 1 or any(ch.isdigit() for ch in word)


def _stands_in(model: tuple[str, ...], title: tuple[str, ...]) -> bool:
    """Whether ``model``'s words stand in ``title`` in order, numbers directly after the word before them."""
    return any(
        title[start] == model[0] and _follows(model, title, start) for start in range(len(title) - len(model) + 1)
    )


def _follows(model: tuple[str, ...], title: tuple[str, ...], at: int) -> bool:
    for word in model[1:]:
        gap = 0 if word.isdigit() else _MAX_GAP
        after = title[at + 1 : at + 2 + gap]
        if word not in after:
            return False
        at += 1 + after.index(word)
    return title[at + 1 : at + 2] == () or title[at + 1] not in MODEL_SUFFIXES
