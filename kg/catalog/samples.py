"""A few titles of every product type: what a shop calls its own things."""

from __future__ import annotations

from pathlib import Path

import duckdb

from kg.model import TypeId

__all__ = ["sample_titles"]

_SAMPLE = """
SELECT type_id, list(title ORDER BY popularity DESC, id) FROM (
    SELECT type_id, title, popularity, id,
           row_number() OVER (PARTITION BY type_id ORDER BY popularity DESC, id) AS place
    FROM read_parquet(?) WHERE type_id <> ''
) WHERE place <= ? GROUP BY type_id ORDER BY type_id
"""


def sample_titles(products: Path, limit: int = 50) -> dict[TypeId, list[str]]:
    """Return up to ``limit`` titles of each product type, the most popular products first."""
    with duckdb.connect(":memory:", config={"threads": 1}) as db:
        rows = db.execute(_SAMPLE, [str(products), limit]).fetchall()
    return {TypeId(type_id): list(titles) for type_id, titles in rows}
