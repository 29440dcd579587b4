"""Closed lists of who and what a product is for, as bits: audiences and diets, and the words that name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from kg.text import key

__all__ = ["ADULT", "BABY", "aliases", "audience_bits", "diet_bits", "diet_bits_of_term", "is_hard", "joined"]

BABY, KIDS, ADULT = 1, 2, 4
_AGES = {
    "adult": ADULT,
    "baby": BABY,
    "boy": KIDS,
    "child": KIDS,
    "girl": KIDS,
    "infant": BABY,
    "kid": KIDS,
    "man": ADULT,
    "newborn": BABY,
    "senior": ADULT,
    "teen": KIDS,
    "toddler": BABY,
    "woman": ADULT,
}
_ANIMALS = ("bird", "cat", "dog", "fish", "horse", "poultry", "reptile", "rodent")
_SPECIES = {name: 1 << place for place, name in enumerate(_ANIMALS)} | {
    "guinea pig": 1 << _ANIMALS.index("rodent"),
    "hamster": 1 << _ANIMALS.index("rodent"),
    "kitten": 1 << _ANIMALS.index("cat"),
    "puppy": 1 << _ANIMALS.index("dog"),
    "rabbit": 1 << _ANIMALS.index("rodent"),
}
# What a shopper keeps to, and what each implies. "organic" is a preference, not a diet: it is not here.
_DIETS: dict[str, tuple[str, ...]] = {
    "alcohol free": (),
    "dairy free": ("lactose free",),
    "decaf": (),
    "egg free": (),
    "gluten free": (),
    "grain free": (),
    "halal": (),
    "keto": (),
    "kosher": (),
    "lactose free": (),
    "nut free": (),
    "soy free": (),
    "sugar free": (),
    "vegan": ("dairy free", "egg free", "lactose free", "vegetarian"),
    "vegetarian": (),
}
_BITS = {name: 1 << place for place, name in enumerate(_DIETS)}
_ALIASES: dict[str, tuple[str, ...]] = {
    "alcohol free": ("non alcoholic", "zero alcohol", "nonalcoholic"),
    "decaf": ("decaffeinated", "caffeine free"),
    "plant based": ("vegan",),
    "sugar free": ("no sugar", "zero sugar", "unsweetened", "sugarless"),
    "unscented": ("fragrance free", "scent free", "perfume free"),
    "vegan": ("plant based",),
}
_CANONICAL = {alias: name for name, others in _ALIASES.items() if name in _DIETS for alias in others}
_HARD = frozenset(_DIETS) | frozenset(_CANONICAL) | frozenset(_AGES) | frozenset(_SPECIES)
_ALWAYS_HARD = _HARD | {"unscented", *_ALIASES["unscented"]}


@lru_cache(maxsize=4096)
def audience_bits(text: str) -> tuple[int, int]:
    """Return ``(species, ages)`` of a ";"-separated audience; unknown words name nobody."""
    species = ages = 0
    for part in text.split(";"):
        word = key(part)
        species |= _SPECIES.get(word, 0)
        ages |= _AGES.get(word, 0)
    return species, ages


@lru_cache(maxsize=4096)
def diet_bits(text: str) -> int:
    """Return the diets of a ";"-separated list with all that they imply (vegan food is free of lactose)."""
    bits = 0
    for part in text.split(";"):
        bits |= _implied(key(part))
    return bits


def diet_bits_of_term(term: str) -> int:
    """Return the bit of one diet (a comparison key), without what it implies; 0: not a diet."""
    return _BITS.get(_CANONICAL.get(term, term), 0)


def _implied(term: str) -> int:
    name = _CANONICAL.get(term, term)
    return _BITS.get(name, 0) | sum({_BITS[other] for other in _DIETS.get(name, ())})


def aliases(term: str) -> tuple[str, ...]:
    """Return the comparison keys that say the same as ``term``, itself first."""
    name = next((name for name, others in _ALIASES.items() if term in others), term)
    return tuple(dict.fromkeys((term, name, *_ALIASES.get(name, ()))))


def is_hard(term: str, more: Iterable[str] = ()) -> bool:
    """Whether a qualifier (a comparison key) must be honoured: diets, audiences, scents and ``more``."""
    return term in _ALWAYS_HARD or any(term == key(word) for word in more)


def joined(terms: Sequence[str], more: Iterable[str] = ()) -> list[str]:
    """Return ``terms`` (comparison keys, in the mention's order) with neighbours that say one hard thing as one.

    A linker may give "gluten free" or "gluten" and "free"; both come out as "gluten free". Longer phrases go first.
    """
    phrases = {tuple(term.split()) for term in (*_ALWAYS_HARD, *(key(word) for word in more))}
    sizes = sorted({len(phrase) for phrase in phrases}, reverse=True)
    out: list[str] = []
    at = 0
    while at < len(terms):
        size = next((n for n in sizes if tuple(terms[at : at + n]) in phrases), 1)
        out.append(" ".join(terms[at : at + size]))
        at += size
    return out
