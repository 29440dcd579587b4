"""The products of a catalogue's artefacts, as an index of products wants them: all, or those that changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from kg.catalog.engine import arrays, opened
from kg.errors import ArtefactError
from linkers.products.analyse import Text
from linkers.products.index import Item
from linkers.products.rows import Array

__all__ = ["COMPARING", "READING", "ProductRows", "Steps"]

READING, COMPARING = "reading products for the index", "looking for products that changed"
Steps = Callable[[str, int, int], None]
"""Is told of a step how many more of how many are done."""
_DETAIL = 1_000  # characters of a description: what stands behind names no product
_FETCH = 4_096
_ROWS = f"""
SELECT p.id AS id, title, coalesce(brand, '') AS brand, coalesce(category, '') AS category,
       substr(coalesce(description, ''), 1, {_DETAIL}) AS description, coalesce(price, 0.0) AS price,
       coalesce(t.name, '') AS kind
FROM read_parquet($products) p
LEFT JOIN read_json($types, format = 'newline_delimited', columns = {{id: 'VARCHAR', name: 'VARCHAR'}}) t
       ON t.id = p.type_id
"""
_MARK = "md5_number_lower(concat_ws(chr(31), title, brand, category, description, price, kind))"


@dataclass(frozen=True, slots=True)
class ProductRows:
    """A catalogue's products; :class:`linkers.products.index.Source` says what for.

    ``spill`` is a folder that may be used, and is gone afterwards; ``memory_mb`` is what ordering may take.
    """

    products: Path
    types: Path
    spill: Path
    memory_mb: int
    steps: Steps

    def count(self) -> int:
        """Return how many there are.

        Raises:
            ArtefactError: the file cannot be read.
        """
        try:
            with duckdb.connect(":memory:", config={"threads": 1}) as engine:
                row = engine.execute("SELECT count(*) FROM read_parquet(?)", [str(self.products)]).fetchone()
        except duckdb.IOException as error:
            raise self._gone() from error
        return int(row[0]) if row else 0

    def every(self) -> Iterator[Item]:
        """Yield all products in the order of their ids, reading a few thousand at a time."""
        return self._read("", self.count())

    def items(self, ids: Collection[str]) -> Iterator[Item]:
        """Yield the products with these ids, in the order of their ids."""
        return self._read("WHERE id IN (SELECT unnest($ids))", len(ids), list(ids))

    def marks(self) -> Iterator[tuple[Array, Array]]:
        """Yield all ids, with numbers that change when anything of a product does, that linking looks at."""
        total = self.count()
        self.steps(COMPARING, 0, total)
        with self._asked(f"SELECT id, {_MARK} AS mark FROM ({_ROWS}) ORDER BY id", None) as engine:
            columns = arrays(engine)
        yield np.asarray(columns["id"]), np.asarray(columns["mark"])
        self.steps(COMPARING, total, total)

    def _read(self, which: str, total: int, ids: list[str] | None = None) -> Iterator[Item]:
        for rows in self._fetched(f"SELECT *, {_MARK} FROM ({_ROWS}) {which} ORDER BY id", ids):
            for id_, title, brand, category, description, price, kind, mark in rows:
                # The category first: of a long detail the end is not read.
                yield Item(id_, Text(title, brand, f"{category} {description}".strip(), price), kind, mark)
            self.steps(READING, len(rows), total)

    def _fetched(self, query: str, ids: list[str] | None) -> Iterator[list[tuple[Any, ...]]]:
        with self._asked(query, ids) as engine:
            while rows := engine.fetchmany(_FETCH):
                yield rows

    @contextmanager
    def _asked(self, query: str, ids: list[str] | None) -> Generator[duckdb.DuckDBPyConnection]:
        given: dict[str, object] = {"products": str(self.products), "types": str(self.types)}
        if ids:
            given["ids"] = ids
        try:
            with opened(self.spill, self.memory_mb) as engine:
                yield engine.execute(query, given)
        except duckdb.IOException as error:
            raise self._gone() from error

    def _gone(self) -> ArtefactError:
        remedy = "if a build is running, wait for it; else 'kg build'"
        return ArtefactError(f"{self.products} cannot be read", remedy=remedy)
