"""Exports of a build, and a first fill of Neo4j through its own importer beside loads and peers.

Run with ``python -m bench.exports [--quick] [--products N] [--json]``. The build is made up (:mod:`bench.scale_graph`):
ten edges a product. Every step is a ``kg`` command in a process of its own, from its start to its end.

- ``..._rows_per_s``: nodes and edges of the graph a second, by the clock; ``..._cpu_s`` is the processor's time, which
  neighbours on the machine disturb less, ``..._mb`` what was written, ``..._peak_mb`` the process's peak memory.
- ``..._floor_ratio``: processor seconds over those of the plainest export there is, DuckDB's ``COPY`` of the products
  and their edges as they lie in the build to CSV: nothing joined, ordered, typed or made safe.
- ``rss_ratio``: the worst of the formats' peak memory over that of a build of ``small`` products.
- ``fill_...``: ``kg export neo4j-admin``, its ``import.sh``, and ``kg publish`` on the server that then starts, which
  makes the indexes. ``fill_load_ratio`` is how many times faster that is than ``kg publish`` alone into an empty
  server; ``fill_peer_ratio`` than the fastest peer that writes all rows of a smaller graph into an empty server with
  APOC, which peers need (:mod:`bench.store_peers`).
- ``verify_...``: ``kg verify`` of the filled graph.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measure import KG, Run, publish, run, sized_parser, sizes_of
from bench.scale_graph import make
from bench.store_peers import serving_peers, written
from bench.store_server import JAVA, Address, serving, serving_filled
from kg.build.builds import Builds
from kg.build.publish import graph_files
from kg.store.export.registry import FORMATS
from kg.store.tables import GraphFiles
from tests.parts.finished_builds import adopt
from tests.servers.neo4j_import import run_import

__all__ = ["main"]

FULL = {"products": 200_000, "small": 20_000, "peers": 20_000, "passes": 2}
QUICK = {"products": 5_000, "small": 500, "peers": 500, "passes": 2}
_BUILD = "b0123456789ab"
_TYPE_BY_DEFAULT = ("graphml", "qa")
_MOST = {"neo4j-admin-gzip": ("neo4j-admin", "--gzip"), **{name: (name,) for name in FORMATS}}
_CONFIG = """\
build: {folder: builds}
store: {kind: neo4j, uri: "${BENCH_URI:-bolt://127.0.0.1:7687}", user: neo4j, password: "${BENCH_PASSWORD:-}"}
"""
_FLOOR = """\
import sys, duckdb
with duckdb.connect(config={"threads": 1, "preserve_insertion_order": False}) as db:
    for file in sys.argv[1:3]:
        db.execute(f"COPY (SELECT * FROM '{file}') TO '{sys.argv[3]}'")
"""
_IMPORT_TIMEOUT_S = 3_600


def main() -> None:
    """Measure and print."""
    given = sized_parser(__doc__).parse_args()
    sizes = sizes_of(given, FULL, QUICK)
    with tempfile.TemporaryDirectory(prefix="product-kg-bench-") as name:
        figures = _figures(Path(name), sizes)
    publish("exports", sizes, figures, as_json=given.json)


@dataclass(frozen=True, slots=True)
class _Written:
    """What an export took, and what it says it wrote."""

    took: Run
    report: dict[str, Any]


def _figures(folder: Path, sizes: dict[str, int]) -> dict[str, float]:
    small = {name: each.took.rss_mb for name, each in _exports(_shop(folder / "small", sizes["small"])).items()}
    shop = _shop(folder / "large", sizes["products"])
    floor = _floor(folder, shop)
    exported = _exports(shop)
    rows: int = exported["parquet"].report["rows"]
    figures: dict[str, float] = {"rows": rows}
    for name, each in exported.items():
        figures |= _format(name.replace("-", "_"), each, rows, floor)
    figures["rss_ratio"] = round(max(each.took.rss_mb / small[name] for name, each in exported.items()), 3)
    figures |= _fill(folder, shop, exported["neo4j-admin"])
    peers = _peers(make(folder / "peers", sizes["peers"]), sizes["passes"])
    best = max(peers, key=peers.__getitem__)
    print(f"fill_peer_ratio is over {best}")
    figures["fill_peer_ratio"] = round(figures["fill_rows_per_s"] / peers[best], 2)
    return figures | {f"rows_per_s_{name}": round(rate) for name, rate in peers.items()}


def _format(name: str, export: _Written, rows: int, floor: Run) -> dict[str, float]:
    took = export.took
    return {
        f"{name}_rows_per_s": round(rows / took.wall_s),
        f"{name}_cpu_s": round(took.cpu_s, 2),
        f"{name}_floor_ratio": round(took.cpu_s / floor.cpu_s, 2),
        f"{name}_mb": round(export.report["bytes"] / 1e6, 1),
        f"{name}_peak_mb": round(took.rss_mb),
    }


def _shop(folder: Path, products: int) -> Path:
    """Return the configuration of a shop whose only build is made up."""
    builds = Builds(folder / "builds")
    make(builds.folder / _BUILD, products)
    adopt(builds, _BUILD)
    (folder / "config.yaml").write_text(_CONFIG, encoding="utf-8")
    return folder / "config.yaml"


def _exports(config: Path) -> dict[str, _Written]:
    """Export in every format, with everything that is known about products."""
    return {name: _export(config, name, asked) for name, asked in _MOST.items()}


def _export(config: Path, name: str, asked: Sequence[str]) -> _Written:
    level = ["--level", "product"] if asked[0] in _TYPE_BY_DEFAULT else []
    took = _kg(config, "export", *asked, *level, "--out", str(config.parent / "exports" / name))
    return _Written(took, json.loads(took.stdout))


def _kg(config: Path, *arguments: str, server: Address | None = None) -> Run:
    environ = {"BENCH_URI": server.uri, "BENCH_PASSWORD": server.password} if server else {}
    return run([*KG, *arguments, "--config", str(config), "--json", "-q"], environ)


def _floor(folder: Path, shop: Path) -> Run:
    files = graph_files(Builds(shop.parent / "builds"), _BUILD)
    return run([sys.executable, "-c", _FLOOR, str(files.products), str(files.product_edges), str(folder / "floor.csv")])


def _fill(folder: Path, config: Path, exported: _Written) -> dict[str, float]:
    """Fill one server through the importer and another by loading, and compare."""
    home = folder / "home"
    began = time.perf_counter()
    run_import(Path(exported.report["path"]), home, java_options=JAVA, timeout_s=_IMPORT_TIMEOUT_S)
    import_s = time.perf_counter() - began
    with serving_filled(home) as server:
        published = _kg(config, "publish", server=server)
        verified = _kg(config, "verify", server=server)
    counts, rows = json.loads(published.stdout), json.loads(verified.stdout)["rows"]
    if counts["created"] or counts["updated"] or counts["deleted"]:
        sys.exit(f"the imported graph is not the build: {counts}")
    with serving("neo4j") as server:
        loaded = _kg(config, "publish", server=server)
    fill_s = exported.took.wall_s + import_s + published.wall_s
    return {
        "fill_rows_per_s": round(rows / fill_s),
        "fill_export_s": round(exported.took.wall_s, 1),
        "fill_import_s": round(import_s, 1),
        "fill_publish_s": round(published.wall_s, 1),
        "fill_load_ratio": round(loaded.wall_s / fill_s, 2),
        "load_rows_per_s": round(rows / loaded.wall_s),
        "load_peak_mb": round(loaded.rss_mb),
        "verify_rows_per_s": round(rows / verified.wall_s),
        "verify_s": round(verified.wall_s, 1),
        "verify_peak_mb": round(verified.rss_mb),
    }


def _peers(sample: GraphFiles, passes: int) -> dict[str, float]:
    """Return the rows a second of those that wrote every row; without APOC, of what is written by hand."""
    with serving_peers("neo4j") as (store, peers):
        found = written(store, sample, peers, passes) if peers else written(store, sample, ("by_hand",), 1)
    whole = {name: each for name, each in found.items() if each["arrived"] == each["sent"]}
    return {name: each["sent"] / each["seconds"] for name, each in whole.items()}


if __name__ == "__main__":
    main()
