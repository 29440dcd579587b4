"""What a linker knows about its targets, worked out once: phrases, categories, titles, and the words of them all."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from kg.errors import ConfigError
from kg.text import singular, tokens
from linkers.base import Target
from linkers.types.lexicon import Lexicon
from linkers.types.phrase import Phrase, read_phrase

__all__ = ["Inventory", "Profile", "build_inventory", "check_ids", "repair"]

_LEAF_PARTS = re.compile(r"\s*(?:[&,/]|\band\b)\s*")
_TITLE_CORE = re.compile(r"[,(|\[\u2013\u2014]| - ")
_SPELLING = 86.0
_MIN_SPELLING = 5


@dataclass(frozen=True, slots=True)
class Profile:
    """One target, ready to compare.

    ``names`` are the phrases of name and aliases; ``context`` the words of its category path, ``above`` those
    before the last category; ``broader`` what the last category calls it ("milk" for whole milk under "Dairy >
    Milk"); ``titles`` the words of its titles, ``pairs`` two that stand together.
    """

    target: Target
    names: tuple[Phrase, ...]
    context: frozenset[str]
    above: frozenset[str]
    broader: frozenset[tuple[str, ...]]
    titles: frozenset[str]
    pairs: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Inventory:
    """All targets in the order of their ids.

    ``named`` tells which targets' titles end on a phrase and the share (0..1) of such titles that are theirs;
    ``vocabulary`` holds the words of all names; ``known`` those of categories, titles and the lexicon too;
    ``joined`` maps two words of a name written as one to the two.
    """

    profiles: tuple[Profile, ...]
    named: Mapping[tuple[str, ...], Mapping[int, float]]
    vocabulary: tuple[str, ...]
    known: frozenset[str]
    joined: Mapping[str, tuple[str, str]]


def build_inventory(
    targets: Sequence[Target], lexicon: Lexicon, *, synonyms: bool = True, titles: bool = True
) -> Inventory:
    """Return the inventory of ``targets``, whatever order they come in.

    Raises:
        ConfigError: two targets share an id.
    """
    ordered = check_ids(targets)
    profiles = tuple(_profile(target, lexicon, synonyms=synonyms, titles=titles) for target in ordered)
    vocabulary = {word for profile in profiles for name in profile.names for word in name.words}
    extra = {word for profile in profiles for word in profile.context | profile.titles}
    pairs = {
        first + second: (first, second)
        for profile in reversed(profiles)
        for name in profile.names
        for first, second in zip(name.words, name.words[1:], strict=False)
    }
    lexical = (
        {word for words in lexicon.synonyms for word in words} | lexicon.attributive | lexicon.generic | lexicon.measure
    )
    return Inventory(
        profiles,
        _named(profiles, lexicon, synonyms=synonyms) if titles else {},
        tuple(sorted(word for word in vocabulary if len(word) >= _MIN_SPELLING)),
        frozenset(vocabulary | extra | lexical),
        {joined: pair for joined, pair in pairs.items() if joined not in vocabulary},
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


def repair(text: str, inventory: Inventory) -> str:
    """Return the words of ``text`` with what is misspelt or spaced otherwise set right, in the singular.

    A word unknown to the catalogue and the lexicon, of five letters or more, becomes the nearest word of a name
    that starts with the same letter and is at least 86 % alike (normalised Indel similarity).
    """
    words = [singular(word) for word in tokens(text)]
    out: list[str] = []
    for word in words:
        if out and out[-1] + word in inventory.known and not {out[-1], word} <= inventory.known:
            out[-1] += word
        elif word in inventory.known:
            out.append(word)
        else:
            out.extend(inventory.joined.get(word) or (_spelling(word, inventory),))
    return " ".join(out)


def _spelling(word: str, inventory: Inventory) -> str:
    if len(word) < _MIN_SPELLING or not word.isalpha() or len(word) > 40:
        return word
    choices = [known for known in inventory.vocabulary if known[0] == word[0]]
    found = process.extractOne(word, choices, scorer=fuzz.ratio, score_cutoff=_SPELLING)
    return found[0] if found else word


def _profile(target: Target, lexicon: Lexicon, *, synonyms: bool, titles: bool) -> Profile:
    names = tuple(read_phrase(name, lexicon, synonyms=synonyms) for name in (target.name, *target.aliases))
    path = [read_phrase(part, lexicon, synonyms=False).words for part in target.context.split(">")]
    said = [[singular(word) for word in tokens(title)] for title in target.titles] if titles else []
    return Profile(
        target,
        tuple(name for name in names if name.words),
        frozenset(word for words in path for word in words),
        frozenset(word for words in path[:-1] for word in words),
        _broader(target.context, names, lexicon),
        frozenset(word for words in said for word in words),
        frozenset(pair for words in said for pair in itertools.pairwise(words)),
    )


def _broader(context: str, names: tuple[Phrase, ...], lexicon: Lexicon) -> frozenset[tuple[str, ...]]:
    """Return what the last category calls the target; of "Butter & Cream", the part that shares a word with it.

    A part whose head merely modifies the target's is not what the target is: battery chargers under "Batteries".
    """
    parts = _LEAF_PARTS.split(context.rpartition(">")[2].strip())
    phrases = [phrase.words for part in parts if (phrase := read_phrase(part, lexicon, synonyms=False)).words]
    own = {word for name in names for word in name.words}
    heads = {name.head for name in names}
    sharing = [words for words in phrases if own.intersection(words)]
    return frozenset(
        words for words in sharing or phrases if words[-1] not in own or words[-1] in heads | lexicon.portion
    )


def _named(
    profiles: tuple[Profile, ...], lexicon: Lexicon, *, synonyms: bool
) -> dict[tuple[str, ...], dict[int, float]]:
    """Count the phrases that titles end on ("pale lager"), by target, except endings of the target's own name."""
    counts: dict[tuple[str, ...], Counter[int]] = {}
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


def _endings(title: str, names: tuple[Phrase, ...], lexicon: Lexicon, *, synonyms: bool) -> Iterator[tuple[str, ...]]:
    """Yield the last one, two and three words of what a title names; nothing when it says the target's name."""
    phrase = read_phrase(_TITLE_CORE.split(title, maxsplit=1)[0], lexicon, synonyms=synonyms)
    words = list(phrase.words)
    if any(set(name.words) <= set(words) for name in names):
        return
    while words and (words[-1] in lexicon.generic or words[-1] in lexicon.attributive or words[-1][0].isdigit()):
        words.pop()
    for size in range(1, min(3, len(words)) + 1):
        yield tuple(words[-size:])
