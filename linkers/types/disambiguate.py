"""From readings to one answer: a probability by documented weights, a margin, and NIL below the threshold.

The probability of a candidate is logistic in its features: p = 1 / (1 + exp(-(bias + sum of weight x feature))).
The weights were set by hand on the development parts of ``tests/data/linking_mentions.csv`` and
``tests/data/real_mentions.csv``; they are a table so that fitted ones can take their place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.model import Candidate, Link, NodeKind
from linkers.base import Target
from linkers.types.reading import Reading

__all__ = ["BIAS", "WEIGHTS", "Scored", "best_reading", "decide", "probability"]

BIAS = -5.0
WEIGHTS: Mapping[str, float] = {
    "same": 7.0,  # the same name, up to plural, spelling variants, synonyms
    "head": 2.5,  # both name one thing: butter and butter, not milk and chocolate
    "cover_mention": 2.0,  # the mention's words are accounted for
    "cover_target": 3.0,  # the target's words were said
    "clash": -5.0,  # the mention names another kind: peanut (butter)
    "missing": -4.0,  # the target is a kind that was not said: (butter ->) peanut butter
    "crossed": -6.0,  # the same words, the other thing: chocolate milk and milk chocolate
    "described": -0.5,  # the mention is narrower: organic (milk)
    "vague": -0.7,  # "supplies" and the like for a thing
    "contrast": -4.0,  # described otherwise than the target: white and dark chocolate
    "attested": 0.5,  # and titles of the target say so too
    "alike": 1.0,  # letters, by rapidfuzz token_sort_ratio
    "cosine": 2.0,  # meaning, by static embeddings
    "foreign": -0.5,  # a describing word that only titles of other targets know
    "called": 6.0,  # its titles name their thing by the mention's head: tofu press
    "told": 2.5,  # and say the other words of the mention
    "category": 5.9,  # a category is called what was said: (milk ->) whole milk
    "kind": 6.2,  # the lexicon says it is one: (lager ->) beer
    "phrase": 4.0,  # in two words or more, which is no chance
    "title": 5.9,  # its titles end on what was said: (lager ->) beer
}


@dataclass(frozen=True, slots=True)
class Scored:
    """A target with its best reading. ``score`` is the probability, ``kind_of`` names a target it is a kind of."""

    target: Target
    reading: Reading
    score: float
    kind_of: str = ""


def probability(features: Mapping[str, float]) -> float:
    """Return the probability (0..1, six digits) that a reading with ``features`` is right."""
    logit = BIAS + sum(WEIGHTS.get(name, 0.0) * value for name, value in features.items() if value)
    return round(1 / (1 + math.exp(-logit)), 6)


def best_reading(target: Target, found: Sequence[Reading], kind_of: str = "") -> Scored | None:
    """Return the target with its most probable reading, the first of equals; ``None`` without readings."""
    if not found:
        return None
    scores = [probability(reading.features) for reading in found]
    best = max(range(len(found)), key=lambda index: (scores[index], -index))
    return Scored(target, found[best], scores[best], kind_of)


def decide(mention: str, scored: Sequence[Scored], *, threshold: float, margin: float = 0.0, explain: int = 5) -> Link:
    """Return the link of ``mention``: the most probable target, or NIL.

    Equals are ordered by popularity, then by id. ``Link.confidence`` is the best candidate's probability, also
    for NIL (where it says how near the best one came); ``Link.margin`` its distance to the runner-up.
    """
    ranked = sorted(scored, key=lambda item: (-item.score, -item.target.popularity, item.target.id))
    if not ranked:
        return Link(mention, NodeKind.TYPE, None, 0.0, reason="nothing in the catalogue is near")
    best = ranked[0]
    gap = round(best.score - (ranked[1].score if len(ranked) > 1 else 0.0), 6)
    accepted = best.score >= threshold and gap >= margin
    return Link(
        mention,
        best.target.kind,
        best.target.id if accepted else None,
        best.score,
        gap,
        _reason(best) if accepted else _refusal(best, threshold),
        best.reading.described if accepted else (),
        tuple(
            Candidate(item.target.id, item.target.name, item.score, _rounded(item.reading.features))
            for item in ranked[:explain]
        ),
    )


def _rounded(features: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in sorted(features.items())}


_REASONS: Mapping[str, str] = {
    "kind": "a kind of {!r}",
    "called": "titles of {!r} call it so",
    "title": "titles of {!r} call it so",
}


def _reason(best: Scored) -> str:
    name, reading = best.target.name, best.reading
    if reading.way in _REASONS:
        return _REASONS[reading.way].format(name)
    if reading.way == "category":
        last = reading.features["category"] >= 1
        return f"broader than {name!r}" + (": its category has this name" if last else ", a kind of it")
    if reading.features.get("same"):
        return f"the same name as {name!r}{_above(best)}"
    if reading.features.get("implied"):
        return f"broader than {name!r}, the most fitting kind of it"
    if reading.described:
        return f"{name!r}{_above(best)}, described as {' '.join(reading.described)}"
    return f"near in words and meaning to {name!r}"


def _above(best: Scored) -> str:
    return f", a kind of {best.kind_of!r}" if best.kind_of else ""


def _refusal(best: Scored, threshold: float) -> str:
    name, reading = best.target.name, best.reading
    if best.score >= threshold:
        return f"{name!r} is not clear of the runner-up"
    if reading.clashing:
        return f"{name!r} is nearest, but {' '.join(reading.clashing)!r} names another kind"
    if reading.features.get("contrast"):
        return f"{name!r} is nearest, but {' '.join(reading.described)!r} tells it apart"
    if reading.missing:
        return f"{name!r} is nearest, but nothing said {' '.join(reading.missing)!r}"
    return f"{name!r} is nearest, but not near enough"
