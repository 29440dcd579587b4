"""What a reading of a mention as a target is, and how the mention's other words are accounted for."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from linkers.types.inventory import Profile
from linkers.types.lexicon import Lexicon
from linkers.types.phrase import Phrase

__all__ = ["Reading", "Rest", "attested", "contrasts", "misdirects", "mistaken", "mistakes_animal", "says_compound"]

_PEOPLE: Mapping[str, str] = {
    **dict.fromkeys(("gent", "man", "men"), "men"),
    **dict.fromkeys(("lady", "maternity", "woman", "women"), "women"),
    **dict.fromkeys(("baby", "infant", "newborn"), "babies"),
    **dict.fromkeys(("boy", "child", "girl", "junior", "kid", "teen", "teenager", "toddler", "youth"), "children"),
}
_YOUNG = frozenset({"babies", "children"})


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a mention as a target. ``clashing`` are words that contradict it.

    ``described`` are the qualifiers: single words, and phrases such as "gluten free" (:mod:`linkers.types.qualifiers`).
    """

    way: str
    features: dict[str, float]
    described: tuple[str, ...] = ()
    clashing: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rest:
    """Words of a mention beside those that name the target.

    ``described`` say how it is, by the lists or because titles say them; ``clashing`` name another kind. ``foreign``
    tells whether a describing word is only known from titles of other targets.
    """

    described: tuple[str, ...]
    clashing: tuple[str, ...]
    foreign: bool

    @classmethod
    def of(
        cls, words: Iterable[str], mention: Phrase, profile: Profile, describing: frozenset[str], lexicon: Lexicon
    ) -> Rest:
        """Sort ``words`` of ``mention``; those of the category path are explained and in neither part."""
        described: list[str] = []
        clashing: list[str] = []
        foreign = False
        for word in words:
            if word in mention.compound and word not in profile.context and not says_compound(mention, profile):
                clashing.append(word)
            elif word in mention.soft or lexicon.describes(word):
                described.append(word)
            elif word in profile.context:
                continue
            elif word in profile.titles or word in describing or word in mention.purpose:
                described.append(word)
                foreign = foreign or word not in profile.titles
            else:
                clashing.append(word)
        return cls(tuple(described), tuple(clashing), foreign)


def says_compound(mention: Phrase, profile: Profile) -> bool:
    """Whether the target's titles say the name that the mention ends on, word by word ("wine glass")."""
    return all(pair in profile.pairs for pair in itertools.pairwise(mention.compound))


def contrasts(described: tuple[str, ...], profile: Profile, lexicon: Lexicon) -> bool:
    """Whether a word that tells kinds apart was said that neither names, categories nor titles of the target know."""
    telling = [word for word in described if word in lexicon.contrast]
    if not telling:
        return False
    known = profile.titles.union(profile.context, *(name.words for name in profile.names))
    people = {_PEOPLE[word] for word in known if word in _PEOPLE}
    return any(word not in known and _PEOPLE.get(word) not in people for word in telling)


def misdirects(described: tuple[str, ...], profile: Profile) -> bool:
    """Whether people were named whom nothing says of the target, and its categories name others: tops for men."""
    said = {_PEOPLE[word] for word in described if word in _PEOPLE}
    if not said:
        return False
    if not said.isdisjoint(_YOUNG):
        said |= _YOUNG
    above = {_PEOPLE[word] for word in profile.context if word in _PEOPLE}
    known = profile.titles.union(*(name.words for name in profile.names))
    return bool(above) and said.isdisjoint(above) and not any(_PEOPLE.get(word) in said for word in known)


def mistaken(described: tuple[str, ...], profile: Profile, lexicon: Lexicon) -> bool:
    """Whether what was said of the thing tells the target apart from it, or names people for an animal's."""
    return (
        contrasts(described, profile, lexicon)
        or mistakes_animal(described, profile, lexicon)
        or misdirects(described, profile)
    )


def mistakes_animal(described: tuple[str, ...], profile: Profile, lexicon: Lexicon) -> bool:
    """Whether people were named for a target that is made for animals: baby food is no cat food."""
    people = any(word in lexicon.audience for word in described)
    return people and not lexicon.animal.isdisjoint(profile.context)


def attested(described: tuple[str, ...], profile: Profile) -> float:
    """Return the share (0..1) of describing words that titles of the target say; 0 when there are none."""
    return sum(word in profile.titles for word in described) / len(described) if described else 0.0
