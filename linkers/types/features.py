"""Features of one mention and one target: how far each word of either is accounted for.

A candidate is read in up to three ways, and each reading has its own features (all 0..1):

``name``      the mention against the target's name or an alias
``category``  the mention is what the target's last category calls it ("milk" -> whole milk)
``title``     the mention is what the target's product titles end on ("pale lager" -> beer)

In the ``name`` reading every word falls into one class. Of the mention: *matched*; *describing* (an attributive
word, or one that titles of the target carry); *explained* (a word of the category path, or a generic last word
such as "supplements"); else it *clashes*, for it names another kind: "peanut" against butter. Of the target:
*matched*; *implied* (attributive, in its category path, or a cut such as "fillets"); else *missing*: "peanut" when
only butter was said.
"""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz

from linkers.types.inventory import Profile
from linkers.types.lexicon import Lexicon
from linkers.types.phrase import Phrase
from linkers.types.qualifiers import gathered

__all__ = ["Reading", "readings"]


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
class _Words:
    """The words of a mention, sorted by what accounts for them."""

    matched: tuple[str, ...]
    described: tuple[str, ...]
    explained: tuple[str, ...]
    clashing: tuple[str, ...]


def readings(mention: Phrase, profile: Profile, named: float, cosine: float, lexicon: Lexicon) -> list[Reading]:
    """Return every reading of ``mention`` as the target of ``profile``.

    Args:
        mention: the phrase read from the mention.
        profile: the target.
        named: share (0..1) of the titles ending on the mention that are this target's.
        cosine: cosine of mention and name; 0 when there are no embeddings.
        lexicon: the word lists.
    """
    near = max(0.0, cosine)
    out = [_by_name(mention, name, profile, near, lexicon) for name in profile.names]
    for way, value in (("category", float(_is_broader(mention, profile))), ("title", named)):
        if value > 0:
            out.append(_by_label(way, value, mention, profile, lexicon))
    return out


def _is_broader(mention: Phrase, profile: Profile) -> bool:
    return mention.words in profile.broader or mention.core in profile.broader


def _by_label(way: str, value: float, mention: Phrase, profile: Profile, lexicon: Lexicon) -> Reading:
    left = _has_core(mention, way, profile)
    described = (tuple(word for word in mention.words if word in mention.soft) if left else ()) + mention.detail
    features = {
        way: value,
        "attested": _attested(described, profile),
        "contrast": float(_contrasts(described, profile, lexicon)),
    }
    free = mention.free if left else tuple(each for each in mention.free if each.split()[0] in mention.detail)
    return Reading(way, features, gathered(described, free))


def _has_core(mention: Phrase, way: str, profile: Profile) -> bool:
    """Whether the describing words of the mention are left over, not part of the label itself."""
    return way == "title" or mention.words not in profile.broader


def _contrasts(described: tuple[str, ...], profile: Profile, lexicon: Lexicon) -> bool:
    """Whether a word that tells kinds apart was said that neither names nor titles of the target know."""
    own = {word for name in profile.names for word in name.words}
    return any(word in lexicon.contrast and word not in profile.titles | own for word in described)


def _attested(described: tuple[str, ...], profile: Profile) -> float:
    return sum(word in profile.titles for word in described) / len(described) if described else 0.0


def _by_name(mention: Phrase, name: Phrase, profile: Profile, near: float, lexicon: Lexicon) -> Reading:
    words = _account(mention, name, profile, lexicon)
    implied, missing = _absent(mention, name, profile, lexicon)
    same = mention.words == name.words or mention.key == name.key
    head = same or _heads_agree(mention, name, words, implied)
    size = max(1, len(mention.words))
    joined = " ".join(mention.words)
    features = {
        "same": float(same),
        "head": float(head),
        "cover_mention": (size - len(words.clashing)) / size,
        "cover_target": sum(word in mention.words for word in name.words) / len(name.words),
        "clash": float(bool(words.clashing)),
        "missing": float(bool(missing)),
        "implied": float(bool(implied)),
        "described": float(bool(words.described)),
        "contrast": float(bool(implied) and _contrasts(words.described, profile, lexicon)),
        "attested": _attested(words.described, profile),
        "crossed": float(not head and mention.head in name.words and name.head in mention.words),
        # Narrower kinds compete by popularity, not by how their other words look.
        "alike": 0.0 if implied else fuzz.token_sort_ratio(joined, " ".join(name.words)) / 100,
        "cosine": 0.0 if implied else near,
    }
    detail = tuple(word for word in mention.detail if word not in name.words)
    described = gathered(words.described + detail, mention.free, name.free)
    return Reading("name", features, described, words.clashing, missing)


def _account(mention: Phrase, name: Phrase, profile: Profile, lexicon: Lexicon) -> _Words:
    """Sort the mention's words; its head may be explained but never describe, and only after the target's head."""
    own = {*name.words, *name.detail}
    sorted_words: dict[str, list[str]] = {"matched": [], "described": [], "explained": [], "clashing": []}
    for word in mention.words:
        last = word == mention.head
        if word in own:
            kind = "matched"
        elif not last and (word in mention.soft or word in lexicon.attributive):
            kind = "described"
        elif _adds_nothing(mention, profile, lexicon) if last else word in profile.context:
            kind = "explained"
        elif (not last and word in profile.titles) or word[:1].isdigit():
            kind = "described"
        else:
            kind = "clashing"
        sorted_words[kind].append(word)
    return _Words(**{kind: tuple(words) for kind, words in sorted_words.items()})


def _adds_nothing(mention: Phrase, profile: Profile, lexicon: Lexicon) -> bool:
    """Whether the mention's last word is generic, what the category calls the target, or said so in its titles."""
    head = mention.head
    called = any(words[-1] == head for words in profile.broader)
    return called or head in lexicon.generic or mention.words[-2:] in profile.pairs


def _absent(
    mention: Phrase, name: Phrase, profile: Profile, lexicon: Lexicon
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the target's words the mention lacks: those it implies, and those it is missing."""
    implied: list[str] = []
    missing: list[str] = []
    for word in name.words:
        if word in mention.words or word in mention.detail:
            continue
        last = word == name.head
        above = word in profile.above and word not in lexicon.alone
        known = (above or word in lexicon.attributive) and word not in lexicon.audience
        fits = word in lexicon.portion if last else known
        (implied if fits else missing).append(word)
    return tuple(implied), tuple(missing)


def _heads_agree(mention: Phrase, name: Phrase, words: _Words, implied: tuple[str, ...]) -> bool:
    """Whether both name one thing: the same last word, or the target's head with nothing but explained words after."""
    kept = [word for word in name.words if word not in implied]
    if not kept or kept[-1] not in mention.words:
        return False
    after = mention.words[mention.words.index(kept[-1]) + 1 :]
    if implied and any(word in words.explained for word in after):
        return False
    return all(word in words.explained or word in words.described for word in after)
