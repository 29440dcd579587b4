"""Read what shoppers bought together, and add it up from products to product types.

The support of a pair of types is the sum of the pair counts of their products. Its lift says how much more often
they meet than chance would have it::

    lift(A, B) = pairs(A, B) * orders / (count(A) * count(B))

``count(A)`` is the sum, over the products of type A that the file names, of the orders each is in (``a_count``,
``b_count``; the largest value wins where a product stands in several rows). It counts an order once for every
product of A in it, and ``pairs`` does likewise, so that both sides of the fraction count the same thing. Where the
number of orders is unknown it is taken to be the largest count of one product, or the sum of all pairs if that is
more: lifts are then comparable with each other, but their distance from 1 is not to be relied on. Without counts
a product's count is the sum of its pairs.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np

from kg.catalog.engine import opened
from kg.catalog.listed import plain_name, read_listed
from kg.catalog.options import EngagementOptions
from kg.catalog.rejects import RejectLog, shown
from kg.catalog.report import EngagementReport
from kg.catalog.tables import Batch
from kg.catalog.typed import as_text
from kg.errors import ArtefactError
from kg.model import Reject, TypeId, TypeSupport
from kg.records import write_jsonl

__all__ = ["read_engagement"]

_COLUMNS = ("a_id", "b_id", "pairs", "a_count", "b_count")
_MEMORY_MB = 128
_UNKNOWN = "the catalogue has no product with this id"


def read_engagement(file: Path, products: Path, options: EngagementOptions, out: Path) -> EngagementReport:
    """Read product pairs (a_id, b_id, pairs; optionally a_count, b_count) into type_support.jsonl.

    ``products`` is the catalogue stage's products.parquet. Pairs of one type with itself are counted too (a == b);
    pairs of types met in fewer than ``options.min_pairs`` orders are left out. Refused rows, unknown ids among
    them, go to engagement_rejects.jsonl.

    Raises:
        InputError: the file cannot be used, or more than ``options.max_reject_share`` of its rows were refused.
        ArtefactError: ``products`` is missing.
    """
    if not products.is_file():
        raise ArtefactError(f"{products} is missing", remedy="run the stage that makes it: kg build")
    out.mkdir(parents=True, exist_ok=True)
    with RejectLog(out / "engagement_rejects.jsonl") as log, opened(out / ".engagement-spool", _MEMORY_MB) as engine:
        engine.execute(
            "CREATE TABLE bought (line BIGINT, a_id VARCHAR, b_id VARCHAR, "
            "pairs BIGINT, a_count BIGINT, b_count BIGINT)"
        )
        remedy = f"the columns are {', '.join(_COLUMNS)}; the last two may be left out"
        taken = read_listed(file, _COLUMNS[:3], remedy, log, lambda batch: _spool(engine, batch))
        engine.execute("CREATE TABLE product AS SELECT id, type_id FROM read_parquet(?)", [str(products)])
        log.add(_unknown(engine, str(file)))
        log.check_share(taken, options.max_reject_share, str(file))
        support = _support(engine, options)
        write_jsonl(out / "type_support.jsonl", support)
        report = log.report(taken)
    return EngagementReport(report.counts, report.reasons, len(support))


def _spool(engine: duckdb.DuckDBPyConnection, batch: Batch) -> list[Reject]:
    """Add the batch's good rows to the table ``bought``; return a reject for every other."""
    columns = {plain_name(name): name for name in batch.header}
    values = {field: batch.column(columns[field]) if field in columns else [0] * len(batch.lines) for field in _COLUMNS}
    numbers = {field: array("q") for field in ("line", "pairs", "a_count", "b_count")}
    ids: dict[str, list[str]] = {"a_id": [], "b_id": []}
    rejects: list[Reject] = []
    for at, line in enumerate(batch.lines):
        row = {field: as_text(values[field][at], ";") for field in _COLUMNS}
        counts = [_count(row[field]) for field in _COLUMNS[2:]]
        fault = _fault(row, counts)
        if fault:
            field, reason, remedy = fault
            rejects.append(Reject(batch.file, line, field, shown(row[field]), reason, remedy))
            continue
        ids["a_id"].append(row["a_id"])
        ids["b_id"].append(row["b_id"])
        for field, number in zip(numbers, (line, *counts), strict=True):
            numbers[field].append(number or 0)
    table = {field: np.array(column, dtype=np.int64) for field, column in numbers.items()}
    table |= {field: np.array(column, dtype=object) for field, column in ids.items()}
    if ids["a_id"]:
        engine.register("batch", table)
        engine.execute("INSERT INTO bought BY NAME SELECT * FROM batch")
        engine.unregister("batch")
    return rejects


def _count(text: str) -> int | None:
    """Return a count from 0 up, or ``None``."""
    try:
        value = float(text or 0)
    except ValueError:
        return None
    return int(value) if math.isfinite(value) and 0 <= value < 2**53 and value == int(value) else None


def _fault(row: dict[str, str], counts: Sequence[int | None]) -> tuple[str, str, str] | None:
    for field in ("a_id", "b_id"):
        if any("\ud800" <= ch <= "\udfff" or ch == "\0" for ch in row[field]):
            return field, "bytes that do not fit the encoding", "save the file as UTF-8"
    for field, count in zip(_COLUMNS[2:], counts, strict=True):
        if count is None:
            return field, "the count is not a whole number from 0 up", "write how many orders, for example 12"
    if row["a_id"] == row["b_id"]:
        return "b_id", "a product is paired with itself", "leave the row out"
    return None


def _unknown(engine: duckdb.DuckDBPyConnection, file: str) -> list[Reject]:
    """Return a reject for every row with an id that is not in the catalogue."""
    found = engine.execute(
        "SELECT line, CASE WHEN a.id IS NULL THEN 'a_id' ELSE 'b_id' END, "
        "CASE WHEN a.id IS NULL THEN a_id ELSE b_id END "
        "FROM bought LEFT JOIN product a ON a.id = a_id LEFT JOIN product b ON b.id = b_id "
        "WHERE a.id IS NULL OR b.id IS NULL ORDER BY line"
    ).fetchall()
    remedy = "ids must be written exactly as in the catalogue, leading zeros included"
    return [Reject(file, line, field, shown(value), _UNKNOWN, remedy) for line, field, value in found]


_SUPPORT = """
WITH pair AS (
  SELECT a.type_id AS ta, b.type_id AS tb, a_id, b_id, pairs, a_count, b_count
  FROM bought JOIN product a ON a.id = a_id JOIN product b ON b.id = b_id
), side AS (
  SELECT a_id AS id, ta AS type_id, a_count AS orders, pairs FROM pair
  UNION ALL SELECT b_id, tb, b_count, pairs FROM pair
), seen AS (
  SELECT id, type_id, CASE WHEN max(orders) > 0 THEN max(orders) ELSE sum(pairs) END AS n FROM side GROUP BY id, type_id
), kind AS (SELECT type_id, sum(n) AS n FROM seen GROUP BY type_id),
total AS (
  SELECT CASE WHEN $orders > 0 THEN $orders
    ELSE greatest((SELECT max(n) FROM seen), (SELECT sum(pairs) FROM pair)) END AS orders
), met AS (
  SELECT least(ta, tb) AS a, greatest(ta, tb) AS b, sum(pairs) AS pairs FROM pair GROUP BY 1, 2
)
SELECT met.a, met.b, met.pairs, met.pairs * (SELECT orders FROM total)::DOUBLE / (x.n::DOUBLE * y.n::DOUBLE)
FROM met JOIN kind x ON x.type_id = met.a JOIN kind y ON y.type_id = met.b
WHERE met.pairs >= $least AND x.n > 0 AND y.n > 0
ORDER BY met.a, met.b
"""


def _support(engine: duckdb.DuckDBPyConnection, options: EngagementOptions) -> list[TypeSupport]:
    rows = engine.execute(_SUPPORT, {"orders": options.orders, "least": options.min_pairs}).fetchall()
    return [TypeSupport(TypeId(a), TypeId(b), int(pairs), round(lift, 6)) for a, b, pairs, lift in rows]
