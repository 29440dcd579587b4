"""What a linker knows about its targets, worked out once: phrases, categories, titles, and the words of them all."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kg.errors import ConfigError
from kg.text import key
from linkers.base import Target
from linkers.types.hierarchy import hierarchy_of, labels_of, listed_heads
from linkers.types.lexicon import Lexicon
from linkers.types.phrase import Phrase, read_phrase
from linkers.types.spelling import Speller
from linkers.types.titles import SELDOM, Calls, Title, calls_of, read_title

__all__ = ["Inventory", "Profile", "build_inventory", "check_ids"]

_TITLE_CORE = re.compile(r"[,(|\[\u2013\u2014]| - ")
_LISTED = re.compile("[&,]")
_Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """One target, ready to compare.

    ``names`` are the phrases of name and aliases, ``heads`` their last words; ``context`` the words of its category
    path, ``above`` those before the last category; ``broader`` what categories call it ("milk" for whole milk under
    "Dairy > Milk"), with how sure that is; ``titles`` the words of its titles, ``pairs`` two that stand together,
    ``said`` the titles one by one, ``calls`` what they call it; ``kind_of`` a target it is a kind of, or "".
    """

    target: Target
    names: tuple[Phrase, ...]
    context: frozenset[str]
    above: frozenset[str]
    broader: Mapping[_Words, float]
    titles: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    said: tuple[Title, ...]
    calls: Calls
    heads: frozenset[str]
    kind_of: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All targets in the order of their ids.

    ``named`` tells which targets' titles end on a phrase and the share (0..1) of such titles that are theirs;
    ``describing`` what stands before a head anywhere in the catalogue's titles ("insulated" before bottle).
    """

    profiles: tuple[Profile, ...]
    named: Mapping[_Words, Mapping[int, float]]
    describing: Mapping[str, frozenset[str]]
    speller: Speller


def build_inventory(
    targets: Sequence[Target], lexicon: Lexicon, *, synonyms: bool = True, titles: bool = True
) -> Inventory:
    """Return the inventory of ``targets``, whatever order they come in.

    Raises:
        ConfigError: two targets share an id.
    """
    ordered = check_ids(targets)
    kinds = hierarchy_of(ordered, lexicon).broader
    names = {target.id: target.name for target in ordered}
    profiles = tuple(
        _profile(
            target,
            lexicon,
            [names[other] for other in kinds.get(target.id, ())],
            synonyms=synonyms,
            titles=titles,
        )
        for target in ordered
    )
    return Inventory(
        profiles,
        _named(profiles, lexicon, synonyms=synonyms) if titles else {},
        _describing(profiles),
        _speller(profiles, lexicon),
    )


def check_ids(targets: Sequence[Target]) -> list[Target]:
    """Return ``targets`` in the order of their ids.

    Raises:
        ConfigError: two targets share an id.
    """
    ordered = sorted(targets, key=lambda target: target.id)
    for first, second in itertools.pairwise(ordered):
        if first.id == second.id:
            raise ConfigError(
                f"two link targets have the id {first.id!r} ({first.name!r}, {second.name!r})",
                remedy="give every target its own id",
            )
    return ordered


def _speller(profiles: Sequence[Profile], lexicon: Lexicon) -> Speller:
    phrases = [words for profile in profiles for name in profile.names for words in (name.words, _plain(name))]
    labels = {word for profile in profiles for words in profile.broader for word in words}
    seen = Counter(word for profile in profiles for title in profile.said for word in title.plain)
    known = {word for profile in profiles for word in profile.context}
    known.update(word for profile in profiles for word in profile.titles if seen[word] != 1)
    lexical = {word for words in lexicon.synonyms for word in words}
    return Speller.of(phrases, labels, known | lexical | lexicon.attributive | lexicon.generic | lexicon.measure)


def _plain(name: Phrase) -> _Words:
    return tuple(name.key.split())


def _profile(target: Target, lexicon: Lexicon, kind_of: Sequence[str], *, synonyms: bool, titles: bool) -> Profile:
    said = tuple(read_title(title, lexicon, synonyms=synonyms) for title in target.titles if titles)
    words = frozenset(word for title in said for word in title.plain + title.words)
    calls = calls_of(said)
    path = [_category(part, lexicon, synonyms=synonyms) for part in target.context.split(">")]
    if _LISTED.search(target.context.partition(">")[0]):
        path = path[1:] or path  # a department of many sorts explains nothing: "Arts, Crafts & Sewing"
    # "Ink" is short for printmaking inks there: what else shops call ink alone is not meant.
    long = key(target.name)
    read = (
        read_phrase(each, lexicon, synonyms=synonyms, whole=each == target.name or not long.endswith(f" {key(each)}"))
        for each in (target.name, *target.aliases)
    )
    names = tuple(
        name for at, name in enumerate(read) if name.words and not (at and _only_modifies(name, calls, words, path[-1]))
    )
    path = _borne_out(path, target.context, words.union(*(name.words for name in names)) if words else None)
    return Profile(
        target,
        names,
        frozenset[str]().union(*path),
        frozenset[str]().union(*path[:-1]),
        labels_of(
            target.context,
            names,
            words,
            lexicon,
            synonyms=synonyms,
            listed=listed_heads(target.name, lexicon, synonyms=synonyms),
        ),
        words,
        frozenset(pair for title in said for each in (title.plain, title.words) for pair in itertools.pairwise(each)),
        said,
        calls,
        frozenset(name.head for name in names),
        kind_of[0] if kind_of else "",
    )


def _borne_out(path: list[frozenset[str]], context: str, said: frozenset[str] | None) -> list[frozenset[str]]:
    """Return the words of the categories, of a list above the last one only those that the target says itself.

    "Power & Hand Tools" explains no hand in a hand saw where circular saws are sold. ``None``: nothing is known of it.
    """
    if said is None:
        return path
    parts = context.split(">")[-len(path) :]
    above = (
        words & (said | path[-1]) if _LISTED.search(part) else words for part, words in zip(parts, path, strict=True)
    )
    return [*itertools.islice(above, len(path) - 1), path[-1]]


def _only_modifies(alias: Phrase, calls: Calls, said: frozenset[str], category: frozenset[str]) -> bool:
    """Whether an alias stands in titles, but never names the thing: "laptop" of laptop stands."""
    return said.issuperset(alias.words) and calls.heads.get(alias.head, 0.0) < SELDOM and alias.head not in category


@lru_cache(maxsize=4_096)
def _category(part: str, lexicon: Lexicon, *, synonyms: bool) -> frozenset[str]:
    """Return the words of a category, as they stand and with synonyms replaced."""
    plain = read_phrase(part, lexicon, synonyms=False).words
    return frozenset(plain).union(read_phrase(part, lexicon, whole=False).words if synonyms else ())


def _named(profiles: tuple[Profile, ...], lexicon: Lexicon, *, synonyms: bool) -> dict[_Words, dict[int, float]]:
    """Count the phrases that titles end on ("pale lager"), by target, except endings of the target's own name."""
    counts: dict[_Words, Counter[int]] = {}
    for index, profile in enumerate(profiles):
        own = {name.words[-size:] for name in profile.names for size in range(1, len(name.words) + 1)}
        for title in profile.target.titles:
            for gram in _endings(title, profile.names, lexicon, synonyms=synonyms):
                if gram not in own:
                    counts.setdefault(gram, Counter())[index] += 1
    return {
        gram: {index: count / by_target.total() for index, count in sorted(by_target.items())}
        for gram, by_target in counts.items()
    }


def _endings(title: str, names: tuple[Phrase, ...], lexicon: Lexicon, *, synonyms: bool) -> Iterator[_Words]:
    """Yield the last one, two and three words of what a title names; nothing when it says the target's name."""
    phrase = read_phrase(_TITLE_CORE.split(title, maxsplit=1)[0], lexicon, synonyms=synonyms)
    words = list(phrase.words)
    if any(set(name.words) <= set(words) for name in names):
        return
    while words and (words[-1] in lexicon.generic or words[-1] in lexicon.attributive or words[-1][0].isdigit()):
        words.pop()
    for size in range(1, min(3, len(words)) + 1):
        yield tuple(words[-size:])


def _describing(profiles: Sequence[Profile]) -> dict[str, frozenset[str]]:
    words: dict[str, set[str]] = {}
    for profile in profiles:
        for title in profile.said:
            for part in title.parts:
                words.setdefault(part[-1], set()).update(part[:-1])
    return {head: frozenset(found) for head, found in words.items()}
