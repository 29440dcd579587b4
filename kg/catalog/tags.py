"""The file of tags: written a batch at a time, and laid over the products' own attributes when read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np

from kg.catalog.engine import literal, opened
from kg.records import atomic_path

__all__ = ["TAGGED", "TAG_COLUMNS", "TagWriter", "write_tags"]

TAG_COLUMNS = ("id", "attribute", "value", "source", "evidence")
TAGGED = """
SELECT id, json_group_object(attribute, value)::VARCHAR AS tags FROM (
  SELECT id, attribute, string_agg(value, ';' ORDER BY place) AS value FROM (
    SELECT id, attribute, value, file_row_number AS place FROM read_parquet($tags, file_row_number = true))
  GROUP BY id, attribute)
GROUP BY id"""
"""SQL: for each product of the files ``$tags`` its tags as a JSON object; several values joined by ";"."""
_EMPTY = "SELECT '' AS id, '' AS attribute, '' AS value, '' AS source, '' AS evidence WHERE FALSE"


def write_tags(path: Path, tags: Sequence[tuple[str, str, str, str, str]], memory_mb: int) -> None:
    """Write a few tags to ``path``."""
    folder = path.with_name(".tags-spool")
    with opened(folder, memory_mb) as engine:
        writer = TagWriter(engine, folder)
        writer.add(tags)
        writer.write(path)


class TagWriter:
    """Spools batches of tags into ``folder`` and writes them as one file, in their order."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._files: list[str] = []

    def add(self, tags: Sequence[tuple[str, str, str, str, str]]) -> None:
        """Append a batch of (id, attribute, value, source, evidence)."""
        if not tags:
            return
        file = self._folder / f"tags-{len(self._files):06d}.parquet"
        columns = zip(TAG_COLUMNS, zip(*tags, strict=True), strict=True)
        self._engine.register("batch", {name: np.array(values, dtype=object) for name, values in columns})
        self._engine.execute(f"COPY (SELECT * FROM batch) TO {literal(file)} (FORMAT parquet, COMPRESSION lz4_raw)")
        self._engine.unregister("batch")
        self._files.append(str(file))

    def write(self, path: Path) -> None:
        """Write all batches to ``path``; none is a file without rows."""
        select = "SELECT * FROM read_parquet($files)" if self._files else _EMPTY
        with atomic_path(path) as temporary:
            self._engine.execute(
                f"COPY ({select}) TO {literal(temporary)} (FORMAT parquet, COMPRESSION zstd)",
                {"files": self._files} if self._files else None,
            )
