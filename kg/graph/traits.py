"""Who and what a product is for, as bits that guards can compare: made of the vocabulary of attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache

from kg.catalog.vocabulary import Attribute, Phrase, Vocabulary, load_vocabulary
from kg.text import key

__all__ = ["ADULT", "BABY", "GENTLE", "SCENTED", "SCENTLESS", "Traits", "default_traits"]

BABY, KIDS, ADULT = 1, 2, 4
_AGES = {"baby": BABY, "kids": KIDS, "adult": ADULT}
# The lowest bits of a scent: it has one; it is for sensitive skin; its kind has none. The values to keep follow.
SCENTED, GENTLE, SCENTLESS = 1, 2, 4
_NOTHING: Mapping[str, int] = {}


class Traits:
    """Reads ";"-separated values of attributes. What is not in the vocabulary has no bits.

    ``fit_cues`` are what a title says before the device or brand that it is made for, ``no_makers`` phrases after one
    that name neither; ``denied`` are words that deny what follows within so many words.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        attributes = vocabulary.attributes
        self._ages, self._species = _audiences(attributes.get("audience"))
        self._kept = {name: _kept(attributes.get(name), 0) for name in ("diet", "form")}
        self._kept["scent"] = _kept(attributes.get("scent"), 3)
        self._preferred = {name: _preferred(attribute) for name, attribute in attributes.items()}
        self._own = {name: _own(attributes.get(name)) for name in ("diet",)}
        self._same = _same(attributes)
        self._scents = attributes.get("scent")
        fits = attributes.get("compatible_with")
        self.fit_cues = fits.cues if fits else frozenset[str]()
        self.no_makers = frozenset(fits.ignore) if fits else frozenset[Phrase]()
        self.denied = vocabulary.denied_before
        self._hard = frozenset(self._same) | frozenset(self._ages) | frozenset(self._species)
        self.audience = lru_cache(maxsize=4096)(self._audience)
        self.kept = lru_cache(maxsize=8192)(self._kept_bits)
        self.scent = lru_cache(maxsize=4096)(self._scent)
        self.scentless = lru_cache(maxsize=16_384)(self._scentless)
        self.preferred = lru_cache(maxsize=16_384)(self._preferred_bits)

    def _audience(self, text: str) -> tuple[int, int]:
        """Return ``(species, ages)`` of an audience."""
        return _bits(text, self._species), _bits(text, self._ages)

    def _kept_bits(self, attribute: str, text: str) -> int:
        """Return the values of "diet" or "form" that a substitute must have too, with all they imply."""
        return _bits(text, self._kept[attribute])

    def _scent(self, scent: str, skin_type: str) -> int:
        """Return what must be kept of a scent, ``SCENTED`` when there is one, ``GENTLE`` for sensitive skin."""
        names = [name for part in scent.split(";") if (name := key(part))]
        kept = self._kept["scent"]
        scented = SCENTED if any(name not in kept for name in names) else 0
        gentle = GENTLE if "sensitive" in map(key, skin_type.split(";")) else 0
        return _bits(scent, kept) | scented | gentle

    def _scentless(self, category: str, type_id: str) -> int:
        """Return ``SCENTLESS`` where the vocabulary knows no scents: nobody says of a mop that it is unscented."""
        path, words = tuple(map(key, category.split(" > "))), tuple(key(type_id).split())
        return 0 if self._scents and self._scents.scope.holds(path, words) else SCENTLESS

    def _preferred_bits(self, attribute: str, text: str) -> int:
        """Return the values by which a substitute comes first when it shares one."""
        return _bits(text, self._preferred.get(attribute, _NOTHING))

    def diet_of_term(self, term: str) -> int:
        """Return the bit of one diet (a comparison key), without what it implies; 0: not a diet."""
        return self._own["diet"].get(term, 0)

    def aliases(self, term: str) -> tuple[str, ...]:
        """Return the comparison keys that say the same as ``term``, itself first."""
        return tuple(dict.fromkeys((term, *self._same.get(term, ()))))

    def is_hard(self, term: str, more: Iterable[str] = ()) -> bool:
        """Whether a qualifier (a comparison key) must be honoured: audiences, what is to be kept, and ``more``."""
        return term in self._hard or any(term == key(word) for word in more)

    def joined(self, terms: Sequence[str], more: Iterable[str] = ()) -> list[str]:
        """Return ``terms`` (comparison keys, in the mention's order), neighbours that say one hard thing as one.

        A linker may give "gluten free" or "gluten" and "free"; both come out as "gluten free". Longer phrases go first.
        """
        phrases = {tuple(term.split()) for term in (*self._hard, *(key(word) for word in more))}
        sizes = sorted({len(phrase) for phrase in phrases}, reverse=True)
        out: list[str] = []
        at = 0
        while at < len(terms):
            size = next((n for n in sizes if tuple(terms[at : at + n]) in phrases), 1)
            out.append(" ".join(terms[at : at + size]))
            at += size
        return out


@cache
def default_traits() -> Traits:
    """Return the traits of the shipped vocabulary."""
    return Traits(load_vocabulary())


def _bits(text: str, table: Mapping[str, int]) -> int:
    bits = 0
    for part in text.split(";"):
        bits |= table.get(key(part), 0)
    return bits


def _audiences(attribute: Attribute | None) -> tuple[dict[str, int], dict[str, int]]:
    """Return the words for ages and those for animals, each animal with a bit of its own."""
    ages: dict[str, int] = {}
    species: dict[str, int] = {}
    values = attribute.values.values() if attribute else ()
    animals = [value.name for value in values if value.stands_for == "animal"]
    for value in values:
        if value.stands_for == "animal":
            species |= dict.fromkeys(value.names, 1 << animals.index(value.name))
        elif value.stands_for:
            ages |= dict.fromkeys(value.names, _AGES[value.stands_for])
    return ages, species


def _kept(attribute: Attribute | None, first: int) -> dict[str, int]:
    """Return, for every word, the bits of its value and of what that implies; bits begin at ``1 << first``."""
    own = _own(attribute, first)
    out: dict[str, int] = {}
    for value in attribute.values.values() if attribute else ():
        names = (value.name, *value.implies)
        bits = sum({own.get(key(name), 0) for name in names})
        out |= dict.fromkeys(value.names, bits)
    return {word: bits for word, bits in out.items() if bits}


def _own(attribute: Attribute | None, first: int = 0) -> dict[str, int]:
    """Return the words for each value that is to be kept, each value with one bit."""
    values = [value for value in attribute.values.values() if value.replacement == "keep"] if attribute else []
    return {word: 1 << place for place, value in enumerate(values, first) for word in value.names}


def _preferred(attribute: Attribute) -> dict[str, int]:
    values = enumerate(attribute.values.values())
    return {word: 1 << place for place, value in values if value.replacement == "prefer" for word in value.names}


def _same(attributes: Mapping[str, Attribute]) -> dict[str, tuple[str, ...]]:
    """Return, for every way to say a value that is to be kept, all of them."""
    return {
        word: value.same
        for name in ("diet", "form", "scent")
        if (attribute := attributes.get(name))
        for value in attribute.values.values()
        if value.replacement == "keep"
        for word in value.same
    }
