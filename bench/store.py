"""The graph store: look-ups, loads, switches and rollbacks against the limits of the same server, and its peers.

Run with ``python -m bench.store --store neo4j|embedded [--quick] [--products N] [--json]``. The graphs are made
(:mod:`bench.scale_graph`): ten edges a product, and two later builds. Every store is a process of its own that starts
empty, and every step a process of its own. All figures called ``ratio`` have their limit measured in the same run on
the same server.

- ``load_ratio``: rows a second of a whole first load (reading, comparing, writing, switching) over those of the
  plainest statements that write the same rows in batches of the same size, ``UNWIND $rows`` and ``CREATE``, of which
  only the time inside transactions counts; ``load_write_ratio`` counts only that of our load, too. Both stores start
  empty with the same constraints and indexes. ``compared`` says of how many products these loads are, which take the
  embedded store an hour each at full size; ``load_rows_per_s`` is that of the full one.
- ``delta_ratio``: seconds of loading a build in which 1 % of the edges say something else, 0.5 % are gone and 0.5 %
  new, and 1 % of the prices differ, over those of the first load.
- ``switch_s``: the transaction that shows readers another build, ``rollback_s`` the whole call of a rollback; medians,
  and the slowest.
- ``rss_ratio``: the loading process's peak memory at the full size over that at a smaller one; ``server_rss_ratio``
  is the same of the store's process, which in daily use of the embedded one is the same process.
- ``lookup_p50_ratio``, ``lookup_p99_ratio``: the worst of the look-ups of one product (each is listed), over a round
  trip on the same connection that returns the same rows as literals (:mod:`bench.store_lookups`); medians of five
  passes over other products, warm.
- ``lookup_during_rebuild_ratio`` (p50; ``..._p99_ratio``) is the same for the most asked ones while another process
  loads a changed build and switches. ``half_published_reads`` are answers that are neither the old build's nor the new
  one's, whole, or the old one's after a new one; must be 0.
- ``peer_ratio``: our rows a second over those of the fastest peer that wrote all rows of a smaller graph, on one Neo4j
  with APOC, which peers need (:mod:`bench.store_peers`); ``..._without_apoc`` are the edges that arrived without it.
  The embedded engine has some of APOC's procedures of its own. If APOC cannot be fetched, the peer is what is written
  by hand. ``again_s_...`` is what writing the same once more takes, and ``rows_after_again_...`` how many rows are
  there then for one that was sent: 1, or things are there twice.
"""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.measure import publish, sized_parser, sizes_of
from bench.scale_graph import make
from bench.steps import command, paths, step
from bench.store_peers import PEERS, serving_peers, written
from bench.store_server import Address, serving
from kg.store.tables import GraphFiles

__all__ = ["main"]

# compared: products of the loads that are compared with the plainest statements; small: of the one whose memory is;
# ids: of a pass of look-ups; peers: those that peers write.
FULL = {
    "products": 1_000_000, "compared": 1_000_000, "small": 10_000, "ids": 1_000, "peers": 5_000, "changed_percent": 5,
}  # fmt: skip
QUICK = {"products": 5_000, "compared": 5_000, "small": 500, "ids": 60, "peers": 500, "changed_percent": 20}
_EMBEDDED_COMPARED = 100_000  # a million take it an hour, twice
_SLOW = ("langchain_neo4j_documents", "by_hand")
_PEER_PASSES = 3


def main() -> None:
    """Measure and print."""
    parser = sized_parser(__doc__)
    parser.add_argument("--store", choices=("neo4j", "embedded"), default="neo4j", help="which (default: neo4j)")
    given = parser.parse_args()
    sizes = sizes_of(given, FULL, QUICK)
    most = _EMBEDDED_COMPARED if given.store == "embedded" else sizes["products"]
    sizes["compared"] = min(sizes["compared"], sizes["products"], most)
    with tempfile.TemporaryDirectory(prefix="product-kg-bench-") as name:
        figures = _store(given.store, Path(name), sizes)
    publish(f"store_{given.store}", sizes, figures, as_json=given.json)


@dataclass(frozen=True, slots=True)
class _Builds:
    """The build that is loaded first, one a little later, one with more changed, and a small one."""

    first: GraphFiles
    later: GraphFiles
    other: GraphFiles
    small: GraphFiles


def _store(kind: str, folder: Path, sizes: dict[str, int]) -> dict[str, float]:
    products = sizes["products"]
    builds = _Builds(
        make(folder / "v1", products),
        make(folder / "v2", products, 2, 0.01),
        make(folder / "v3", products, 3, sizes["changed_percent"] / 100),
        make(folder / "small", sizes["small"]),
    )
    sample = make(folder / "peers", sizes["peers"])
    with serving(kind) as store:
        small = _load(store, builds.small, "v1")
        helpless = written(store, sample, PEERS, 1) if kind == "neo4j" else {}
    compared = make(folder / "compared", sizes["compared"]) if sizes["compared"] < products else builds.first
    with serving(kind) as store:
        bare = step(["bench.store_work", "bare"], address=asdict(store), files=paths(compared))
    ours: dict[str, Any] | None = None
    if compared is not builds.first:
        with serving(kind) as store:
            ours = _load(store, compared, "v1")
    with serving(kind) as store:
        first = _load(store, builds.first, "v1")
        figures = _compared(bare, ours or first) | _first(first, small)
        figures |= _later(store, builds, sizes, first["seconds"])
    return figures | _peers(kind, sample, helpless)


def _compared(bare: dict[str, Any], ours: dict[str, Any]) -> dict[str, float]:
    plainest = bare["rows"] / bare["writing_s"]
    return {
        "load_ratio": round(ours["rows"] / ours["seconds"] / plainest, 3),
        "load_write_ratio": round(ours["rows"] / ours["writing_s"] / plainest, 3),
        "bare_rows_per_s": round(plainest),
        "compared_rows_per_s": round(ours["rows"] / ours["seconds"]),
    }


def _first(load: dict[str, Any], small: dict[str, Any]) -> dict[str, float]:
    return {
        "load_rows_per_s": round(load["rows"] / load["seconds"]),
        "load_s": round(load["seconds"], 1),
        "rss_ratio": round(load["rss_mb"] / small["rss_mb"], 3),
        "rss_mb": round(load["rss_mb"]),
        "server_rss_ratio": round(load["server_rss_mb"] / max(small["server_rss_mb"], 1), 3),
        "server_rss_mb": round(load["server_rss_mb"]),
    }


def _later(store: Address, builds: _Builds, sizes: dict[str, int], full_s: float) -> dict[str, float]:
    """Measure what comes after the first load, in the store that holds it."""
    delta = _load(store, builds.later, "v2", before=("v1", builds.first))
    rolled = step(["bench.store_work", "roll"], address=asdict(store))
    idle = step(["bench.store_lookups", "idle"], address=asdict(store), files=paths(builds.later), count=sizes["ids"])
    loading = command(
        ["bench.store_work", "load"],
        address=asdict(store),
        files=paths(builds.other),
        build="v3",
        before=("v2", paths(builds.later)),
    )
    rebuild = step(
        ["bench.store_lookups", "rebuild"],
        address=asdict(store),
        command=loading,
        before=paths(builds.later),
        after=paths(builds.other),
        count=sizes["ids"],
    )
    switches = [delta["switch_s"], *rolled["switches"], rebuild["load"]["switch_s"]]
    return {
        "delta_ratio": round(delta["seconds"] / full_s, 4),
        "delta_s": round(delta["seconds"], 2),
        "delta_writes": delta["writes"],
        "switch_s": round(statistics.median(switches), 4),
        "switch_slowest_s": round(max(switches), 4),
        "rollback_s": round(statistics.median(rolled["seconds"]), 4),
        "rollback_slowest_s": round(max(rolled["seconds"]), 4),
        **_lookups(idle),
        **_during(rebuild),
    }


def _lookups(idle: dict[str, dict[str, float]]) -> dict[str, float]:
    # Several products' worth of work is no look-up of one product: it is listed, and not counted.
    counted = [each for name, each in idle.items() if name != "complements_of_cart"]
    worst = {key: round(max(each[key] for each in counted), 3) for key in ("p50_ratio", "p99_ratio")}
    figures = {f"lookup_{key}": value for key, value in worst.items()}
    for name, each in idle.items():
        figures |= {f"{name}_{key}": round(each[key], 3) for key in ("p50_ratio", "p99_ratio", "p50_ms", "p99_ms")}
    return figures


def _during(rebuild: dict[str, Any]) -> dict[str, float]:
    return {
        "lookup_during_rebuild_ratio": round(rebuild["p50_ms"] / rebuild["limit_p50_ms"], 3),
        "lookup_during_rebuild_p99_ratio": round(rebuild["p99_ms"] / rebuild["limit_p99_ms"], 3),
        "rebuild_p50_ms": round(rebuild["p50_ms"], 3),
        "rebuild_p99_ms": round(rebuild["p99_ms"], 3),
        "rebuild_s": round(rebuild["load"]["seconds"], 2),
        "rebuild_writes": rebuild["load"]["writes"],
        "rebuild_reads": rebuild["reads"],
        "new_build_reads": rebuild["new"],
        "failed_reads": rebuild["errors"],
        "half_published_reads": rebuild["half"],
    }


def _found(kind: str, sample: GraphFiles) -> dict[str, Any]:
    """Return what each writer did with APOC, or where that cannot be had, those that do without."""
    with serving_peers(kind) as (store, peers):
        slow = _SLOW if peers else _SLOW[-1:]
        # The slow ones have one pass, last.
        return written(store, sample, ("ours", *peers), _PEER_PASSES) | written(store, sample, slow, 1)


def _peers(kind: str, sample: GraphFiles, without: dict[str, Any]) -> dict[str, float]:
    found = _found(kind, sample)
    for name, each in without.items():
        print(f"{name} without APOC: {each['said'][:300]}; {each['edges_arrived']:,} of {each['edges_sent']:,} edges")
    for name, each in found.items():
        print(f"{name}: {each['said'][:300] or 'done'}; {each['arrived']:,} of {each['sent']:,} rows")
    rates = {name: each["arrived"] / each["seconds"] for name, each in found.items()}
    whole = [name for name, each in found.items() if name != "ours" and each["arrived"] == each["sent"]]
    best = max(whole, key=rates.__getitem__)
    print(f"peer_ratio is over {best}")
    return {
        "peer_ratio": round(rates["ours"] / rates[best], 2),
        **{f"peer_ratio_{name}": round(rates["ours"] / rates[name], 2) for name in whole},
        **{f"rows_per_s_{name}": round(rate) for name, rate in rates.items()},
        **{f"again_s_{name}": round(each["again_seconds"], 2) for name, each in found.items()},
        **{f"rows_after_again_{name}": round(each["after_again"] / each["sent"], 3) for name, each in found.items()},
        **{f"{name}_edges_without_apoc": each["edges_arrived"] for name, each in without.items()},
    }


def _load(
    store: Address, files: GraphFiles, build: str, before: tuple[str, GraphFiles] | None = None
) -> dict[str, Any]:
    known = (before[0], paths(before[1])) if before else None
    return step(["bench.store_work", "load"], address=asdict(store), files=paths(files), build=build, before=known)


if __name__ == "__main__":
    main()
