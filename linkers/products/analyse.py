"""Text -> terms: the one reading of a title, an offer or a mention that indexing and linking share.

A title is read as words (normalised, singular, numbers in one spelling), as the first letters of its longer words
("upgr" for "upgrade" and "upgrd"), and as model numbers: "NN-SD377S" is the code ``nnsd377s`` and, without what makes
it a variant, the core ``nnsd377``. What else is known of a product (brand, description, category) is its *detail*.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from kg.text import clean, normalise, singular
from linkers.products.contrasts import Contrasts, load_contrasts
from linkers.products.terms import CODE, CORE, STEM, WORD, term

__all__ = ["ANALYSIS", "Analyser", "Reading", "Text"]

ANALYSIS = 1  # raise when texts are read otherwise: indexes made before are of no use then
_TITLE_WORDS, _DETAIL_WORDS, _CODES = 32, 60, 16
_CHARACTERS = 2_000
_KEPT = 1_000_000
_STEM, _STEM_OF = 4, 5
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_STOP = frozenset(
    [
        "a",
        "an",
        "r",
        "tm",
        "and",
        "by",
        "for",
        "from",
        "in",
        "of",
        "on",
        "or",
        "the",
        "to",
        "with",
        "de",
        "la",
        "le",
        "les",
        "el",
        "der",
        "die",
        "das",
        "und",
        "et",
        "y",
    ]
)
_VERSION = re.compile(r"(?:v|ver|version)?(\d+)(?:\.0+)?$")
_CODE_LIKE = re.compile(r"[a-z0-9]+(?:[-/._][a-z0-9]+)*")
_DIGIT = re.compile(r"\d")
_CORE_OF = re.compile(r"(.*\d)[a-z]+$")
_LEAST_CODE, _MOST_CODE, _PREFIX = 4, 24, 5
_JOINED = 14
_BEGINNINGS = (5, 7, 9)
_AMOUNT = re.compile(
    r"\d+(?:oz|ounces?|lbs?|k?g|m[glm]|c[lm]|l|ft|in|inch(?:es)?|pk|packs?|ct|counts?|pcs?|pieces?|hz|mhz|ghz|[mgt]b|mah|w|v)"
)
_MARKS = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True)
class Text:
    """What is known of a product or an offer. ``brand`` and ``detail`` may be empty; ``price`` 0: unknown."""

    title: str
    brand: str = ""
    detail: str = ""
    price: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as terms (:mod:`linkers.products.terms`).

    ``names`` are the words of the title as text, in order, each once; ``words`` and ``stems`` are these as terms (0:
    none) and ``numbers`` says which are numbers. ``joins`` are two neighbours written as one word; ``codes`` model
    numbers of the title, ``cores`` what they are without the letters of a variant, ``prefixes`` their beginnings,
    ``inner_codes`` the codes and cores of the detail; ``detail``
    the words of brand and detail. ``marks`` are the contrasts that the title states or, of dimensions on which it is
    silent, the detail; ``key`` is the normalised title.
    """

    key: str
    names: tuple[str, ...]
    words: tuple[int, ...]
    stems: tuple[int, ...]
    numbers: tuple[bool, ...]
    joins: tuple[int, ...]
    codes: tuple[int, ...]
    cores: tuple[int, ...]
    prefixes: tuple[int, ...]
    inner_codes: tuple[int, ...]
    brand: tuple[int, ...]
    detail: tuple[int, ...]
    marks: int


class Analyser:
    """Reads texts. Keeps what it found out about words: titles repeat them."""

    def __init__(self, contrasts: Contrasts | None = None) -> None:
        self._contrasts = contrasts or load_contrasts()
        self._words: dict[str, tuple[str, int, int, bool]] = {}

    @property
    def version(self) -> str:
        """Changes whenever a text may be read otherwise."""
        return f"{ANALYSIS}-{self._contrasts.version}"

    def read(self, text: Text) -> Reading:
        """Return the reading of a text; of a very long one, of its beginning. Never raises on any text."""
        title, rest = clean(text.title[:_CHARACTERS]), f"{text.brand} {text.detail}".strip()[:_CHARACTERS]
        key = normalise(title)
        said = {word[0]: word for word in map(self._word, itertools.islice(_useful(key), _TITLE_WORDS))}
        inner = {word[0]: word for word in map(self._word, itertools.islice(_useful(normalise(rest)), _DETAIL_WORDS))}
        brand = {self._word(word)[1]: None for word in _useful(normalise(text.brand))}
        codes, inner_codes = _codes(title), _codes(rest)
        stated, beside = self._contrasts.mask(said), self._contrasts.mask(inner)
        return Reading(
            key,
            tuple(said),
            tuple(word[1] for word in said.values()),
            tuple(word[2] for word in said.values()),
            tuple(word[3] for word in said.values()),
            tuple(term(WORD, a + b) for a, b in itertools.pairwise(said) if 4 <= len(a + b) <= _JOINED),
            tuple(term(CODE, code) for code in codes),
            _cores(codes),
            _prefixes(codes),
            (*(term(CODE, code) for code in inner_codes), *_cores(inner_codes)),
            tuple(brand),
            tuple(word[1] for word in inner.values()),
            self._contrasts.filled(stated, beside),
        )

    def _word(self, word: str) -> tuple[str, int, int, bool]:
        known = self._words.get(word)
        if known is None:
            plain = _plain(word)
            stem = term(STEM, plain[:_STEM]) if len(plain) >= _STEM_OF and plain.isalpha() else 0
            known = (plain, term(WORD, plain), stem, plain.replace(".", "").isdigit())
            if len(self._words) < _KEPT:
                self._words[word] = known
        return known


def _useful(key: str) -> list[str]:
    return [word for word in key.split() if word not in _STOP]


def _plain(word: str) -> str:
    """Return a word in the one spelling it is compared in: "v17", "17.0" are 17, "iii" is 3, plurals are singular."""
    if match := _VERSION.match(word):
        return match[1].lstrip("0") or "0"
    return _ROMAN.get(word) or singular(word)


def _codes(text: str) -> list[str]:
    """Return the model numbers of a text, letters and digits only, each once."""
    if not _DIGIT.search(text):
        return []
    found: dict[str, None] = {}
    before = ""
    for match in _CODE_LIKE.finditer(text.casefold()):
        part = match[0]
        code = _MARKS.sub("", part)
        if _is_code(code):
            found[code] = None
            if before and not before[0].isdigit() and len(before) <= _PREFIX:
                found[before + code] = None  # "MDR EX55" is written MDREX55 elsewhere
            if part != code:
                found |= {piece: None for piece in _MARKS.split(part) if len(piece) > _LEAST_CODE and _is_code(piece)}
        before = code
        if len(found) >= _CODES:
            break
    return list(found)


def _cores(codes: list[str]) -> tuple[int, ...]:
    """Return what is left of codes without the letters that make a variant, as terms."""
    cores = [match[1] if (match := _CORE_OF.match(code)) else code for code in codes]
    return tuple(dict.fromkeys(term(CORE, core) for core in cores if len(core) >= _LEAST_CODE))


def _prefixes(codes: list[str]) -> tuple[int, ...]:
    """Return the beginnings of codes, of three lengths, as terms."""
    return tuple(
        dict.fromkeys(term(CORE, code[:size] + "-") for code in codes for size in _BEGINNINGS if len(code) >= size)
    )


def _is_code(code: str) -> bool:
    if not _LEAST_CODE <= len(code) <= _MOST_CODE or not _DIGIT.search(code):
        return False
    return len(code) >= 5 if code.isdigit() else not _AMOUNT.fullmatch(code)
