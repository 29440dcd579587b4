"""Which types are kinds of which, and what categories call them.

Two sources. *Names*: "hiking boots" IS_A "boots", since the name ends on the other's and both stand in one branch of
the category tree. *Categories*: every type is what the categories above it are called, as far as its own words bear it
out: a robe under "Sleepwear & Robes" is a robe and sleepwear, a chair under "Tables & Chairs" is no table.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from linkers.base import Target
from linkers.types.lexicon import Lexicon
from linkers.types.phrase import Phrase, read_phrase

__all__ = ["Hierarchy", "hierarchy_of", "labels_of", "listed_heads"]

_PARTS = re.compile(r"\s*(?:[&,/]|\band\b)\s*")
_STEM = 5
_ABOVE = 0.93
_Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The kinds among targets: ``broader`` maps an id to the ids it is directly a kind of, ``narrower`` back."""

    broader: Mapping[str, tuple[str, ...]]
    narrower: Mapping[str, tuple[str, ...]]


def hierarchy_of(targets: Sequence[Target], lexicon: Lexicon) -> Hierarchy:
    """Return which targets are kinds of which, by name and branch; of several, the longest name counts."""
    names = {target.id: read_phrase(target.name, lexicon).words for target in targets}
    called: dict[_Words, list[Target]] = {}
    for target in sorted(targets, key=lambda each: each.id):
        called.setdefault(names[target.id], []).append(target)
    broader: dict[str, tuple[str, ...]] = {}
    narrower: dict[str, list[str]] = {}
    for target in sorted(targets, key=lambda each: each.id):
        words = names[target.id]
        endings = (called.get(words[at:], []) for at in range(1, len(words)))
        related = ([other.id for other in found if _one_branch(target, other)] for found in endings)
        broader[target.id] = tuple(next((found for found in related if found), ()))
        for other in broader[target.id]:
            narrower.setdefault(other, []).append(target.id)
    return Hierarchy(
        {key: ids for key, ids in broader.items() if ids}, {key: tuple(ids) for key, ids in narrower.items()}
    )


def _one_branch(first: Target, second: Target) -> bool:
    """Whether two targets share a category, one stands below the other's, or their categories are neighbours."""
    one, other = _path(first), _path(second)
    shared = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    depth = min(len(one), len(other)) if shared is None else shared
    return depth >= min(len(one), len(other)) - 1 and (depth > 0 or not one or not other)


def _path(target: Target) -> list[str]:
    return [part.strip() for part in target.context.split(">") if part.strip()]


def labels_of(
    context: str,
    names: Sequence[Phrase],
    titles: frozenset[str],
    lexicon: Lexicon,
    *,
    synonyms: bool = True,
    listed: frozenset[str] = frozenset(),
) -> dict[_Words, float]:
    """Return what the categories call a target: 1 for the last one, a little less for those further up.

    Of "Butter & Cream" the part counts that shares most words with the target; further up, where less is known, a part
    counts only if its head does. What goes with a thing is none: nothing is called by a category above accessories or
    parts, by one named for an animal, machine or room, or by a part whose head merely modifies the target's (battery
    chargers under "Batteries"). The first of several categories is a department and seldom names anything. ``listed``
    are heads of a name that lists several things (see :func:`listed_heads`).
    """
    path = [_split(part, lexicon, synonyms=synonyms) for part in context.split(">")]
    own = {word for name in names for word in name.words}
    heads = {name.head for name in names} | lexicon.portion | listed
    labels: dict[_Words, float] = {}
    most = max((len(own.intersection(words)) for words in path[-1]), default=0)
    for words in path[-1]:
        if len(own.intersection(words)) == most:
            labels[words] = 1.0
    known = own | titles | {word for words in path[-1] for word in words}
    for parts in _kinds(path, lexicon):
        for words in parts if len(parts) == 1 else _sharing(parts, own) or _sharing(parts, known):
            labels.setdefault(words, _ABOVE)
    for words in broader_of(names, lexicon) if synonyms else ():
        labels.setdefault(words, _ABOVE)
    return {
        words: value
        for words, value in labels.items()
        if (words[-1] not in own or words[-1] in heads) and not lexicon.audience.issuperset(words)
    }


def listed_heads(name: str, lexicon: Lexicon, *, synonyms: bool = True) -> frozenset[str]:
    """Return the heads of the things that a name lists: brush and holder of "toilet brushes & holders"."""
    parts = _split(name, lexicon, synonyms=synonyms)
    return frozenset(words[-1] for words in parts if words[-1] not in lexicon.part) if parts[1:] else frozenset()


def broader_of(names: Iterable[Phrase], lexicon: Lexicon) -> Iterator[_Words]:
    """Yield what the table of kinds says names are kinds of, by the longest ending that it has.

    A name of the table of synonyms is a thing of its own: a napkin ring is no ring, and so no jewelry. The first of
    ``names`` is the target's, others count with its last word: what pasta sauce is also called ("basil") is no herb.
    """
    own = list(names)
    for name in (name for name in own if name.head == own[0].head):
        endings = (name.words[at:] for at in range(len(name.words)))
        known = (words for words in endings if words in lexicon.kinds or (words[1:] and words in lexicon.synonyms))
        for broader in lexicon.kinds.get(next(known, ()), ()):
            yield broader
            if broader[-1] in lexicon.gear:  # pet supplies are pet products and pet gear
                yield from ((*broader[:-1], word) for word in sorted(lexicon.gear))


def _kinds(path: Sequence[Sequence[_Words]], lexicon: Lexicon) -> Iterator[list[_Words]]:
    """Yield the categories above the last one that its goods may be kinds of, the nearest first."""
    for below, parts in itertools.pairwise(reversed(path if _names_goods(path[0], lexicon) else path[1:])):
        if not below or below[-1][-1] in lexicon.part:
            return
        yield [
            words for words in parts if words[-1] not in lexicon.host and (words[1:] or words[0] not in lexicon.part)
        ]


def _names_goods(department: Sequence[_Words], lexicon: Lexicon) -> bool:
    """Whether a department is called by one name that says what it sells: "Books", not "Food" or "Home & Kitchen"."""
    if len(department) != 1:
        return False
    head = department[0][-1]
    return not (head in lexicon.alone or head in lexicon.host or lexicon.describes(head))


@lru_cache(maxsize=4_096)
def _split(part: str, lexicon: Lexicon, *, synonyms: bool) -> tuple[_Words, ...]:
    """Return what a category lists: "Power & Hand Tools" has power tools, "Sink & Bathtub Accessories" no sinks."""
    phrases = (read_phrase(each, lexicon, synonyms=synonyms, whole=False) for each in _PARTS.split(part.strip()))
    parts = tuple(phrase.words for phrase in phrases if phrase.words)
    if not parts or len(parts[-1]) == 1:
        return parts
    shared = (words + parts[-1][-1:] for words in parts[:-1] if len(words) == 1)
    return (*(parts[-1:] if parts[-1][-1] in lexicon.part else parts), *shared)


def _sharing(parts: Iterable[_Words], own: set[str] | frozenset[str]) -> list[_Words]:
    """Return the parts whose head is in ``own``, or begins as a word there (sleepwear, sleeper)."""
    stems = {word[:_STEM] for word in own if len(word) >= _STEM}
    return [words for words in parts if words[-1] in own or words[-1][:_STEM] in stems]
