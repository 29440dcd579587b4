"""Look-ups of one product against the limit: a round trip on the same connection that returns the same payload.

``python -m bench.store_lookups STEP JSON`` is one step of :mod:`bench.store` in a process of its own; it prints one
JSON object. ``idle`` times every file of ``cypher/lookup`` that starts from one product. ``rebuild`` times the most
asked ones while another process loads a changed build and switches to it, and compares each answer with the files of
both builds: it must be one of the two, whole, and never the old one again after the new one.

The limit is ``UNWIND $rows AS row RETURN row.id AS id, ...`` with the rows that the look-up returned. Both run in read
transactions of sessions of their own, as services do, one after the other.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, LiteralString, cast

import duckdb
import neo4j
from neo4j.exceptions import DriverError, Neo4jError

from bench.store_server import Address, connected, session_of
from bench.store_work import by_path
from kg.store import queries
from kg.store.delta import GraphFiles
from kg.store.lookup import stand_ins

__all__ = ["lookups", "main"]

Row = dict[str, Any]
_GIVEN: Row = {"k": 10, "contexts": [], "stand_ins": list(stand_ins()), "per_type": 2}
_CART = 5  # products
_FROM_A_PRODUCT = re.compile(r"\(\w*:Product \{id: (\$id|id)\}\)")
_PARAMETER = re.compile(r"\$(\w+)")
_PASSES = 5
# Of what a service asks most; their answers are compared with the files.
_WATCHED = {
    "complements_of_product": "COMPLEMENTS",
    "substitutes_of_product": "SUBSTITUTES",
    "pairings_of_product": "PAIRS_WITH",
}
_AFTERWARDS = 300  # reads once the other process is done


def lookups() -> list[str]:
    """Return the look-ups that start from a product or a cart; those that want what we cannot give are named."""
    texts = {name: queries.cypher(name) for name in queries.names() if name.startswith("lookup/")}
    found: list[str] = []
    for name, text in texts.items():
        if not _FROM_A_PRODUCT.search(text):
            continue
        if unknown := set(_PARAMETER.findall(text)) - {"id", "ids", *_GIVEN}:
            print(f"not measured: {name}, which asks for {', '.join(sorted(unknown))}", file=sys.stderr)
        else:
            found.append(name)
    return found


def main() -> None:
    """Do the step and print what came of it."""
    steps: dict[str, Callable[..., object]] = {"idle": _idle, "rebuild": _rebuild}
    given = json.loads(sys.argv[2])
    address = Address(**given.pop("address"))
    with connected(address) as driver:
        print(json.dumps(steps[sys.argv[1]](_Reader(driver, address), **given)))


class _Reader:
    """Asks, and measures milliseconds."""

    def __init__(self, driver: neo4j.Driver, address: Address) -> None:
        self._driver = driver
        self._address = address

    def ask(self, name: str, cart: Sequence[str]) -> tuple[float, list[Row]]:
        """Ask about the first product of a cart, or about the cart."""
        return self._run(queries.cypher(name), {**_GIVEN, "id": cart[0], "ids": list(cart)})

    def limit(self, rows: list[Row]) -> float:
        """Return what a round trip takes that returns ``rows``."""
        columns = ", ".join(f"row.{name} AS {name}" for name in (rows[0] if rows else ("id",)))
        # The names are columns of our own queries.
        return self._run(cast("LiteralString", f"UNWIND $rows AS row RETURN {columns}"), {"rows": rows})[0]

    def _run(self, text: LiteralString, parameters: Row) -> tuple[float, list[Row]]:
        def work(tx: neo4j.ManagedTransaction) -> list[Row]:
            return [dict(row) for row in tx.run(text, parameters)]

        started = time.perf_counter()
        with session_of(self._driver, self._address, "READ") as session:
            rows = session.execute_read(work)
        return (time.perf_counter() - started) * 1000, rows


@dataclass(slots=True)
class _Times:
    """Milliseconds of look-ups and of their limits."""

    asked: list[float] = field(default_factory=list[float])
    limit: list[float] = field(default_factory=list[float])

    def figures(self) -> dict[str, float]:
        asked, limit = _quantiles(self.asked), _quantiles(self.limit)
        return {"p50_ms": asked[0], "p99_ms": asked[1], "limit_p50_ms": limit[0], "limit_p99_ms": limit[1]}


def _quantiles(values: Sequence[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[98]


def _idle(reader: _Reader, files: dict[str, str], count: int) -> dict[str, dict[str, float]]:
    """Return for each look-up the medians of several passes over ``count`` products each, which differ."""
    ids = _products(by_path(files), count * _PASSES)
    return {
        name.removeprefix("lookup/"): _median([_pass(reader, name, ids[at::_PASSES]) for at in range(_PASSES)])
        for name in lookups()
    }


def _pass(reader: _Reader, name: str, ids: Sequence[str]) -> dict[str, float]:
    carts = [ids[at : at + _CART] for at in range(len(ids))]
    answers = [(cart, reader.ask(name, cart)[1]) for cart in carts]  # what is not warm yet gets warm
    times = _Times()
    for turn, (cart, rows) in enumerate(answers):
        if turn % 2:
            times.limit.append(reader.limit(rows))
        times.asked.append(reader.ask(name, cart)[0])
        if not turn % 2:
            times.limit.append(reader.limit(rows))
    figures = times.figures()
    ratios = {
        "p50_ratio": figures["p50_ms"] / figures["limit_p50_ms"],
        "p99_ratio": figures["p99_ms"] / figures["limit_p99_ms"],
    }
    return {**figures, **ratios, "rows": sum(len(rows) for _, rows in answers) / len(answers)}


def _median(passes: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: statistics.median(each[key] for each in passes) for key in passes[0]}


def _rebuild(
    reader: _Reader, command: list[str], before: dict[str, str], after: dict[str, str], count: int
) -> dict[str, Any]:
    """Read while ``command`` runs, which loads ``after`` into a graph that holds ``before``."""
    ids = _products(by_path(before), count)
    watch = _Watch(_answers(by_path(before), ids), _answers(by_path(after), ids))
    times = _Times()
    asks = cycle((id_, name) for id_ in ids for name in _WATCHED)
    for _ in range(3 * count):
        _read(reader, *next(asks), _Watch(watch.before, watch.before), _Times())  # warm
    loading = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    while loading.poll() is None:
        _read(reader, *next(asks), watch, times)
    assert loading.stdout is not None
    said = loading.stdout.read()
    if loading.returncode:
        sys.exit(f"the load failed: {loading.returncode}")
    for _ in range(_AFTERWARDS):
        _read(reader, *next(asks), watch, _Times())
    counts = {"reads": len(times.asked), "errors": watch.errors, "half": watch.half, "new": watch.new}
    return {**times.figures(), **counts, "load": json.loads(said)}


class _Watch:
    """Compares answers with what the builds before and after hold."""

    def __init__(self, before: Mapping[tuple[str, str], frozenset[Any]], after: Mapping[Any, frozenset[Any]]) -> None:
        self.before = before
        self.after = after
        self.half = self.new = self.errors = 0

    def see(self, key: tuple[str, str], rows: Sequence[Row]) -> None:
        said = frozenset((row["id"], row["explanation"]) for row in rows)
        old, new = self.before.get(key, frozenset()), self.after.get(key, frozenset())
        if said == new != old:
            self.new += 1
        elif said != old or (self.new and old != new):  # neither, or the old one again after the new one was seen
            self.half += 1


def _read(reader: _Reader, id_: str, name: str, watch: _Watch, times: _Times) -> None:
    try:
        took, rows = reader.ask(f"lookup/{name}", [id_])
        limit = reader.limit(rows)
    except (DriverError, Neo4jError):
        watch.errors += 1
        return
    times.asked.append(took)
    times.limit.append(limit)
    watch.see((id_, _WATCHED[name]), rows)


def _products(files: GraphFiles, count: int) -> list[str]:
    """Return products at random that have edges of every relation."""
    text = (
        "SELECT source_id FROM read_parquet(?) WHERE source_kind = 'Product' GROUP BY source_id "
        "HAVING count(DISTINCT relation) = 3 ORDER BY hash(source_id, 5) LIMIT ?"
    )
    return [id_ for (id_,) in duckdb.execute(text, [str(files.product_edges), count]).fetchall()]


def _answers(files: GraphFiles, ids: Sequence[str]) -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    text = (
        "SELECT source_id, relation, list((target_id, explanation)) FROM read_parquet(?) "
        "WHERE source_id IN (SELECT unnest(?)) GROUP BY ALL"
    )
    found: Iterator[Any] = iter(duckdb.execute(text, [str(files.product_edges), list(ids)]).fetchall())
    return {(id_, relation): frozenset(map(tuple, edges)) for id_, relation, edges in found}


if __name__ == "__main__":
    main()
