"""Readings of many products as columns: rows of term numbers beside a table of the terms, and plain arrays.

Two parts of a catalogue become one by :func:`merged`; so do the unchanged rows of an index and the changed ones.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from linkers.products.analyse import Reading, Text
from linkers.products.rows import Array, Rows, distinct, rows_of, stacked, starts_of

__all__ = ["BLOBS", "GRAMS", "HASHED", "PLAIN", "TERMS", "Columns", "columns_of", "merged", "ordered", "places"]

TERMS = ("words", "stems", "codes", "cores", "inner_codes", "brand", "detail")
"""Columns of term numbers; ``stems`` stand beside ``words``, -1 where there is none."""
HASHED = ("joins", "prefixes")
"""Columns of the low 32 bits of hashes: for comparing only."""
GRAMS = 1 << 18
"""How many letter groups are told apart."""
PLAIN = ("marks", "price", "head", "hashes", "vectors")
BLOBS = ("ids", "titles", "keys")
"""Columns of UTF-8 text."""

_LONGEST_WORD = 24
_HIGHEST = 1e30  # what is no number below is no price
_LOWEST = 1e-6


@dataclass(frozen=True, slots=True)
class Columns:
    """Products as columns; every column but ``terms`` and ``grams`` has one row a product.

    ``terms`` are the hashes of all terms, ascending, each once; term columns hold places in it. ``numbers`` (beside
    ``words``) says which words are numbers; ``joins`` and ``prefixes`` hold the low 32 bits of hashes. ``grams`` has
    one row a term: the letter groups of a word, as bits of their hashes (:data:`GRAMS`). ``head`` is the hash of the
    last word of the product's type (0: unknown), ``hashes`` that of the row, ``price`` 0 where unknown. ``vectors`` are
    unit vectors of the title as whole numbers -127..127.
    """

    terms: Array
    grams: Rows
    words: Rows
    stems: Rows
    numbers: Rows
    joins: Rows
    codes: Rows
    cores: Rows
    prefixes: Rows
    inner_codes: Rows
    brand: Rows
    detail: Rows
    marks: Array
    price: Array
    head: Array
    hashes: Array
    vectors: Array
    ids: Rows
    titles: Rows
    keys: Rows

    def __len__(self) -> int:
        return len(self.marks)

    def take(self, rows: Array) -> Columns:
        """Return the products at ``rows``, in that order."""
        taken = {
            each.name: value.take(rows) if isinstance(value := getattr(self, each.name), Rows) else value[rows]
            for each in fields(self)
            if each.name not in {"terms", "grams"}
        }
        columns: Any = {"terms": self.terms, "grams": self.grams, **taken}
        return Columns(**columns)

    def text(self, column: str, row: int) -> str:
        """Return one text of a blob column."""
        blob: Rows = getattr(self, column)
        start, end = int(blob.starts[row]), int(blob.starts[row + 1])
        return blob.values[start:end].tobytes().decode("utf-8", "surrogatepass")


def columns_of(
    ids: Sequence[str],
    texts: Sequence[Text],
    readings: Sequence[Reading],
    vectors: Array,
    heads: Sequence[int],
    hashes: Sequence[int],
) -> Columns:
    """Return the columns of some products."""
    hashed = {name: rows_of([getattr(reading, name) for reading in readings]) for name in TERMS}
    terms = distinct(np.concatenate([rows.values for rows in hashed.values()]))
    terms = terms[terms != 0]
    rows: Any = {name: each.with_values(places(terms, each.values)) for name, each in hashed.items()}
    rows |= {name: _low_bits(rows_of([getattr(reading, name) for reading in readings])) for name in HASHED}
    return Columns(
        terms=terms,
        grams=_grams_of(terms, readings),
        numbers=rows_of([reading.numbers for reading in readings], np.bool_),
        marks=np.array([reading.marks for reading in readings], dtype=np.uint64),
        price=np.array([_price(text) for text in texts], dtype=np.float32),
        head=np.array(heads, dtype=np.uint64),
        hashes=np.array(hashes, dtype=np.uint64),
        vectors=vectors,
        ids=_blob(ids),
        titles=_blob(text.title for text in texts),
        keys=_blob(reading.key for reading in readings),
        **rows,
    )


def merged(parts: Sequence[Columns]) -> Columns:
    """Return the products of all parts, in their order, over one table of the terms that are in use."""
    used = [part.terms[_in_use(part)] for part in parts]
    terms = distinct(np.concatenate(used))
    joined: dict[str, list[Rows]] = {name: [] for name in TERMS}
    for part in parts:
        table = np.append(places(terms, part.terms), np.int32(-1))  # a place of -1 reads the last entry
        for name in TERMS:
            old: Rows = getattr(part, name)
            joined[name].append(old.with_values(table[old.values]))
    rows: Any = {name: stacked(each) for name, each in joined.items()}
    rows |= {name: stacked([getattr(part, name) for part in parts]) for name in ("numbers", *HASHED, *BLOBS)}
    filled = [part for part in parts if len(part)] or parts[:1]  # the vectors of no products may be of any length
    plain: Any = {name: np.concatenate([getattr(part, name) for part in filled]) for name in PLAIN}
    return Columns(terms=terms, grams=_grams_merged(terms, parts), **rows, **plain)


def ordered(columns: Columns) -> Array:
    """Return the rows in the order of their ids (by their bytes)."""
    names = [
        columns.ids.values[a:b].tobytes() for a, b in zip(columns.ids.starts, columns.ids.starts[1:], strict=False)
    ]
    return np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)


def _grams_of(terms: Array, readings: Sequence[Reading]) -> Rows:
    """Return the letter groups of the terms that are words of titles; the others have none."""
    known = {word: name for reading in readings for name, word in zip(reading.names, reading.words, strict=True)}
    return rows_of([_grams(known.get(word, "")) for word in terms.tolist()], np.int32)


def _grams(word: str) -> list[int]:
    """Return the groups of three and four letters of a word, its ends marked, as numbers below :data:`GRAMS`."""
    if not word:
        return []
    text = f"_{word[:_LONGEST_WORD]}_"
    groups = {text[at : at + size] for size in (3, 4) for at in range(len(text) - size + 1)} or {text}
    return sorted({zlib.crc32(group.encode("utf-8", "surrogatepass")) % GRAMS for group in groups})


def _grams_merged(terms: Array, parts: Sequence[Columns]) -> Rows:
    """Return the letter groups of ``terms``, from the first part that knows them."""
    all_ = stacked([part.grams for part in parts])
    at = np.concatenate([places(terms, part.terms) for part in parts])
    titled = np.concatenate([_in_use(part, ("words",)) for part in parts])  # a title that had the word may be gone
    known = np.flatnonzero((all_.counts > 0) & (at >= 0) & titled)
    found, first = np.unique(at[known], return_index=True)
    counts = np.zeros(len(terms), dtype=np.int64)
    counts[found] = all_.counts[known[first]]
    return Rows(starts_of(counts), all_.take(known[first]).values)


def _in_use(part: Columns, names: Sequence[str] = TERMS) -> Array:
    used = np.zeros(len(part.terms) + 1, dtype=np.bool_)
    for name in names:
        used[getattr(part, name).values] = True
    return used[:-1]


def places(terms: Array, hashes: Array) -> Array:
    """Return where each hash stands among ``terms``; -1: nowhere."""
    if not len(terms):
        return np.full(len(hashes), -1, dtype=np.int32)
    at = np.minimum(np.searchsorted(terms, hashes), len(terms) - 1)
    return np.where(terms[at] == hashes, at, -1).astype(np.int32)


def _price(text: Text) -> float:
    return text.price if _LOWEST < text.price < _HIGHEST else 0.0


def _low_bits(rows: Rows) -> Rows:
    return rows.with_values((rows.values & np.uint64(0xFFFFFFFF)).astype(np.uint32))


def _blob(texts: Iterable[str]) -> Rows:
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return Rows(starts_of([len(each) for each in encoded]), np.frombuffer(b"".join(encoded), dtype=np.uint8))
