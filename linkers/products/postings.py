"""The inverted index: from terms to products, with the weight of each term in each product.

The score of a mention and a product is a weighted sum of cosines, one for each field (words, first letters, model
numbers, the same in the rest of what is known), over inverse document frequencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from linkers.products.columns import Columns
from linkers.products.engines import sparse
from linkers.products.rows import Array, Rows, distinct

__all__ = ["FIELDS", "Postings", "build_postings", "field_norms", "idf_of"]

FIELDS = {"words": 1.0, "stems": 0.4, "codes": 0.6, "cores": 0.5, "inner_codes": 0.4, "detail": 0.4}
"""The fields that candidates are found by, and the weight of each in the score."""


@dataclass(frozen=True, slots=True)
class Postings:
    """What candidates are found by.

    ``idf`` has one number a term. Row ``t`` of ``products`` lists the products with
    term ``t``, of ``weights`` its weights there.
    """

    idf: Array
    products: Rows
    weights: Array

    def matrix(self, size: int) -> Any:  # noqa: ANN401 - scipy's types are partial
        """Return the index as a sparse matrix (terms, products) on the same memory."""
        matrix = sparse().csr_matrix((len(self.idf), size), dtype=np.float32)
        matrix.data, matrix.indices, matrix.indptr = self.weights, self.products.values, self.products.starts
        return matrix


def build_postings(columns: Columns) -> Postings:
    """Return the inverted index of all products."""
    size, terms = len(columns), len(columns.terms)
    fields = {name: _field(columns, name) for name in FIELDS}
    counts = np.zeros(terms, dtype=np.int64)
    for rows in fields.values():
        counts += np.bincount(rows.values, minlength=terms)
    idf = idf_of(counts, size)
    shortest = sorted(fields, key=lambda name: len(fields[name].values))  # sums grow: what is long is added last
    parts = (_inverted(fields[name], _weights(fields[name], idf, FIELDS[name]), terms) for name in shortest)
    inverted = reduce(add, parts)
    wide = np.int32 if inverted.nnz < 2**31 else np.int64
    return Postings(idf, Rows(inverted.indptr.astype(wide), inverted.indices.astype(np.int32)), inverted.data)


def _inverted(rows: Rows, weights: Array, terms: int) -> Any:  # noqa: ANN401 - scipy's types are partial
    """Return the products of each term, ascending, as a sparse matrix (terms, products)."""
    starts = rows.starts.astype(np.int32 if len(rows.values) < 2**31 else np.int64)
    return sparse().csc_array((weights, rows.values, starts), shape=(terms, len(rows))).tocsr()


def _weights(rows: Rows, idf: Array, weight: float) -> Array:
    """Return how much each value of a field's rows says: its share of the row's length."""
    found = idf[rows.values]
    return found * np.repeat(np.float32(weight) / _norms(rows, found), rows.counts)


def idf_of(counts: Array, size: int) -> Array:
    """Return the inverse document frequency of terms that so many of ``size`` products have (as BM25 has it)."""
    return np.log1p((size - np.minimum(counts, size) + 0.5) / (counts + 0.5)).astype(np.float32)


def field_norms(rows: Rows, idf: Array) -> Array:
    """Return the length of each row as a vector of inverse document frequencies; 1 for an empty one."""
    return _norms(rows, idf[rows.values])


def _norms(rows: Rows, values: Array) -> Array:
    norms = np.ones(len(rows), dtype=np.float32)
    filled = np.flatnonzero(rows.counts)
    if len(filled):
        norms[filled] = np.sqrt(np.add.reduceat(np.square(values, dtype=np.float64), rows.starts[filled]))
    return norms


def _field(columns: Columns, name: str) -> Rows:
    """Return a field's terms, each once a product, without the places where there is none."""
    rows: Rows = getattr(columns, name)
    if name != "stems":  # the others hold each term once, and no gaps
        return rows
    there = np.flatnonzero(rows.values >= 0)
    keys = distinct(rows.owners()[there] << np.int64(32) | rows.values[there])
    starts = np.searchsorted(keys, np.arange(len(rows) + 1, dtype=np.int64) << np.int64(32))
    return Rows(starts, keys.astype(np.int32))  # the lower half of each key
