"""Readings of many products as columns: rows of term numbers beside a table of the terms, and plain arrays.

Two parts of a catalogue become one by :func:`merged`; so do the unchanged rows of an index and the changed ones.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import le
from typing import Any

import numpy as np

from linkers.products.analyse import Reading, Text
from linkers.products.rows import Array, Rows, distinct, gather, rows_of, stacked, starts_of

__all__ = [
    "BLOBS", "PLAIN", "PLAIN_ROWS", "TERMS", "Columns", "columns_of", "merged", "ordered", "places", "places_of",
    "texts_of", "woven",
]  # fmt: skip

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
        chosen = gather([len(self)], rows)
        columns: Any = {"terms": self.terms, "names": self.names}
        for name in (*TERMS, *PLAIN_ROWS, *BLOBS):
            columns[name] = nothing if name in without else chosen.rows([getattr(self, name)])
        columns |= {name: chosen.array([getattr(self, name)]) for name in PLAIN}
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


def merged(parts: Sequence[Columns], rows: Array | None = None) -> Columns:
    """Return products of all parts over one table of the terms that are in use.

    ``rows`` says which of them and in what order, counted through the parts; ``None``: all, as they stand.
    """
    parts = [part for part in parts if len(part)] or parts[:1]  # the vectors of no products may be of any length
    chosen = gather([len(part) for part in parts], rows)
    offsets = starts_of([len(part.terms) for part in parts]).astype(np.int32).tolist()
    numbered: dict[str, Rows] = {}  # by places in the tables of all parts, one after the other
    for name in TERMS:
        moved = [_moved(getattr(part, name), by) for part, by in zip(parts, offsets, strict=False)]
        numbered[name] = chosen.rows(moved)
    titled = _in_use([numbered["words"], numbered["codes"]], offsets[-1])
    used = titled | _in_use([numbered[name] for name in TERMS if name not in {"words", "codes"}], offsets[-1])
    before = np.concatenate([part.terms for part in parts])
    terms = distinct(before[used])
    table = np.append(places(terms, before), np.int32(-1))  # a place of -1 reads the last entry
    columns: Any = {}
    for name in TERMS:
        each = numbered.pop(name)
        columns[name] = each.with_values(table[each.values])
    columns |= {name: chosen.rows([getattr(part, name) for part in parts]) for name in (*PLAIN_ROWS, *BLOBS)}
    columns |= {name: chosen.array([getattr(part, name) for part in parts]) for name in PLAIN}
    names = _names_merged([part.names for part in parts], table, titled, len(terms))
    return Columns(terms=terms, names=names, **columns)


def _moved(rows: Rows, by: int) -> Rows:
    return rows.with_values(np.where(rows.values < 0, rows.values, rows.values + np.int32(by))) if by else rows


def ordered(columns: Columns) -> tuple[Array, str | None]:
    """Return the rows in the order of their ids (by their bytes), and an id that stands twice."""
    data, starts = columns.ids.values.tobytes(), columns.ids.starts.tolist()
    names = [data[start:end] for start, end in itertools.pairwise(starts)]
    order = sorted(range(len(names)), key=names.__getitem__)
    sorted_names = [names[row] for row in order]
    twice = next(itertools.compress(sorted_names, map(bytes.__eq__, sorted_names, sorted_names[1:])), None)
    return np.array(order, dtype=np.int64), None if twice is None else twice.decode("utf-8", "surrogatepass")


def places_of(names: Sequence[str], ids: Sequence[str]) -> Array:
    """Return where each name stands among ``ids``, which ascend; -1: nowhere. Of equal names one may have the place.

    Names that ascend too are compared stretch by stretch, without a table of them all.
    """
    order = None
    if not all(map(le, names, itertools.islice(names, 1, None))):
        order = sorted(range(len(names)), key=names.__getitem__)
        names = [names[each] for each in order]
    found = np.full(len(names), -1, dtype=np.int64)
    at = name = 0
    while at < len(ids) and name < len(names):
        if alike := _alike(ids, at, names, name):
            found[name : name + alike] = np.arange(at, at + alike)
            at, name = at + alike, name + alike
        elif ids[at] < names[name]:
            at += 1
        else:
            name += 1
    return found if order is None else found[np.argsort(order)]


def _alike(one: Sequence[str], at: int, other: Sequence[str], there: int) -> int:
    """Return how many texts are the same in both from these places on, looking at ever longer stretches."""
    alike, step = 0, 1
    while step:
        ours = one[at + alike : at + alike + step]
        if ours and ours == other[there + alike : there + alike + step]:
            alike += len(ours)
            step *= 2
        else:
            step //= 2
    return alike


def woven(ids: Sequence[str], kept: Array, new: Sequence[str]) -> tuple[Array, str | None]:
    """Return the order of kept rows and new ones by their ids, and an id that stands twice.

    Args:
        ids: the ids of all rows there were, ascending.
        kept: the rows that are kept, ascending.
        new: the ids of new rows, which are counted on from those there were.
    """
    order = sorted(range(len(new)), key=new.__getitem__)
    names = [new[each] for each in order]
    places = [bisect_left(ids, name) for name in names]
    before = np.searchsorted(kept, places)
    held = (np.append(kept, -1)[before] == places).tolist()  # a kept row is there: of this very id, or the next
    taken = (name for name, place, here in zip(names, places, held, strict=True) if here and ids[place] == name)
    repeated = (one for one, other in itertools.pairwise(names) if one == other)
    rows = np.insert(kept, before, np.array(order, dtype=np.int64) + len(ids))
    return rows, min(itertools.chain(taken, repeated), default=None)


def _names_of(terms: Array, readings: Sequence[Reading]) -> Rows:
    """Return the text of the terms that are words or model numbers of titles."""
    known: dict[int, str] = {}
    for reading in readings:
        known.update(zip(reading.codes, reading.code_names, strict=True))
        known.update(zip(reading.words, reading.names, strict=True))
    return _blob(known.get(term, "")[:_LONGEST_NAME] for term in terms.tolist())


def _names_merged(parts: Sequence[Rows], table: Array, titled: Array, terms: int) -> Rows:
    """Return the text of terms that stand in titles, from the first part that knows it."""
    all_ = stacked(parts)
    known = np.flatnonzero((all_.counts > 0) & titled)  # the title that had it may be gone
    found, first = np.unique(table[known], return_index=True)
    counts = np.zeros(terms, dtype=np.int64)
    counts[found] = all_.counts[known[first]]
    return Rows(starts_of(counts), all_.take(known[first]).values)


def _in_use(columns: Sequence[Rows], terms: int) -> Array:
    used = np.zeros(terms + 1, dtype=np.bool_)
    for rows in columns:
        used[rows.values] = True
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
