"""Candidates without all pairs: products that share the mention's rarest terms, united with the nearest titles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from linkers.products.columns import Columns, places
from linkers.products.engines import sparse, top_products
from linkers.products.index import ProductIndex
from linkers.products.postings import field_norms, idf_of
from linkers.products.rows import Array, Rows, distinct, starts_of

__all__ = ["Batch", "Pairs", "Search", "read_batch"]

_SAID = {"words": 1.0, "stems": 1.0, "codes": 1.0, "cores": 1.0, "inner_codes": 0.5, "detail": 0.3}
"""How much the parts of a mention count; a mention that is only words has no others."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Mentions beside an index.

    ``place`` tells where each term of the mentions stands among the index's terms (-1:
    nowhere), ``idf`` its inverse document frequency; what the catalogue never says counts as ``rarest``.
    """

    columns: Columns
    place: Array
    idf: Array
    rarest: float

    def __len__(self) -> int:
        return len(self.columns)

    def known(self, rows: Rows) -> Array:
        """Return the places among the index's terms of a column of the batch."""
        return np.where(rows.values >= 0, self.place[rows.values], -1) if len(self.place) else rows.values


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a mention and a product, by their numbers, mentions ascending and products ascending within one."""

    mentions: Array
    products: Array

    def __len__(self) -> int:
        return len(self.mentions)


@dataclass(frozen=True, slots=True)
class Search:
    """How many candidates are looked for, by shared terms and by nearness, and how much of the index is read for one.

    Up to ``shared`` products (``a_word`` for each of the mention's words) that share the rarest terms: the first
    ``least`` and those with at least ``close`` of the best one's score. Terms are used, the rarest first, until their
    products number ``budget``; at least ``least_terms``.
    """

    shared: int = 60
    nearest: int = 8
    budget: int = 14_000
    least_terms: int = 1
    least: int = 15
    close: float = 0.75
    a_word: int = 10

    def pairs(self, index: ProductIndex, batch: Batch) -> Pairs:
        """Return the candidates of every mention of the batch."""
        found: list[tuple[Array, Array]] = []
        if self.shared and len(index):
            found.append(self._sharing(index, batch))
        if self.nearest and len(index) and len(batch):
            found.append(self._near(index, batch))
        if not found:
            nothing = np.zeros(0, dtype=np.int64)
            return Pairs(nothing, nothing)
        keys = distinct(np.concatenate([mentions << np.int64(32) | products for mentions, products in found]))
        return Pairs(keys >> np.int64(32), keys & np.int64(0xFFFFFFFF))

    def _sharing(self, index: ProductIndex, batch: Batch) -> tuple[Array, Array]:
        owners, terms, weights = _query(batch)
        starts = index.postings.products.starts
        sizes = starts[terms + 1] - starts[terms]  # of these alone: there are millions of terms
        kept = self._affordable(owners, sizes)
        shape = (len(batch), len(index.columns.terms))
        query = sparse().csr_matrix((weights[kept], (owners[kept], terms[kept])), shape=shape, dtype=np.float32)
        inverted = index.postings.matrix(len(index))
        best = top_products(query, inverted, self.shared)
        mentions = np.repeat(np.arange(len(batch), dtype=np.int64), np.diff(best.indptr))
        kept = self._near_the_best(batch, mentions, best)
        return mentions[kept], best.indices[kept].astype(np.int64)

    def _near_the_best(self, batch: Batch, mentions: Array, found: Any) -> Array:  # noqa: ANN401 - scipy's types
        """Return which of the products found are worth a closer look."""
        order = np.lexsort((found.indices, -found.data, mentions))
        places_ = np.arange(len(order)) - found.indptr[:-1][mentions]
        score = found.data[order]
        highest = score[found.indptr[:-1][mentions]]  # of products in order, the first has it
        most = np.minimum(self.shared, self.a_word * batch.columns.words.counts)[mentions]
        wanted = ((places_ < self.least) | (score >= self.close * highest)) & (places_ < np.maximum(most, self.least))
        return np.sort(order[wanted])

    def _affordable(self, owners: Array, sizes: Array) -> Array:
        """Return which terms of the query are used: by mention the rarest, as far as the budget goes."""
        order = np.lexsort((sizes, owners))
        first = np.searchsorted(owners[order], owners[order], side="left")
        spent = np.cumsum(sizes[order])
        spent -= (spent - sizes[order])[first]
        rank = np.arange(len(order)) - first
        return np.sort(order[(spent <= self.budget) | (rank < self.least_terms)])

    def _near(self, index: ProductIndex, batch: Batch) -> tuple[Array, Array]:
        vectors = batch.columns.vectors.astype(np.float32) / 127
        found = index.neighbours.search(vectors, self.nearest)
        mentions = np.repeat(np.arange(len(batch), dtype=np.int64), found.shape[1])
        known = np.abs(vectors).sum(axis=1) > 0
        there = (found >= 0).ravel() & known[mentions]
        return mentions[there], found.ravel()[there].astype(np.int64)


def read_batch(index: ProductIndex, columns: Columns) -> Batch:
    """Return mentions, read as columns, beside an index."""
    place = places(index.columns.terms, columns.terms)
    rarest = float(idf_of(np.zeros(1), len(index))[0])
    idf = (
        np.where(place >= 0, index.postings.idf[place], rarest)
        if len(index.postings.idf)
        else np.full(len(place), rarest)
    )
    return Batch(columns, place, idf.astype(np.float32), rarest)


def _query(batch: Batch) -> tuple[Array, Array, Array]:
    """Return the terms of all mentions that the index knows: whose, which, and their weights.

    First letters are looked up only of words that no product has: those of others would find the same and cost more.
    """
    columns = batch.columns
    parts: list[tuple[Array, Array, Array]] = []
    for name, weight in _SAID.items():
        rows: Rows = getattr(columns, name)
        owners = rows.owners()
        there = rows.values >= 0
        if name == "stems":
            there &= batch.known(columns.words) < 0
        values = Rows(starts_of(np.bincount(owners[there], minlength=len(rows))), rows.values[there])
        norms = field_norms(values, batch.idf)
        place = batch.place[values.values]
        weights = weight * batch.idf[values.values] / norms[values.owners()]
        known = place >= 0
        parts.append((values.owners()[known], place[known], weights[known]))
    return tuple(np.concatenate([part[at] for part in parts]) for at in range(3))  # pyright: ignore[reportReturnType]
