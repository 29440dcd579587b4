r"""The one text normaliser. Identifiers and originals never pass through it; only copies for comparing do.

Three depths, each built on the one before::

    clean("  Ménage™\u200b  Kit ")      -> "Ménage™ Kit"      what a reader may see
    normalise("Ménage™ Kit, 2-Pack")    -> "menage kit 2 pack" for matching words
    key("Tortilla Chips")               -> "tortilla chip"    for deciding that two names are the same
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

__all__ = ["clean", "key", "normalise", "singular", "slug", "tokens"]

# Everything that is neither a letter, a digit nor a mark ends a word; a point or comma between digits does not.
_POINT = re.compile(r"(?<!\d)[.,]|[.,](?!\d)")
_NOT_WORD = re.compile(_POINT.pattern + r"|[^\w.,]|_")
# The same for ASCII, quicker: lower case, no apostrophes, spaces for all that is neither a letter, a digit nor a point.
_ASCII = {
    code: None if chr(code) in "'`" else chr(code).lower() if chr(code).isalnum() or chr(code) in ".," else " "
    for code in range(128)
}
_SPACES = re.compile(r"\s+")
_IRREGULAR = {
    "children": "child",
    "cookies": "cookie",
    "beanies": "beanie",
    "booties": "bootie",
    "brownies": "brownie",
    "calories": "calorie",
    "halves": "half",
    "hoodies": "hoodie",
    "knives": "knife",
    "leaves": "leaf",
    "lens": "lens",
    "lenses": "lens",
    "loaves": "loaf",
    "men": "man",
    "mangoes": "mango",
    "mice": "mouse",
    "movies": "movie",
    "onesies": "onesie",
    "scarves": "scarf",
    "selfies": "selfie",
    "shelves": "shelf",
    "smoothies": "smoothie",
    "veggies": "veggie",
    "women": "woman",
}
_NO_PLURAL = ("us", "ss", "is", "eies", "aies")
_APOSTROPHES = re.compile("['`\u2019\u00b4\u02bc]")


def clean(text: str) -> str:
    """Return ``text`` in Unicode NFC without control or format characters and with single spaces."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = "".join(
        " " if ch.isspace() else ch
        for ch in text
        if ch.isspace() or unicodedata.category(ch) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return _SPACES.sub(" ", unicodedata.normalize("NFC", kept)).strip()


def normalise(text: str) -> str:
    """Return ``text`` folded for matching: compatible forms, case and accents folded, words by single spaces.

    Idempotent. Scripts without case keep their letters; marks that carry meaning outside Latin, Greek and
    Cyrillic are kept.
    """
    if text.isascii():
        words = text.replace("&", " and ").translate(_ASCII)
        if "." in words or "," in words:
            words = _POINT.sub(" ", words)
        return " ".join(words.split())
    words = _NOT_WORD.sub(_space_unless_mark, _plain(_fold(text)))
    return _SPACES.sub(" ", words).strip()


def tokens(text: str) -> list[str]:
    """Return the normalised words of ``text``, in order."""
    return normalise(text).split()


@lru_cache(maxsize=65_536)
def singular(word: str) -> str:
    """Return the singular of a normalised English word: a short table, then three rules on the ending.

    The rules are the S-stemmer's (D. Harman, "How effective is suffixing?", JASIS 42(1), 1991), with the sibilant
    plurals cut to real words ("dishes" -> "dish"). Words of up to three letters and words with digits are left
    alone.
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not word.endswith("s") or not word.isalpha() or word.endswith(_NO_PLURAL):
        return word
    if word.endswith("ies"):
        return word[:-1] if len(word) == 4 else word[:-3] + "y"  # "pies" have no "py"
    if word.endswith(("ches", "shes", "sses", "xes", "atoes")):
        return word[:-2]
    return _IRREGULAR.get(word[:-1], word[:-1])  # "mens" was "men's"


def key(text: str) -> str:
    """Return the comparison key of a name: normalised words in the singular, in order."""
    return " ".join(singular(word) for word in tokens(text))


def slug(text: str) -> str:
    """Return an identifier made of the normalised words of ``text`` joined by hyphens ("oat-milk")."""
    return "-".join(tokens(text))


def _plain(text: str) -> str:
    return _APOSTROPHES.sub("", text.casefold()).replace("&", " and ")


def _space_unless_mark(match: re.Match[str]) -> str:
    """Keep the vowel signs of the scripts that are written with them: to ``re`` they are no part of a word."""
    return match[0] if unicodedata.category(match[0])[0] == "M" else " "


def _fold(text: str) -> str:
    """Fold compatible forms, and accents where they are spelling variants only."""
    # Apostrophes and case go first: an accent belongs to the letter before it, not to what stands in between.
    ordered = unicodedata.normalize("NFC", text)  # marks in another order are the same text
    bare = _APOSTROPHES.sub("", ordered.casefold()).replace("™", "").replace("®", "").replace("℠", "")
    if bare.isascii():
        return bare
    decomposed = _APOSTROPHES.sub("", unicodedata.normalize("NFKD", bare))
    out: list[str] = []
    foldable = False
    for ch in decomposed:
        role = _role(ch)
        if role == "accent":
            if not foldable:
                out.append(ch)
        elif role != "nothing":
            out.append(ch)
            if role != "mark":
                foldable = role == "foldable"
    return unicodedata.normalize("NFC", "".join(out))


@lru_cache(maxsize=8_192)
def _role(ch: str) -> Literal["nothing", "accent", "mark", "foldable", "letter"]:
    """Return what a character does to the text around it; looked up once, as titles repeat their characters."""
    category = unicodedata.category(ch)
    if category in {"Cf", "Cs", "Co", "Cn"}:
        return "nothing"
    if category[0] == "M":
        return "accent" if category == "Mn" else "mark"
    latin = unicodedata.name(ch, "").startswith(("LATIN", "GREEK", "CYRILLIC"))
    return "foldable" if latin else "letter"
