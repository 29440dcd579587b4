"""Text -> terms: the one reading of a title, an offer or a mention that indexing and linking share.

A title is read as words (normalised, singular, numbers in one spelling), as the first letters of its longer words
("upgr" for "upgrade" and "upgrd"), as model numbers ("NN-SD377S" is the code ``nnsd377s`` and, without what makes it a
variant, the core ``nnsd377``), as quantities, and as the parts that dashes, brackets and commas divide it into. What
else is known of a product (brand, description, category) is its *detail*.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from kg.text import clean, normalise, singular
from linkers.products.amounts import amounts_of
from linkers.products.contrasts import Contrasts, load_contrasts
from linkers.products.terms import CODE, CORE, STEM, WORD, low_bits, term

__all__ = ["ANALYSIS", "BARE", "OF_AMOUNT", "PART", "Analyser", "Reading", "Text"]

ANALYSIS = 2  # raise when texts are read otherwise: indexes made before are of no use then
BARE, OF_AMOUNT = 1, 2
"""Numbers: those that stand alone, and those of a quantity."""
PART = "\n"
"""What stands between the parts of a title."""
_TITLE_WORDS, _DETAIL_WORDS, _CODES = 32, 60, 16
_CHARACTERS = 2_000
_KEPT, _KEPT_DETAILS, _LONG_DETAIL = 1_000_000, 50_000, 200
_PARTS = 8
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
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CORE_OF = re.compile(r"(.*\d)[a-z]+$")
_LEAST_CODE, _MOST_CODE, _PREFIX = 4, 24, 5
_JOINED = 14
_BETWEEN = re.compile(r" - | -|- |, |[()\[\]:;|]")
_AMOUNT = re.compile(
    r"\d+(?:oz|ounces?|lbs?|k?g|m[glm]|c[lm]|l|ft|in|inch(?:es)?|pk|packs?|ct|counts?|pcs?|pieces?|hz|mhz|ghz|[mgt]b|mah|w|v)"
)
_NO_POINTS = str.maketrans("", "", ".,")
_MARKS = re.compile(r"[^a-z0-9]")


class Text(NamedTuple):
    """What is known of a product or an offer. ``brand`` and ``detail`` may be empty; ``price`` 0: unknown."""

    title: str
    brand: str = ""
    detail: str = ""
    price: float = 0.0


class Reading(NamedTuple):
    """A text as terms (:mod:`linkers.products.terms`).

    ``key`` is the normalised title; ``parts`` its parts, the words of each sorted, with :data:`PART` between. ``names``
    are the words of the title as text, in order, each once; ``words`` and ``stems`` are these as terms (0: none) and
    ``numbers`` says which are numbers (0: none, :data:`BARE`, :data:`OF_AMOUNT`). ``joins`` are two neighbours written
    as one word, as low bits. ``code_names`` are model numbers of the title as text ("": joined from two words),
    ``codes`` as terms, ``cores`` what they are without the letters of a variant, ``inner_codes`` the codes and cores of
    the detail; ``brand`` and ``detail`` the words of the brand, and of both. ``amounts`` are the title's quantities
    (:mod:`linkers.products.amounts`). ``marks`` are the contrasts that the title states or, of dimensions on which it
    is silent, the detail.
    """

    key: str
    parts: str
    names: tuple[str, ...]
    words: tuple[int, ...]
    stems: tuple[int, ...]
    numbers: tuple[int, ...]
    joins: tuple[int, ...]
    code_names: tuple[str, ...]
    codes: tuple[int, ...]
    cores: tuple[int, ...]
    inner_codes: tuple[int, ...]
    brand: tuple[int, ...]
    detail: tuple[int, ...]
    amounts: tuple[int, ...]
    marks: int


class _Word(NamedTuple):
    """A word in its one spelling, as a term, its first letters as a term (0: none), and whether it is a number."""

    name: str
    word: int
    stem: int
    number: bool


class _Detail(NamedTuple):
    """What is read of a brand and a detail: words of the brand, of both, codes and cores, stated contrasts."""

    brand: tuple[int, ...]
    words: tuple[int, ...]
    codes: tuple[int, ...]
    marks: int


class Analyser:
    """Reads texts. Keeps what it found out about words and details: titles repeat them."""

    def __init__(self, contrasts: Contrasts | None = None) -> None:
        self._contrasts = contrasts or load_contrasts()
        self._words: dict[str, _Word] = {}
        self._details: dict[tuple[str, str], _Detail] = {}

    @property
    def version(self) -> str:
        """Changes whenever a text may be read otherwise."""
        return f"{ANALYSIS}-{self._contrasts.version}"

    def read(self, text: Text) -> Reading:
        """Return the reading of a text; of a very long one, of its beginning. Never raises on any text."""
        title = clean(text.title[:_CHARACTERS])
        parts = _parts(title)
        key = " ".join(parts)
        said = {word.name: word for word in map(self._word, _useful(key)[:_TITLE_WORDS])}
        names = tuple(said)
        amounts, measured = amounts_of(title)
        numbers = _numbers(said.values(), measured)
        codes = _codes(title)
        detail = self._detail(text.brand, text.detail)
        return Reading(
            key,
            PART.join([" ".join(sorted(part.split())) for part in parts]),
            names,
            tuple([word.word for word in said.values()]),
            tuple([word.stem for word in said.values()]),
            numbers,
            tuple([low_bits(WORD, a + b) for a, b in itertools.pairwise(names) if 4 <= len(a) + len(b) <= _JOINED]),
            tuple(codes.values()),
            tuple([term(CODE, code) for code in codes]),
            _cores(codes),
            detail.codes,
            detail.brand,
            detail.words,
            amounts,
            self._contrasts.filled(self._contrasts.mask(said), detail.marks),
        )

    def _detail(self, brand: str, detail: str) -> _Detail:
        known = self._details.get((brand, detail))
        if known is not None:
            return known
        rest = f"{brand} {detail}".strip()[:_CHARACTERS]
        inner = {word.name: word for word in map(self._word, _useful(normalise(rest))[:_DETAIL_WORDS])}
        codes = _codes(rest)
        found = _Detail(
            tuple({self._word(word).word: None for word in _useful(normalise(brand[:_CHARACTERS]))}),
            tuple([word.word for word in inner.values()]),
            (*[term(CODE, code) for code in codes], *_cores(codes)),
            self._contrasts.mask(inner),
        )
        if len(rest) <= _LONG_DETAIL and len(self._details) < _KEPT_DETAILS:
            self._details[brand, detail] = found
        return found

    def _word(self, word: str) -> _Word:
        known = self._words.get(word)
        if known is None:
            plain = _plain(word)
            stem = term(STEM, plain[:_STEM]) if len(plain) >= _STEM_OF and plain.isalpha() else 0
            known = _Word(plain, term(WORD, plain), stem, plain.translate(_NO_POINTS).isdigit())
            if len(self._words) < _KEPT:
                self._words[word] = known
        return known


def _numbers(words: Collection[_Word], measured: str) -> tuple[int, ...]:
    """Return of each word whether it is a number, and whether of the quantities that ``measured`` states."""
    if not measured:
        return tuple([word.number for word in words])
    of_amounts = set(map(_plain, _NUMBER.findall(measured)))
    return tuple([word.number * (OF_AMOUNT if word.name in of_amounts else BARE) for word in words])


def _parts(title: str) -> list[str]:
    """Return the normalised parts of a title; beyond so many the rest is one part."""
    return [part for part in map(normalise, _BETWEEN.split(title, maxsplit=_PARTS - 1)) if part]


def _useful(key: str) -> list[str]:
    words = key.split()
    return [word for word in words if word not in _STOP] or words  # "The The" is a name too


def _plain(word: str) -> str:
    """Return a word in the one spelling it is compared in: "v17", "17.0" are 17, "iii" is 3, plurals are singular."""
    if match := _VERSION.match(word):
        return match[1].lstrip("0") or "0"
    return _ROMAN.get(word) or singular(word)


def _codes(text: str) -> dict[str, str]:
    """Return the model numbers of a text, letters and digits only, and how each is written; "": joined from two."""
    if not _DIGIT.search(text):
        return {}
    found: dict[str, str] = {}
    pieces = _CODE_LIKE.findall(text.casefold())
    for at, part in enumerate(pieces):
        if not _DIGIT.search(part):
            continue
        code = part if part.isalnum() else _MARKS.sub("", part)
        if _is_code(code):
            found[code] = code
            before = _MARKS.sub("", pieces[at - 1]) if at else ""
            if before and not before[0].isdigit() and len(before) <= _PREFIX:
                found.setdefault(before + code, "")  # "MDR EX55" is written MDREX55 elsewhere
            if part != code:
                found |= {piece: piece for piece in _MARKS.split(part) if len(piece) > _LEAST_CODE and _is_code(piece)}
        if len(found) >= _CODES:
            break
    return found


def _cores(codes: Iterable[str]) -> tuple[int, ...]:
    """Return what is left of codes without the letters that make a variant, as terms."""
    cores = [match[1] if (match := _CORE_OF.match(code)) else code for code in codes]
    return tuple(dict.fromkeys([term(CORE, core) for core in cores if len(core) >= _LEAST_CODE]))


def _is_code(code: str) -> bool:
    if not _LEAST_CODE <= len(code) <= _MOST_CODE or not _DIGIT.search(code):
        return False
    return len(code) >= 5 if code.isdigit() else not _AMOUNT.fullmatch(code)
