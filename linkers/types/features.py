"""Features of one mention and one target: how far each word of either is accounted for.

A candidate is read in several ways, and each reading has its own features (all 0..1): by its ``name`` or an alias,
here, and by what categories and titles call it (:mod:`linkers.types.labels`).

By name, every word falls into one class. Of the mention: *matched*; *describing* (an attributive word, or one that
titles of the target carry, or, less sure, titles of others with the same head); *explained* (a word of the category
path, or a generic last word such as "supplements"); else it *clashes*, for it names another kind: "peanut" against
butter. Of the target: *matched*; *implied* (attributive, in its category path, or a cut such as "fillets"); else
*missing*: "peanut" when only butter was said.
"""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz

from linkers.types.inventory import Profile
from linkers.types.labels import label_readings
from linkers.types.lexicon import Lexicon
from linkers.types.phrase import Phrase
from linkers.types.qualifiers import gathered
from linkers.types.reading import Reading, attested, contrasts, misdirects, mistakes_animal, says_compound

__all__ = ["Evidence", "readings"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known beside the words of both.

    ``named`` is the share (0..1) of the titles ending on the mention that are this target's; ``cosine`` that of mention
    and name, 0 when there are no embeddings; ``describing`` the words before the mention's head in any titles.
    """

    named: float = 0.0
    cosine: float = 0.0
    describing: frozenset[str] = frozenset()


_BEFORE_A_COMPOUND = 0.5
_STRANGE = 0.5
_FORMS = frozenset({"balm", "cream", "gel", "liquid", "lotion", "mix", "oil", "powder", "sauce", "serum", "spray"})
_NOTHING = Evidence()


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a mention, sorted by what accounts for them."""

    matched: tuple[str, ...]
    described: tuple[str, ...]
    explained: tuple[str, ...]
    clashing: tuple[str, ...]
    foreign: tuple[str, ...]


def readings(mention: Phrase, profile: Profile, lexicon: Lexicon, evidence: Evidence = _NOTHING) -> list[Reading]:
    """Return every reading of ``mention`` as the target of ``profile``."""
    said = {*mention.words, *mention.detail}
    out = [
        _by_name(mention, name, profile, evidence, lexicon)
        if said.intersection(name.words)
        else Reading("name", {"cosine": max(0.0, evidence.cosine), "missing": 1.0}, (), mention.words, name.words)
        for name in profile.names
    ]
    out.extend(label_readings(mention, profile, evidence.named, evidence.describing, lexicon))
    return out


def _by_name(mention: Phrase, name: Phrase, profile: Profile, evidence: Evidence, lexicon: Lexicon) -> Reading:
    words = _account(mention, name, profile, evidence.describing, lexicon)
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
        "clash": _clash(mention, name, words, lexicon),
        "missing": float(bool(missing)),
        "implied": float(bool(implied)),
        "described": float(bool(words.described)),
        "contrast": float(_contrast(words.described, implied, profile, lexicon)),
        "attested": attested(words.described, profile),
        "crossed": float(not head and mention.head in name.words and name.head in mention.words),
        # Narrower kinds compete by popularity, not by how their other words look.
        "alike": 0.0 if implied else fuzz.token_sort_ratio(joined, " ".join(name.words)) / 100,
        "cosine": 0.0 if implied else max(0.0, evidence.cosine),
        "foreign": float(bool(words.foreign)),
        "vague": float(bool(implied) and mention.bare != mention.words),
    }
    detail = tuple(word for word in mention.detail if word not in name.words)
    described = gathered(words.described + detail, mention.free, name.free)
    return Reading("name", features, described, words.clashing, missing)


def _clash(mention: Phrase, name: Phrase, words: _Words, lexicon: Lexicon) -> float:
    """Return how far (0..1) unexplained words name another kind.

    They do so less before a name of two nouns ("commander deck box"), and where no thing is known by them in a mention
    that describes it in other words too ("waterproof bovver boots").
    """
    if not words.clashing:
        return 0.0
    nouns = sum(not lexicon.describes(word) for word in name.words)
    if nouns > 1 and name.words == mention.words[-len(name.words) :]:
        return _BEFORE_A_COMPOUND
    strange = mention.head in name.words and lexicon.things.isdisjoint(words.clashing)
    return _STRANGE if strange and (words.described or mention.detail) else 1.0


def _contrast(described: tuple[str, ...], implied: tuple[str, ...], profile: Profile, lexicon: Lexicon) -> bool:
    """Whether the describing words tell the target apart from what was meant."""
    if mistakes_animal(described, profile, lexicon) or misdirects(described, profile):
        return True
    return bool(implied) and contrasts(described, profile, lexicon)


def _account(mention: Phrase, name: Phrase, profile: Profile, describing: frozenset[str], lexicon: Lexicon) -> _Words:
    """Sort the mention's words; its head may be explained but never describe, and only after the target's head."""
    own = {*name.words, *name.detail}
    found: dict[str, list[str]] = {"matched": [], "described": [], "explained": [], "clashing": [], "foreign": []}
    for at, word in enumerate(mention.words):
        if word in own:
            found["matched"].append(word)
        elif word == mention.head:
            found["explained" if _adds_nothing(mention, name, profile, lexicon) else "clashing"].append(word)
        else:
            kind = _modifies(word, mention, profile, describing, lexicon)
            # What stands before a kind, not before the thing itself, describes: "platinum" of blonde wigs.
            inner = mention.words[at + 1] in own and mention.words[at + 1] != mention.head
            found["foreign" if kind == "clashing" and inner else kind].append(word)
    found["described"] = [word for word in mention.words if word in {*found["described"], *found["foreign"]}]
    return _Words(**{kind: tuple(words) for kind, words in found.items()})


def _modifies(word: str, mention: Phrase, profile: Profile, describing: frozenset[str], lexicon: Lexicon) -> str:
    """Return the class of a word before the head that the target's name lacks."""
    if word in mention.compound and word not in profile.context and not says_compound(mention, profile):
        return "clashing"
    if word in mention.soft or lexicon.describes(word):
        return "described"
    if word in profile.context:
        return "explained"
    if word in profile.titles:
        return "described"
    return "foreign" if word in describing or word in mention.purpose else "clashing"


def _adds_nothing(mention: Phrase, name: Phrase, profile: Profile, lexicon: Lexicon) -> bool:
    """Whether the mention's last word is generic, what the category calls the target, or said so in its titles."""
    head = mention.head
    if any(words[-1] == head for words in profile.broader):
        return True
    if head in lexicon.generic:
        return name.head not in lexicon.host  # pills for a dog are no dog
    return mention.words[-2:] in profile.pairs and ((head,) not in lexicon.synonyms or head in _FORMS)


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
        above = (word in profile.above and word not in lexicon.alone) or mention.bare != mention.words
        known = (above or word in lexicon.attributive) and word not in lexicon.audience
        fits = (word in lexicon.portion or mention.bare != mention.words) if last else known
        (implied if fits else missing).append(word)
    return tuple(implied), tuple(missing)


def _heads_agree(mention: Phrase, name: Phrase, words: _Words, implied: tuple[str, ...]) -> bool:
    """Whether both name one thing: the same last word, or the target's head with nothing but explained words after."""
    kept = [word for word in name.words if word not in implied]
    if not kept or kept[-1] not in mention.words:
        return False
    after = mention.words[mention.words.index(kept[-1]) + 1 :]
    if implied and mention.bare == mention.words and any(word in words.explained for word in after):
        return False
    return all(word in words.explained or word in words.described for word in after)
