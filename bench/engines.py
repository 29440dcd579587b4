"""Which engine projects type-level edges onto products: DuckDB or Polars, on one synthetic top-k join.

Run with ``python -m bench.engines [--quick] [--json]``. Each engine does the same job in a process of its own
(heads per type and audience, join over the type edges, two rankings, ids and sentences joined back, sorted, one
Parquet file) with two threads and a budget of 1 GB. DuckDB is told the budget; Polars has no such setting, so
its streaming engine is used and the peak is simply measured. The answers are compared, row by row, by a hash.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

__all__ = ["main"]

FULL = {"products": 1_000_000, "edges": 20_000}
QUICK = {"products": 200_000, "edges": 4_000}
PRODUCTS_PER_TYPE = 100
PER_TYPE, TOP_K, HEAD = 6, 6, 7
BUDGET_MB = 1000
THREADS = 2

MAKE_PRODUCTS = """
COPY (SELECT i AS row, 'p-' || lpad(i::VARCHAR, 9, '0') AS id, (hash(i) % $types)::INTEGER AS type,
  (hash(i, 1) % $groups)::INTEGER AS gid, (hash(i, 2) % 8 != 0) AS in_stock,
  (hash(i, 3) % 100000)::DOUBLE AS popularity, (hash(i, 4) % 3)::INTEGER AS audience
FROM range($products) t(i)) TO '{out}' (FORMAT parquet)"""
MAKE_EDGES = """
COPY (SELECT DISTINCT ON (source, target) * FROM (SELECT i AS edge, (hash(i, 5) % $types)::INTEGER AS source,
  (hash(i, 6) % $types)::INTEGER AS target, round((hash(i, 7) % 1000) / 1000.0, 3) AS confidence,
  'one goes well with the other because of reason ' || hash(i, 8) || ' and reason ' || hash(i, 9) AS explanation
FROM range($edges) t(i)) WHERE source != target ORDER BY source, target, edge) TO '{out}' (FORMAT parquet)"""

DUCKDB_JOB = """
COPY (
WITH p AS (SELECT * FROM read_parquet('{products}')), e AS (SELECT * FROM read_parquet('{edges}')),
heads AS (SELECT row, type, gid, audience, in_stock, popularity, id FROM p
  QUALIFY row_number() OVER (PARTITION BY type, audience ORDER BY in_stock DESC, popularity DESC, id) <= {head}),
pairs AS (SELECT p.row AS source, q.row AS target, e.edge, e.confidence,
    row_number() OVER (PARTITION BY p.row, e.edge ORDER BY q.in_stock DESC, q.popularity DESC, q.id) AS place
  FROM p JOIN e ON e.source = p.type JOIN heads q ON q.type = e.target
  WHERE q.gid != p.gid AND (p.audience = 0 OR q.audience = 0 OR p.audience = q.audience)
  QUALIFY place <= {per_type}),
ranked AS (SELECT source, target, edge,
    row_number() OVER (PARTITION BY source ORDER BY place, confidence DESC, edge) AS rank FROM pairs
  QUALIFY rank <= {top_k})
SELECT a.id AS source_id, b.id AS target_id, e.explanation, e.confidence, r.rank
FROM ranked r JOIN p a ON a.row = r.source JOIN p b ON b.row = r.target JOIN e ON e.edge = r.edge
ORDER BY source_id, rank) TO '{out}' (FORMAT parquet)"""
FINGERPRINT = """
SELECT count(*), bit_xor(hash(source_id, target_id, explanation, rank))::VARCHAR FROM read_parquet('{out}')"""


def run_duckdb(folder: Path) -> None:
    """Do the job with DuckDB; spills below ``folder``."""
    with duckdb.connect(str(folder / "job.duckdb")) as connection:
        connection.execute(f"SET memory_limit = '{BUDGET_MB * 3 // 4}MB'")
        connection.execute(f"SET threads = {THREADS}")
        connection.execute(
            DUCKDB_JOB.format(
                products=folder / "products.parquet",
                edges=folder / "edges.parquet",
                out=folder / "duckdb.parquet",
                head=HEAD,
                per_type=PER_TYPE,
                top_k=TOP_K,
            )
        )


def run_polars(folder: Path) -> None:
    """Do the job with Polars' streaming engine."""
    os.environ["POLARS_MAX_THREADS"] = str(THREADS)
    import polars as pl  # noqa: PLC0415 - only this process may pay for it

    p = pl.scan_parquet(folder / "products.parquet")
    e = pl.scan_parquet(folder / "edges.parquet")
    best = ["in_stock", "popularity", "id"]
    heads = (
        p.sort(best, descending=[True, True, False])
        .group_by("type", "audience", maintain_order=True)
        .head(HEAD)
        .select(pl.all().name.prefix("q_"))
    )
    pairs = (
        p.select("row", "type", "gid", "audience")
        .join(e.select("edge", "source", "target", "confidence"), left_on="type", right_on="source")
        .join(heads, left_on="target", right_on="q_type")
        .filter(
            (pl.col("q_gid") != pl.col("gid"))
            & ((pl.col("audience") == 0) | (pl.col("q_audience") == 0) | (pl.col("audience") == pl.col("q_audience")))
        )
        .sort(["row", "edge", "q_in_stock", "q_popularity", "q_id"], descending=[False, False, True, True, False])
        .with_columns(place=pl.int_range(pl.len()).over("row", "edge"))
        .filter(pl.col("place") < PER_TYPE)
        .sort(["row", "place", "confidence", "edge"], descending=[False, False, True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1).over("row"))
        .filter(pl.col("rank") <= TOP_K)
    )
    (
        pairs.select("row", "edge", "rank", "confidence", pl.col("q_id").alias("target_id"))
        .join(p.select("row", pl.col("id").alias("source_id")), on="row")
        .join(e.select("edge", "explanation"), on="edge")
        .select("source_id", "target_id", "explanation", "confidence", "rank")
        .sort("source_id", "rank")
        .sink_parquet(folder / "polars.parquet", engine="streaming")
    )


JOBS = {"duckdb": run_duckdb, "polars": run_polars}


def _measure(name: str, folder: Path) -> dict[str, float]:
    """Run one engine in a process of its own; return seconds and peak resident MB, imports included."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.engines", "--engine", name, "--folder", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{name} failed: {done.stderr.strip()[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _one(name: str, folder: Path) -> None:
    started = time.perf_counter()
    JOBS[name](folder)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"s": round(seconds, 2), "peak_mb": round(peak)}))


def _compare(folder: Path, sizes: dict[str, int]) -> dict[str, float]:
    types = sizes["products"] // PRODUCTS_PER_TYPE
    with duckdb.connect() as connection:
        connection.execute(
            MAKE_PRODUCTS.format(out=folder / "products.parquet"),
            {"types": types, "groups": sizes["products"] // 3, "products": sizes["products"]},
        )
        connection.execute(MAKE_EDGES.format(out=folder / "edges.parquet"), {"types": types, "edges": sizes["edges"]})
    figures: dict[str, float] = {}
    marks: dict[str, tuple[object, ...]] = {}
    for name in JOBS:
        figures |= {f"{name}_{key}": value for key, value in _measure(name, folder).items()}
        with duckdb.connect() as connection:
            row = connection.execute(FINGERPRINT.format(out=folder / f"{name}.parquet")).fetchone()
        marks[name] = row or ()
    figures["rows"] = float(str(marks["duckdb"][0]))
    figures["same_answer"] = float(marks["duckdb"] == marks["polars"])
    figures["time_polars_over_duckdb"] = round(figures["polars_s"] / figures["duckdb_s"], 2)
    figures["peak_polars_over_duckdb"] = round(figures["polars_peak_mb"] / figures["duckdb_peak_mb"], 2)
    return figures


def main() -> None:
    """Measure both engines and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the size, within a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--engine", choices=sorted(JOBS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.engine:
        _one(given.engine, given.folder)
        return
    sizes = QUICK if given.quick else FULL
    with tempfile.TemporaryDirectory() as folder:
        figures = _compare(Path(folder), sizes)
    for key, value in figures.items():
        print(f"{key:28} {value:g}")
    if given.json:
        today = dt.datetime.now(tz=dt.UTC).date().isoformat()
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        print(json.dumps({"name": "engines", "machine": machine, "date": today, "sizes": sizes, "figures": figures}))


if __name__ == "__main__":
    main()
