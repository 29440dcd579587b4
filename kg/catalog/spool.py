"""The spool: checked rows on disk between the passes, in input order, and the queries over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import duckdb
import numpy as np

from kg.catalog.engine import arrays, literal
from kg.catalog.rejects import shown
from kg.model import Reject
from kg.records import atomic_path

__all__ = ["Counted", "Spool"]

_BUCKET = 4_000_000  # rows whose ids are compared at a time
_CHUNK = 16_384
_MAX_TEXT = 4_000_000  # characters of descriptions that are written at a time
_GROUP = 16_384  # rows in a row group of products.parquet, fewer where descriptions are long
_LEFT_OUT = -1  # the pair of a row whose id an earlier row has
_OBJECTS = ("id", "title", "brand", "category", "description", "group_id", "attributes", "core")
_NUMBERS = {"price": np.float64, "in_stock": np.bool_, "popularity": np.float64}


class Counted(NamedTuple):
    """Products of one (category, phrase) pair: their number, summed popularity and the first one's title."""

    pair: int
    products: int
    popularity: float
    example: str


class Spool:
    """Rows on disk as a run of Parquet files; ``engine`` must keep the order of rows."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.rows = 0
        self._text = 0  # characters of descriptions, nearly all of a wide catalogue
        self._files: list[str] = []
        self._pairs: list[str] = []
        engine.execute("CREATE TEMP TABLE doubled (row_number BIGINT)")

    def add(self, file: int, lines: Sequence[int], columns: Mapping[str, Sequence[object]]) -> None:
        """Append a batch: its rows' lines in input file number ``file``, and their columns."""
        size = len(lines)
        if not size:
            return
        text = sum(map(len, cast("Sequence[str]", columns["description"])))
        if text > _MAX_TEXT and size > 1:
            half = size // 2
            self.add(file, lines[:half], {name: values[:half] for name, values in columns.items()})
            self.add(file, lines[half:], {name: values[half:] for name, values in columns.items()})
            return
        self._text += text
        batch: dict[str, np.ndarray[Any, Any]] = {
            "row_number": np.arange(self.rows, self.rows + size, dtype=np.int64),
            "file": np.full(size, file, dtype=np.int32),
            "line": np.array(lines, dtype=np.int64),
        }
        for name in _OBJECTS:
            if any(columns[name]):  # a column the catalogue does not have costs nothing to carry
                batch[name] = np.array(columns[name], dtype=object)
        for name, kind in _NUMBERS.items():
            batch[name] = np.array(columns[name], dtype=kind)
        self._files.append(self._save("rows", len(self._files), batch, _OBJECTS))
        self.rows += size

    def duplicates(self, names: Sequence[str]) -> Iterator[Reject]:
        """Yield a reject for every row whose id an earlier row has; such rows are left out from here on.

        Hashes of ids are compared first, eight bytes a row and a bounded number of rows at a time, then the ids of
        those few whose hash stands twice.
        """
        if not self._files:
            return
        buckets = self.rows // _BUCKET + 1
        for bucket in range(buckets):
            hashes = self._arrays(
                f"SELECT hash(id) AS h FROM read_parquet($files) WHERE {buckets} = 1 OR hash(id) % $buckets = $bucket",
                {"files": self._files, "buckets": buckets, "bucket": bucket},
            )["h"]
            hashes.sort()
            twice = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
            if twice.size:
                yield from self._doubled(names, twice)

    def _doubled(self, names: Sequence[str], hashes: np.ndarray[Any, Any]) -> Iterator[Reject]:
        self.engine.register("twice", {"h": hashes})
        self.engine.execute(
            "CREATE OR REPLACE TEMP TABLE first AS SELECT id, min(row_number) AS kept FROM read_parquet($files) "
            "WHERE hash(id) IN (SELECT h FROM twice) GROUP BY id HAVING count(*) > 1",
            {"files": self._files},
        )
        self.engine.unregister("twice")
        self.engine.execute(
            "CREATE OR REPLACE TEMP TABLE found AS SELECT s.row_number, s.file, s.line, s.id, f.kept "
            "FROM read_parquet($files) s JOIN first f ON s.id = f.id WHERE s.row_number > f.kept",
            {"files": self._files},
        )
        self.engine.execute("INSERT INTO doubled SELECT row_number FROM found")
        rows = self.engine.execute(
            "SELECT d.file, d.line, d.id, s.file, s.line FROM found d JOIN read_parquet($files) s "
            "ON s.row_number = d.kept ORDER BY d.row_number",
            {"files": self._files},
        )
        while chunk := rows.fetchmany(_CHUNK):
            for at, line, product, first_at, first_line in chunk:
                remedy = f"the first, {names[first_at]}:{first_line}, is kept; give this one its own id or remove it"
                yield Reject(names[int(at)], line, "id", shown(product), "the id stands twice", remedy)

    def assign(self, pick: Callable[[str, str], str]) -> list[tuple[str, str]]:
        """Give every row its (category, phrase) by ``pick(category, core)``; return the distinct pairs."""
        pairs: dict[tuple[str, str], int] = {}

        @lru_cache(maxsize=65_536)
        def number(category: str, core: str) -> int:
            return pairs.setdefault((category, pick(category, core)), len(pairs))

        doubled = self._arrays("SELECT row_number FROM doubled")["row_number"]
        done = 0
        for position, file in enumerate(self._files):
            rows = self._arrays(f"SELECT category, core FROM read_parquet({literal(Path(file))})")
            size = len(rows["core"])
            numbers = np.fromiter(map(number, rows["category"], rows["core"]), dtype=np.int32, count=size)
            here = doubled[(doubled >= done) & (doubled < done + size)]
            numbers[here - done] = _LEFT_OUT
            self._pairs.append(self._save("pairs", position, {"pair": numbers}))
            done += size
        return list(pairs)

    def groups(self) -> list[Counted]:
        """Return every pair that has products, in order."""
        rows = self.engine.execute(
            "SELECT pair, count(*), sum(popularity), arg_min(title, row_number) "
            "FROM read_parquet($files) POSITIONAL JOIN read_parquet($pairs) "
            f"WHERE pair <> {_LEFT_OUT} GROUP BY pair ORDER BY pair",
            {"files": self._files, "pairs": self._pairs},
        ).fetchall()
        return [Counted(*row) for row in rows]

    def write(self, type_ids: Mapping[int, str], file: Path) -> None:
        """Write the products with their types to ``file``, in input order.

        The types are laid beside the rows by position: a join by value would be free to change the order.
        """
        names = np.full(max(type_ids) + 2, None, dtype=object)  # the last stands for _LEFT_OUT, index -1
        names[list(type_ids)] = list(type_ids.values())
        types: list[str] = []
        for position, pairs in enumerate(self._pairs):
            numbers = self._arrays(f"SELECT pair FROM read_parquet({literal(Path(pairs))})")["pair"]
            types.append(self._save("types", position, {"type_id": names[numbers]}))
        with atomic_path(file) as temporary:
            self.engine.execute(
                "COPY (SELECT id, title, brand, category, description, "
                "CASE WHEN isnan(price) THEN NULL ELSE price END AS price, in_stock, popularity, group_id, attributes, "
                "type_id::VARCHAR AS type_id FROM read_parquet($files) POSITIONAL JOIN read_parquet($types) "
                f"WHERE type_id IS NOT NULL) TO {literal(temporary)} "
                f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {self._group()})",
                {"files": self._files, "types": types},
            )

    def _group(self) -> int:
        """Return how many rows fit a row group, a power of two so that the writer's batches fill it evenly."""
        rows = _GROUP
        while rows > 2048 and rows * self._text > 2 * _MAX_TEXT * self.rows:
            rows //= 2
        return rows

    def _arrays(self, query: str, parameters: object = None) -> dict[str, np.ndarray[Any, Any]]:
        """Return the columns of a query."""
        return arrays(self.engine.execute(query, parameters))

    def _save(
        self, kind: str, number: int, batch: Mapping[str, np.ndarray[Any, Any]], texts: Sequence[str] = ()
    ) -> str:
        """Write a batch and return the file; of ``texts``, those the batch does not have are empty."""
        file = self.folder / f"{kind}-{number:06d}.parquet"
        self.engine.register("batch", dict(batch))
        columns = [name for name in batch if name not in texts]
        columns += [name if name in batch else f"'' AS {name}" for name in texts]
        select = f"SELECT {', '.join(columns)} FROM batch"
        self.engine.execute(f"COPY ({select}) TO {literal(file)} (FORMAT parquet, COMPRESSION lz4_raw)")
        self.engine.unregister("batch")
        return str(file)
