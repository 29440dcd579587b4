"""The product-level graph checked as a whole: each check is one query, for it never fits in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kg.graph.engine import need, opened, put
from kg.graph.names import PROJECTED
from kg.graph.options import ProjectionOptions
from kg.model import Drop

__all__ = ["PRODUCT_CHECKS", "ProductCheck", "check_products"]


@dataclass(frozen=True, slots=True)
class ProductCheck:
    """One check: ``finds`` is a static query of (source, relation, target) rows that break it."""

    name: str
    reason: str
    finds: str


_ALL = "SELECT source_id, relation, target_id FROM edge"
PRODUCT_CHECKS: tuple[ProductCheck, ...] = (
    ProductCheck("ids", "an id stands twice in the catalogue",
                 "SELECT id, '', '' FROM shop GROUP BY id HAVING count(*) > 1"),
    ProductCheck("kinds", "no such relation from such a source",
                 f"{_ALL} WHERE relation NOT IN (SELECT relation FROM known) OR NOT "
                 "(source_kind = 'Product' AND relation != 'SATISFIED_BY' "
                 "OR source_kind = 'Intent' AND relation IN ('PAIRS_WITH', 'SATISFIED_BY'))"),
    ProductCheck("source", "the source product is not in the catalogue",
                 f"{_ALL} ANTI JOIN shop s ON s.id = edge.source_id WHERE source_kind = 'Product'"),
    ProductCheck("intent", "the intent is unknown",
                 f"{_ALL} ANTI JOIN intent i ON i.id = edge.source_id WHERE source_kind = 'Intent'"),
    ProductCheck("target", "the target is not in the catalogue",
                 f"{_ALL} ANTI JOIN shop s ON s.id = edge.target_id"),
    ProductCheck("self", "the edge leads back to where it starts",
                 f"{_ALL} WHERE source_kind = 'Product' AND source_id = target_id"),
    ProductCheck("variant", "both are variants of one product",
                 f"{_ALL} JOIN shop a ON a.id = source_id JOIN shop b ON b.id = target_id AND a.group_id = b.group_id "
                 "WHERE source_kind = 'Product' AND a.group_id != '' AND $variants"),
    ProductCheck("clash", "the two are substitutes and complements",
                 "SELECT a.source_id, a.relation, a.target_id FROM edge a JOIN edge b "
                 "ON least(a.source_id, a.target_id) = least(b.source_id, b.target_id) "
                 "AND greatest(a.source_id, a.target_id) = greatest(b.source_id, b.target_id) "
                 "WHERE a.relation = 'SUBSTITUTES' AND b.relation = 'COMPLEMENTS' "
                 "AND a.source_kind = 'Product' AND b.source_kind = 'Product'"),
    ProductCheck("key", "the same edge stands twice",
                 f"{_ALL} GROUP BY relation, source_kind, source_id, target_id HAVING count(*) > 1"),
    ProductCheck("rank", "the ranks are not 1, 2, 3 and so on",
                 "SELECT source_id, relation, '' FROM edge GROUP BY relation, source_kind, source_id "
                 "HAVING min(rank) != 1 OR max(rank) != count(*) OR count(DISTINCT rank) != count(*)"),
    ProductCheck("top_k", "the source has more products than allowed",
                 "SELECT source_id, relation, '' FROM edge JOIN known USING (relation) "
                 "GROUP BY relation, source_kind, source_id, k HAVING count(*) > k"),
    ProductCheck("hash", "the content hash is no 16 hex digits",
                 f"{_ALL} WHERE h IS NULL OR NOT regexp_full_match(h, '[0-9a-f]{{16}}')"),
    ProductCheck("explanation", "there is no explanation",
                 f"{_ALL} WHERE explanation IS NULL OR trim(explanation) = ''"),
    ProductCheck("scores", "a score is no number from 0 to 1",
                 f"{_ALL} WHERE NOT coalesce(plausibility BETWEEN 0 AND 1 AND typicality BETWEEN 0 AND 1 "
                 "AND confidence BETWEEN 0 AND 1, FALSE)"),
)  # fmt: skip


def check_products(
    product_edges: Path, products: Path, intents: Collection[str], options: ProjectionOptions
) -> tuple[Drop, ...]:
    """Return one drop per broken check, with how many rows break it and the first of them; empty: all is sound.

    ``intents`` are the known intents' ids; ``options`` are those of the projection.

    Raises:
        ArtefactError: a file is missing or has other columns.
    """
    need(product_edges)
    need(products)
    with (
        tempfile.TemporaryDirectory(prefix=".check-", dir=product_edges.parent) as folder,
        opened(Path(folder), options.memory_limit_mb, options.threads) as engine,
    ):
        _fill(engine, product_edges, products, intents, options)
        found = [_first(engine, check, options) for check in PRODUCT_CHECKS]
    return tuple(drop for drop in found if drop is not None)


def _fill(
    engine: duckdb.DuckDBPyConnection,
    product_edges: Path,
    products: Path,
    intents: Collection[str],
    options: ProjectionOptions,
) -> None:
    names, allowed = [relation.value for relation in PROJECTED], [options.top_k[each] for each in PROJECTED]
    put(engine, "known", {"relation": ("VARCHAR", names), "k": ("INTEGER", allowed)})
    put(engine, "intent", {"id": ("VARCHAR", sorted(intents))})
    engine.execute("CREATE TABLE shop AS SELECT id, group_id FROM read_parquet($path)", {"path": str(products)})
    engine.execute("CREATE TABLE edge AS SELECT * FROM read_parquet($path)", {"path": str(product_edges)})


def _first(engine: duckdb.DuckDBPyConnection, check: ProductCheck, options: ProjectionOptions) -> Drop | None:
    values = {"variants": "variant" in options.guards} if "$variants" in check.finds else {}
    row: tuple[int, dict[str, str] | None] | None = engine.execute(
        f"SELECT count(*), min({{'s': a, 'r': b, 't': c}}) FROM ({check.finds}) f(a, b, c)", values
    ).fetchone()
    if row is None or row[1] is None:
        return None
    item = " ".join(part for part in row[1].values() if part)
    return Drop("graph", item, check.name, f"{check.reason} ({row[0]} in all; this is the first)")
