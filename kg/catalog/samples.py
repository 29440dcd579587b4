"""What a shop calls its own things: a few titles of every product type, and its brands."""

from __future__ import annotations

from pathlib import Path

import duckdb

from kg.model import TypeId

__all__ = ["brand_names", "sample_titles"]

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


def brand_names(products: Path) -> list[str]:
    """Return the brands of a catalogue's Parquet file, each once, sorted."""
    query = "SELECT DISTINCT brand FROM read_parquet(?) WHERE brand <> '' ORDER BY brand"
    with duckdb.connect(":memory:", config={"threads": 1}) as db:
        return [brand for (brand,) in db.execute(query, [str(products)]).fetchall()]
