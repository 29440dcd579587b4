"""One step of :mod:`bench.store` in a process of its own, so that its time and memory are its own.

Run with ``python -m bench.store_work STEP JSON``; prints one JSON object. ``load`` is ours; ``bare`` writes the same
rows into an empty store with the same constraints and indexes by the plainest statements there are, ``UNWIND $rows``
and ``CREATE``, and only the time inside its transactions counts.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, LiteralString, cast

import neo4j

from bench.store_server import Address, connected, session_of
from kg.store.delta import GraphFiles, open_files
from kg.store.driver import GraphStore, Policy, Row, Step
from kg.store.kinds import EDGE_KINDS, NODE_KINDS, EdgeKind, Kind
from kg.store.loader import Before, load
from kg.store.publisher import rollback
from kg.store.server import identify

__all__ = ["batches", "by_path", "main", "opened"]

_ROLLBACKS = 5


class _Timed(GraphStore):
    """A store that knows how long its write transactions took, in seconds."""

    seconds = 0.0

    def write(self, *steps: Step) -> list[list[Row]]:
        started = time.perf_counter()
        try:
            return super().write(*steps)
        finally:
            self.seconds += time.perf_counter() - started


@contextlib.contextmanager
def opened(address: Address) -> Generator[_Timed]:
    """Yield the store at an address, as :func:`kg.store.stores.open_store` does, with its schema."""
    with connected(address) as driver:
        store = _Timed(driver, identify(driver, address.kind, address.uri, address.database), Policy(address.batch))
        store.ensure_schema()
        yield store


def by_path(files: dict[str, str]) -> GraphFiles:
    """Return the files that are named in JSON."""
    paths: dict[str, Any] = {name: Path(path) for name, path in files.items()}
    return GraphFiles(**paths)


def batches(files: GraphFiles, size: int) -> Iterator[tuple[Kind, list[Row]]]:
    """Yield the rows of a first load as the loader makes them, kind by kind: all properties, nothing that is null."""
    with open_files(files) as bench:
        for kind in (*NODE_KINDS, *EDGE_KINDS):
            bench.stage(kind)
        for kind in (*NODE_KINDS, *EDGE_KINDS):
            bench.remember(kind, ())
            bench.compare(kind, 1, stale=False)
            for rows in bench.changed(kind, size):
                yield kind, [_whole(row) for row in rows]


def _whole(row: Row) -> Row:
    props = {name: value for name, value in row["props"].items() if value is not None}
    if "id" in row:
        return {"id": row["id"], "props": {"id": row["id"], **props, "since": 1}}
    return {"s": row["s"], "t": row["t"], "props": {**props, "build": "v1", "since": 1}}


def main() -> None:
    """Do the step and print what it took."""
    steps: dict[str, Callable[..., object]] = {"load": _load, "bare": _bare, "roll": _roll}
    given = json.loads(sys.argv[2])
    print(json.dumps(steps[sys.argv[1]](Address(**given.pop("address")), **given)))


def _load(
    address: Address, files: dict[str, str], build: str, before: tuple[str, dict[str, str]] | None = None
) -> dict[str, float]:
    """Load a build; ``writing_s`` is the time inside write transactions."""
    known = Before(before[0], by_path(before[1])) if before else None
    with opened(address) as store:
        store.seconds = 0.0
        started = time.perf_counter()
        report = load(store, by_path(files), build, before=known)
        took = time.perf_counter() - started
        writing = store.seconds
    return {
        "seconds": took,
        "writing_s": writing,
        "rows": report.total.sent,
        "writes": report.writes,
        "switch_s": report.switch.seconds if report.switch else 0.0,
        "pruned": report.pruned.deleted,
        "rss_mb": _peak(),
        "server_rss_mb": address.peak_mb(),
    }


def _bare(address: Address, files: dict[str, str]) -> dict[str, float]:
    with opened(address):
        pass  # the same constraints and indexes
    took, rows = 0.0, 0
    with connected(address) as driver, session_of(driver, address) as session:
        for kind, batch in batches(by_path(files), address.batch):
            text = _create(kind)
            started = time.perf_counter()
            written = session.execute_write(_run, text, batch)
            took += time.perf_counter() - started
            if written != len(batch):
                sys.exit(f"{kind.name}: {len(batch):,} rows sent, {written:,} written")
            rows += len(batch)
    return {"writing_s": took, "rows": rows, "rss_mb": _peak()}


def _create(kind: Kind) -> LiteralString:
    """Return the plainest statement that writes rows of a kind. Labels and types are ours."""
    if isinstance(kind, EdgeKind):
        ends = f"MATCH (s:{kind.source} {{id: row.s}}) MATCH (t:{kind.target} {{id: row.t}})"
        return _ours(
            f"UNWIND $rows AS row {ends} CREATE (s)-[r:{kind.relation}]->(t) SET r = row.props RETURN count(r) AS n"
        )
    return _ours(f"UNWIND $rows AS row CREATE (n:{kind.label}) SET n = row.props RETURN count(n) AS n")


def _ours(text: str) -> LiteralString:
    return cast("LiteralString", text)


def _run(tx: neo4j.ManagedTransaction, text: LiteralString, rows: list[Row]) -> int:
    answer: Any = tx.run(text, rows=rows).single()
    return int(answer["n"])


def _roll(address: Address) -> dict[str, list[float]]:
    """Send readers back to the build before and forward again, several times; seconds of calls and of switches."""
    seconds: list[float] = []
    switches: list[float] = []
    with opened(address) as store:
        for _ in range(_ROLLBACKS):
            started = time.perf_counter()
            back = rollback(store)
            seconds.append(time.perf_counter() - started)
            switches += [back.seconds, rollback(store, back.before).seconds]
    return {"seconds": seconds, "switches": switches}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)


if __name__ == "__main__":
    main()
