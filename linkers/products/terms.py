"""Terms: what texts are compared by, as 64-bit hashes, so that an index needs no vocabulary to look one up.

Two terms of one hash would be taken for one. At ten million distinct terms that happens once in 370,000 indexes.
"""

from __future__ import annotations

import hashlib
import zlib

__all__ = ["CODE", "CORE", "STEM", "WORD", "low_bits", "term"]

WORD, STEM, CODE, CORE = "w", "s", "c", "k"
"""The kinds of terms: words, their first letters, model numbers, these without what makes a variant."""


def term(kind: str, text: str) -> int:
    """Return the hash of a text as a term of ``kind``: equal on every machine, in every process."""
    data = f"{kind}{text}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=4).digest()) << 32 | zlib.crc32(data)


def low_bits(kind: str, text: str) -> int:
    """Return the low 32 bits of :func:`term`, for terms that are only compared: a fifth of the work."""
    return zlib.crc32(f"{kind}{text}".encode("utf-8", "surrogatepass"))
