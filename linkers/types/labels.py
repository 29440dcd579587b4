"""Readings by what others than the name call a target: its categories, and its product titles.

``category``  the mention ends on what a category calls the target ("milk" -> whole milk, "acne cleanser" -> a face wash
              under "Cleansers")
``kind``      the lexicon says that the mention is a variety of the target (lager of beer)
``title``     the mention is what the target's product titles end on ("pale lager" -> beer)
``called``    the target's titles name their thing by the mention's head ("tofu press", whatever the type's name)
"""

from __future__ import annotations

from collections.abc import Iterator

from linkers.types.inventory import Profile
from linkers.types.lexicon import Lexicon
from linkers.types.phrase import Phrase
from linkers.types.qualifiers import gathered
from linkers.types.reading import Reading, Rest, attested, mistaken
from linkers.types.titles import SELDOM

__all__ = ["label_readings"]


def label_readings(
    mention: Phrase, profile: Profile, named: float, describing: frozenset[str], lexicon: Lexicon
) -> Iterator[Reading]:
    """Yield the readings of ``mention`` by category and by titles; the arguments are those of ``readings``."""
    if label := _label(mention, profile):
        yield _by_category(mention, label, profile, describing, lexicon)
    if mention.kind and any(name.words in lexicon.varieties[mention.kind] for name in profile.names):
        yield _by_kind(mention, profile, describing, lexicon)
    if named > 0:
        yield _by_ending(named, mention, profile, lexicon)
    if mention.head not in profile.heads and profile.calls.heads.get(mention.head, 0.0) >= SELDOM:
        yield _by_call(mention, profile, describing, lexicon)


def _label(mention: Phrase, profile: Profile) -> tuple[str, ...]:
    """Return the longest label of the target that the mention ends on ("gear" and the like aside), or ()."""
    for words in (mention.words, mention.core, mention.bare):
        for at in range(len(words)):
            if words[at:] in profile.broader:
                return words[at:]
    return ()


def _by_category(
    mention: Phrase, label: tuple[str, ...], profile: Profile, describing: frozenset[str], lexicon: Lexicon
) -> Reading:
    said = mention.bare if mention.bare[-len(label) :] == label else mention.words
    words = [word for word in said if word not in label]
    rest = Rest.of(words, mention, profile, describing, lexicon)
    features = {
        "category": profile.broader[label],
        "phrase": float(len(label) > 1 and not words),
        "clash": float(bool(rest.clashing)),
        "attested": attested(rest.described + mention.detail, profile),
        "contrast": float(mistaken(rest.described + mention.detail, profile, lexicon)),
        "foreign": float(rest.foreign),
    }
    free = mention.free if rest.described else _free_in_detail(mention)
    return Reading("category", features, gathered(rest.described + mention.detail, free), rest.clashing)


def _by_kind(mention: Phrase, profile: Profile, describing: frozenset[str], lexicon: Lexicon) -> Reading:
    before = mention.words[: len(mention.words) - len(mention.kind)]
    rest = Rest.of(before, mention, profile, describing, lexicon)
    own = {word for name in profile.names for word in name.words}
    described = rest.described + tuple(word for word in mention.kind if word not in own) + mention.detail
    features = {
        "kind": 1.0,
        "clash": float(bool(rest.clashing)),
        "attested": attested(described, profile),
        "foreign": float(rest.foreign),
    }
    return Reading("kind", features, gathered(described, mention.free), rest.clashing)


def _by_ending(named: float, mention: Phrase, profile: Profile, lexicon: Lexicon) -> Reading:
    described = tuple(word for word in mention.words if word in mention.soft) + mention.detail
    features = {
        "title": named,
        "attested": attested(described, profile),
        "contrast": float(mistaken(described, profile, lexicon)),
    }
    return Reading("title", features, gathered(described, mention.free))


def _by_call(mention: Phrase, profile: Profile, describing: frozenset[str], lexicon: Lexicon) -> Reading:
    rest = Rest.of(mention.words[:-1], mention, profile, describing, lexicon)
    titles = profile.calls.said[mention.head]
    naming = {word for word in mention.words if word not in rest.described or word in mention.core}
    saying = sum(naming <= words for words in titles) / len(titles)
    described = rest.described + mention.detail
    features = {
        "called": profile.calls.heads[mention.head],
        "told": saying and 0.5 + saying / 2,
        "clash": float(bool(rest.clashing)),
        "attested": attested(described, profile),
        "contrast": float(mistaken(described, profile, lexicon)),
        "foreign": float(rest.foreign),
    }
    return Reading("called", features, gathered(described, mention.free), rest.clashing)


def _free_in_detail(mention: Phrase) -> tuple[str, ...]:
    return tuple(each for each in mention.free if each.split()[0] in mention.detail)
