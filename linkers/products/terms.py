"""Terms: what texts are compared by, as 64-bit hashes, so that an index keeps no strings and needs no vocabulary.

Two terms of one hash would be taken for one. At ten million distinct terms that happens once in 370,000 indexes.
"""

from __future__ import annotations

import hashlib

__all__ = ["CODE", "CORE", "STEM", "WORD", "term"]

WORD, STEM, CODE, CORE = "w", "s", "c", "k"
"""The kinds of terms: words, their first letters, model numbers, these without what makes a variant."""


def term(kind: str, text: str) -> int:
    """Return the hash of a text as a term of ``kind``: equal on every machine, in every process."""
    return int.from_bytes(hashlib.blake2b(f"{kind}{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest())
