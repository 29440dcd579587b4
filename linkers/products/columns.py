"""Readings of many products as columns: rows of term numbers beside a table of the terms, and plain arrays.

Two parts of a catalogue become one by :func:`merged`; so do the unchanged rows of an index and the changed ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from linkers.products.analyse import Reading, Text
from linkers.products.rows import Array, Rows, distinct, rows_of, stacked, starts_of

__all__ = ["BLOBS", "PLAIN", "PLAIN_ROWS", "TERMS", "Columns", "columns_of", "merged", "ordered", "places", "texts_of"]

TERMS = ("words", "stems", "codes", "cores", "inner_codes", "brand", "detail")
"""Columns of term numbers; ``stems`` stand beside ``words``, -1 where there is none."""
PLAIN_ROWS = ("numbers", "joins", "amounts")
"""Columns of other numbers."""
PLAIN = ("marks", "price", "head", "hashes", "vectors")
BLOBS = ("ids", "titles", "keys", "parts")
"""Columns of UTF-8 text."""

_LONGEST_NAME = 24
_HIGHEST = 1e30  # what is no number below is no price
_LOWEST = 1e-6


@dataclass(frozen=True, slots=True)
class Columns:
    """Products as columns; every column but ``terms`` and ``names`` has one row a product.

    ``terms`` are the hashes of all terms, ascending, each once; term columns hold places in it. ``names`` has the text
    of each term that is a word or a model number of a title; the others have none. ``numbers`` (beside ``words``) says
    which words are numbers, and of what; ``joins`` holds the low 32 bits of hashes; ``amounts`` quantities
    (:mod:`linkers.products.amounts`). ``head`` is the hash of the last word of the product's type (0: unknown),
    ``hashes`` that of the row, ``price`` 0 where unknown. ``vectors`` are unit vectors of the title as whole numbers
    -127..127. ``parts`` are the title's parts as :class:`linkers.products.analyse.Reading` has them.
    """

    terms: Array
    names: Rows
    words: Rows
    stems: Rows
    numbers: Rows
    joins: Rows
    amounts: Rows
    codes: Rows
    cores: Rows
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
    parts: Rows

    def __len__(self) -> int:
        return len(self.marks)

    def take(self, rows: Array, without: Collection[str] = ()) -> Columns:
        """Return the products at ``rows``, in that order; of columns in ``without``, empty texts."""
        nothing = Rows(np.zeros(len(rows) + 1, dtype=np.int64), np.zeros(0, dtype=np.uint8))
        taken = {
            each.name: nothing
            if each.name in without
            else value.take(rows)
            if isinstance(value := getattr(self, each.name), Rows)
            else value[rows]
            for each in fields(self)
            if each.name not in {"terms", "names"}
        }
        columns: Any = {"terms": self.terms, "names": self.names, **taken}
        return Columns(**columns)

    def text(self, column: str, row: int) -> str:
        """Return one text of a blob column."""
        blob: Rows = getattr(self, column)
        start, end = int(blob.starts[row]), int(blob.starts[row + 1])
        return blob.values[start:end].tobytes().decode("utf-8", "surrogatepass")

    def texts(self, column: str) -> list[str]:
        """Return all texts of a blob column."""
        return texts_of(getattr(self, column))


def texts_of(blob: Rows) -> list[str]:
    """Return the rows of UTF-8 bytes as texts."""
    data, places_ = blob.values.tobytes(), itertools.pairwise(blob.starts.tolist())
    if data.isascii():
        text = data.decode("ascii")
        return [text[start:end] for start, end in places_]
    return [data[start:end].decode("utf-8", "surrogatepass") for start, end in places_]


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
    for name, dtype in (("numbers", np.uint8), ("joins", np.uint32), ("amounts", np.int32)):
        rows[name] = rows_of([getattr(reading, name) for reading in readings], dtype)
    return Columns(
        terms=terms,
        names=_names_of(terms, readings),
        marks=np.array([reading.marks for reading in readings], dtype=np.uint64),
        price=np.array([_price(text) for text in texts], dtype=np.float32),
        head=np.array(heads, dtype=np.uint64),
        hashes=np.array(hashes, dtype=np.uint64),
        vectors=vectors,
        ids=_blob(ids),
        titles=_blob(text.title for text in texts),
        keys=_blob(reading.key for reading in readings),
        parts=_blob(reading.parts for reading in readings),
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
    rows |= {name: stacked([getattr(part, name) for part in parts]) for name in (*PLAIN_ROWS, *BLOBS)}
    filled = [part for part in parts if len(part)] or parts[:1]  # the vectors of no products may be of any length
    plain: Any = {name: np.concatenate([getattr(part, name) for part in filled]) for name in PLAIN}
    return Columns(terms=terms, names=_names_merged(terms, parts), **rows, **plain)


def ordered(columns: Columns) -> tuple[Array, str | None]:
    """Return the rows in the order of their ids (by their bytes), and an id that stands twice."""
    data, starts = columns.ids.values.tobytes(), columns.ids.starts.tolist()
    names = [data[start:end] for start, end in itertools.pairwise(starts)]
    order = sorted(range(len(names)), key=names.__getitem__)
    sorted_names = [names[row] for row in order]
    twice = next(itertools.compress(sorted_names, map(bytes.__eq__, sorted_names, sorted_names[1:])), None)
    return np.array(order, dtype=np.int64), None if twice is None else twice.decode("utf-8", "surrogatepass")


def _names_of(terms: Array, readings: Sequence[Reading]) -> Rows:
    """Return the text of the terms that are words or model numbers of titles."""
    known: dict[int, str] = {}
    for reading in readings:
        known.update(zip(reading.codes, reading.code_names, strict=True))
        known.update(zip(reading.words, reading.names, strict=True))
    return _blob(known.get(term, "")[:_LONGEST_NAME] for term in terms.tolist())


def _names_merged(terms: Array, parts: Sequence[Columns]) -> Rows:
    """Return the text of ``terms``, from the first part that knows it."""
    all_ = stacked([part.names for part in parts])
    at = np.concatenate([places(terms, part.terms) for part in parts])
    titled = np.concatenate([_in_use(part, ("words", "codes")) for part in parts])  # the title that had it may be gone
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


def _blob(texts: Iterable[str]) -> Rows:
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return Rows(starts_of([len(each) for each in encoded]), np.frombuffer(b"".join(encoded), dtype=np.uint8))
