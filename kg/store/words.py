"""Find nodes by words: what to ask the full-text and vector indexes, and how well a node's name fits.

Both sides go through :func:`kg.text.key`, so accents, case, punctuation and plurals do not matter, and the order
of answers does not depend on an engine's own scores.
"""

from __future__ import annotations

import re

from kg.text import key

__all__ = ["COVERED", "all_of", "any_of", "embedding", "fit", "likeness", "near"]

_MAX_WORDS = 32
_LUCENE = re.compile(r'([+\-&|!(){}\[\]^"~*?:\\/])')
_FUZZY_FROM = 4
# The share of a fit that a name gets for holding every word asked for; the rest is for holding nothing else.
COVERED = 0.7
# Cosines of unrelated names are about 0 to 0.3, of two ways to say one thing 0.4 and more.
_ALIKE = 0.4


def all_of(words: str) -> str:
    """Return the full-text query for every one of ``words``; empty when no word is in them.

    The normaliser leaves letters, digits and the points of numbers; what Lucene might take for syntax is escaped.
    """
    return " ".join(f"+{word}" for word in _escaped(words))


def any_of(words: str) -> str:
    """Return the query for any of ``words``: ten times the cost of :func:`all_of` where words are common."""
    return " ".join(_escaped(words))


def near(words: str) -> str:
    """Return the query for what is spelled about like ``words``: one edit in words of four letters and more."""
    return " ".join(f"{word}~1" if len(word) >= _FUZZY_FROM else word for word in _escaped(words))


def fit(words: str, search: str) -> float:
    """Return how well a node found by ``search`` answers ``words``, 0..1.

    The share of the asked words that the name holds counts :data:`COVERED`, the share of the name's words that were
    asked for counts the rest; of several names (``a | b``) the best. 1.0: the same words.
    """
    asked = set(key(words).split())
    return max((_fit(asked, set(name.split())) for name in search.split(" | ")), default=0.0)


def embedding(words: str) -> list[float] | None:
    """Return the unit vector, 256 long, that ``words`` are looked up by; ``None`` when nothing of them is known.

    Loads a table of 16 MB once a process, which takes about a second.
    """
    from linkers.embeddings import load_embedder  # noqa: PLC0415 - only what no name answers pays for it

    vector = load_embedder().encode([words.lower()])[0]
    return vector.tolist() if vector.any() else None


def likeness(similarity: float) -> float:
    """Return the score of a name that means about the same, from the cosine; 0.0 when it does not.

    Always below :data:`COVERED`: meaning suggests, only words decide.
    """
    return round(COVERED * 0.99 * min(similarity, 1.0), 6) if similarity >= _ALIKE else 0.0


def _fit(asked: set[str], name: set[str]) -> float:
    if not asked or not name:
        return 0.0
    common = len(asked & name)
    return round(COVERED * common / len(asked) + (1 - COVERED) * common / len(name), 6)


def _escaped(words: str) -> list[str]:
    return [_LUCENE.sub(r"\\\1", word) for word in dict.fromkeys(key(words).split())][:_MAX_WORDS]
