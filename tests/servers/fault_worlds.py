"""Graphs that are loaded one after the other while something goes wrong, and what a reader must see of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr

from kg.errors import StoreError
from kg.model import NodeKind, Product, ProductType, Relation
from kg.store import canonical
from kg.store.driver import GraphStore
from kg.store.loader import GraphFiles, load
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.servers.graph_files import ProductEdge, World, edge, small_world, write_world
from tests.servers.neo4j_server import RestartableServer

__all__ = [
    "Build", "Seen", "check_recovered", "check_refused", "doubled", "larger_world", "make_builds", "options_for",
    "seen",
]  # fmt: skip

Seen = tuple[str, frozenset[tuple[object, ...]]]
T = TypeVar("T")
_LARGER = 60
# In one statement, so that one state of KgMeta decides about every relationship.
_SEEN = (
    "MATCH (m:KgMeta {id: 'current'}) "
    "OPTIONAL MATCH (s)-[r]->(t) "
    "WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation) "
    "RETURN m.build AS build, type(r) AS type, labels(s)[0] AS source, s.id AS s, labels(t)[0] AS target, "
    "t.id AS t, r.explanation AS explanation, r.rank AS rank"
)
_DOUBLED = (
    "MATCH (m:KgMeta {id: 'current'}) "
    "MATCH (s)-[r]->(t) "
    "WHERE r.h IS NOT NULL AND r.since <= m.generation AND (r.until IS NULL OR r.until > m.generation) "
    "WITH s.id AS s, t.id AS t, type(r) AS type, count(r) AS n WHERE n > 1 "
    "RETURN s, type, t, n"
)


@dataclass(frozen=True, slots=True)
class Build:
    """A build's files, and what is known of the graph once it was loaded in peace."""

    name: str
    files: GraphFiles
    digest: str
    seen: Seen


def make_builds(folder: Path) -> tuple[Build, ...]:
    """Write four builds that differ in every way a delta knows, and load each into an empty graph of its own."""
    small, large = small_world(), larger_world()
    worlds = {"small": small, "small-changed": changed(small), "large": large, "large-changed": changed(large)}
    return tuple(_made(folder / name, name, world) for name, world in worlds.items())


def _made(folder: Path, name: str, world: World) -> Build:
    files = write_world(folder / "files", world)
    with open_store(StoreOptions(path=folder / "graph")) as store:
        load(store, files, name)
        return Build(name, files, canonical.digest(store), seen(store))


def seen(store: GraphStore) -> Seen:
    """Return the build that readers are shown and every relationship of it; ``""`` and nothing before the first."""
    rows = run_reading(store, _SEEN)
    build = str(rows[0]["build"] or "") if rows else ""
    return build, frozenset(tuple(row.values())[1:] for row in rows if row["type"] is not None)


def doubled(store: GraphStore) -> list[dict[str, object]]:
    """Return the pairs that readers are shown twice with one relation."""
    return run_reading(store, _DOUBLED)


def options_for(server: RestartableServer, **more: Any) -> StoreOptions:
    """Return how to open ``server``."""
    return StoreOptions(kind="neo4j", uri=server.uri, password=SecretStr(server.password), **more)


def check_refused(error: StoreError, remedy: str) -> None:
    """The error says what to do, on one line, and the command that meets it fails."""
    assert remedy in error.remedy
    assert "\n" not in str(error)
    assert error.exit_code == 1


def check_recovered(store: GraphStore, served: Build, wanted: Build) -> None:
    """Readers see the old build whole, and once nothing is in the way the load gives the new one."""
    assert seen(store) == served.seen
    load(store, wanted.files, wanted.name)
    assert seen(store) == wanted.seen
    assert canonical.digest(store) == wanted.digest


def run_reading(store: GraphStore, text: str) -> list[dict[str, object]]:
    """Run Cypher of the test's own in a read transaction."""
    with store._driver.session(database=store.info().database, default_access_mode="READ") as session:
        return session.execute_read(lambda tx: [dict(row) for row in tx.run(text)])


def larger_world() -> World:
    """A shop of a few shelves: some hundred rows."""
    types = [ProductType(f"t{i}", f"thing {i}", "A > B", 1, 0.5) for i in range(6)]
    made = [Product(f"p{i:03}", f"Thing {i}", "Brand", type_id=f"t{i % 6}") for i in range(_LARGER)]  # type: ignore[arg-type]
    peers = [
        ProductEdge(Relation.COMPLEMENTS, NodeKind.PRODUCT, a.id, made[(i * 7 + n) % _LARGER].id, f"{i} {n}.", rank=n)
        for i, a in enumerate(made)
        for n in (1, 2)
    ]
    between = [
        edge(Relation.COMPLEMENTS, (NodeKind.TYPE, f"t{i}"), f"t{(i + n) % 6}", n, f"{i} {n}.")
        for i in range(6)
        for n in (1, 2)
    ]
    return World(made, types, [], between, peers)


def changed(world: World) -> World:
    """Return ``world`` another day: something of every kind came, went, changed or stayed."""
    gone = world.products[-1].id
    edges = [*_some(world.edges, lambda e: replace(e, explanation="Otherwise.", h=e.h[::-1]))]
    rows = _some(world.product_edges, lambda e: replace(e, explanation="Otherwise.", confidence=0.5))
    kept = [row for row in rows if gone not in {row.source_id, row.target_id}]
    new = Product("new", "A new thing", "Brand", type_id=world.types[0].id)  # type: ignore[arg-type]
    first = world.products[0]
    themes = [replace(theme, name=f"{theme.name}!", members=theme.members[::-1]) for theme in world.themes[:-1]]
    return World(
        [replace(first, price=1.0), *world.products[1:-1], new],
        world.types,
        world.intents,
        edges,
        [*kept, ProductEdge(Relation.COMPLEMENTS, NodeKind.PRODUCT, new.id, first.id)],
        themes,
    )


def _some(rows: Sequence[T], change: Callable[[T], T]) -> list[T]:
    """Drop every fifth row and change every third."""
    return [change(row) if i % 3 == 0 else row for i, row in enumerate(rows) if i % 5 != 4]
