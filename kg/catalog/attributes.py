"""Attributes read off titles where the catalogue has no column for them: diet, audience, size."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate

__all__ = ["TITLE_ATTRIBUTES", "from_titles"]

TITLE_ATTRIBUTES = ("audience", "diet", "size")

_WORDS: dict[str, tuple[str, str]] = {
    **{
        word: ("diet", word.replace(" ", "-"))
        for word in ("vegan", "vegetarian", "organic", "decaf", "kosher", "halal")
    },
    **{
        f"{word}{gap}free": ("diet", f"{word}-free") for word in ("gluten", "lactose", "sugar", "grain") for gap in " -"
    },
    **dict.fromkeys(("baby", "babies", "infant", "newborn", "toddler"), ("audience", "baby")),
    **dict.fromkeys(("kids", "kid's", "children"), ("audience", "kids")),
    **dict.fromkeys(("boys", "boy's"), ("audience", "boys")),
    **dict.fromkeys(("girls", "girl's"), ("audience", "girls")),
    **dict.fromkeys(("men's", "mens", "for men"), ("audience", "men")),
    **dict.fromkeys(("women's", "womens", "for women"), ("audience", "women")),
    **dict.fromkeys(("dog", "dogs", "puppy"), ("audience", "dog")),
    **dict.fromkeys(("cat", "cats", "kitten"), ("audience", "cat")),
}
# A plain search costs as much as the text is long: words that share a piece are found by one.
_PIECES = (*("free", "veg", "bab", "kid", "boy", "girl", "men'", "mens", "for men", "for women", "dog", "cat"), "")


def _by_term() -> dict[str, list[tuple[str, int]]]:
    terms: dict[str, list[tuple[str, int]]] = {}
    for word in _WORDS:
        term = next(piece for piece in _PIECES if piece in word) or word
        terms.setdefault(term, []).append((word, word.index(term)))
    return terms


_TERMS = _by_term()
_SIZE = re.compile(
    # The digit stands before the look-behind: the engine skips to digits, and most fail at the unit's letter.
    r"\d(?<![a-z\d.-]\d)\d*(?:[.,]\d+)?(?: ?x ?\d+(?:[.,]\d+)?)? ?(?=[cfgiklmoptw])"
    r"(?:oz|lbs?|k?g|m[glm]?|cl|l|fl oz|ct|count|cm|pack|inch|[gt]b|mah|w)(?!\w)"
)


def from_titles(titles: Sequence[str], wanted: Collection[str]) -> dict[int, dict[str, str]]:
    """Return the attributes among ``wanted`` (of ``TITLE_ATTRIBUTES``) by the place of the title that has any.

    Several values join by ";".

    The whole batch is searched as one text: a regular expression's fixed cost is paid once, not per title.
    """
    found: dict[int, dict[str, str]] = {}
    if not wanted:
        return found
    # The lists are ASCII: other letters become "?", one for one, which keeps the places and makes the search fast.
    text = "\n".join(titles).encode("ascii", "replace").decode().lower()
    ends = list(accumulate(len(title) + 1 for title in titles))
    if "diet" in wanted or "audience" in wanted:
        _named(text, ends, wanted, found)
    if "size" in wanted:
        for match in _SIZE.finditer(text):
            found.setdefault(bisect_right(ends, match.start()), {}).setdefault("size", match[0])
    return found


def _named(text: str, ends: Sequence[int], wanted: Collection[str], found: dict[int, dict[str, str]]) -> None:
    """Mark the closed list's words; a plain search for each is several times cheaper than one alternation."""
    hits: list[tuple[int, str]] = []
    for term, words in _TERMS.items():
        for at in _places(text, term):
            hits.extend((start, word) for word, start in _words_at(text, at, words) if _WORDS[word][0] in wanted)
    for at, word in sorted(hits):
        field, value = _WORDS[word]
        values = found.setdefault(bisect_right(ends, at), {})
        before = values.get(field, "")
        if value not in before.split(";"):
            values[field] = f"{before};{value}" if before else value


def _places(text: str, term: str) -> Iterator[int]:
    at = text.find(term)
    while at >= 0:
        yield at
        at = text.find(term, at + 1)


def _words_at(text: str, at: int, words: Sequence[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Yield which of ``words`` (with the place of the term in each) stand at ``at`` as words of their own."""
    for word, offset in words:
        start, end = at - offset, at - offset + len(word)
        ends = text.startswith(word, start) and not text[end : end + 1].isalnum()
        if ends and not (start and text[start - 1].isalnum()):
            yield word, start
