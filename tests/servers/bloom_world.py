"""The two builds that Bloom's questions are tried on, and what Bloom would draw and select."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from neo4j.graph import Node
from neo4j.graph import Path as GraphPath

from kg.model import Edge, Evidence, NodeKind, Relation
from kg.records import digest
from kg.store import queries
from kg.store.bloom.properties import REVIEW
from kg.store.driver import GraphStore
from kg.store.loader import load
from tests.servers.fixtures import run, wipe
from tests.servers.graph_files import World, edge, small_world, write_world

WINE = small_world().products[5].id
CHIPS = "Crunch Corn Tortilla Chips 200 g"
CHIPS_AND_SALSA = ("0001", "COMPLEMENTS", "s-1")
TYPE = NodeKind.TYPE
FILES = sorted(name.removeprefix("bloom/") for name in queries.names() if name.startswith("bloom/"))


def first_build() -> World:
    """The small world, with an edge that nobody is sure of and one that a person made."""
    world = small_world()
    doubtful = _changed(edge(Relation.SUBSTITUTES, (TYPE, "salsa"), "pita-chips", 1, "Both are eaten."), confidence=0.5)
    decided = _changed(
        edge(Relation.COMPLEMENTS, (TYPE, "epsom-salt"), "white-wine", 1, "For a long evening."),
        evidence=Evidence(0, 0, None, 0, "Mara"), contexts=("winter",),
    )  # fmt: skip
    return replace(world, edges=[*world.edges, doubtful, decided])


def second_build() -> World:
    """The next build: another sentence for chips and salsa, and pita chips no longer want it."""
    world = first_build()
    edges = [each for each in world.edges if (each.source_id, each.relation) != ("pita-chips", Relation.COMPLEMENTS)]
    return replace(
        world,
        edges=[
            _changed(each, explanation="A bowl of each.") if _ends(each) == ("tortilla-chips", "salsa") else each
            for each in edges
        ],
    )


def _changed(old: Edge, **changes: Any) -> Edge:
    bare = replace(old, h="", **changes)
    return replace(bare, h=digest(bare)[:16])


def _ends(found: Edge) -> tuple[str, str]:
    return found.source_id, found.target_id


def load_two_builds(store: GraphStore, folder: Path) -> None:
    """Load b1, then b2, into an emptied store."""
    wipe(store)
    load(store, write_world(folder / "1", first_build()), "b1")
    load(store, write_world(folder / "2", second_build()), "b2")


def shown(rows: list[dict[str, Any]]) -> list[str]:
    """Return what Bloom would draw: the paths; the nodes of a row without any."""
    found: list[str] = []
    for row in rows:
        assert all(value is None or isinstance(value, (Node, GraphPath)) for value in row.values())
        paths = [words_of(value) for value in row.values() if isinstance(value, GraphPath)]
        found += paths or [value["id"] for value in row.values() if value is not None]
    return found


def words_of(path: GraphPath) -> str:
    """Return a path as ids with the relations between them."""
    ids = [node["id"] for node in path.nodes]
    steps = (f"{relation.type} {name}" for relation, name in zip(path.relationships, ids[1:], strict=True))
    return " ".join((ids[0], *steps))


def ask(store: GraphStore, file: str, **parameters: Any) -> list[dict[str, Any]]:
    """Return what ``cypher/bloom/<file>.cypher`` finds."""
    return run(store, queries.cypher(f"bloom/{file}"), **parameters)


def act(store: GraphStore, file: str, selected: list[Any]) -> list[dict[str, Any]]:
    """Run an action for what is selected, as Bloom does: with element ids."""
    if len(selected[0]) == 2:
        found = [
            run(store, "MATCH (n {id: $id}) WHERE $label IN labels(n) RETURN elementId(n) AS e", label=label, id=id_)
            for label, id_ in selected
        ]
        return ask(store, file, nodes=[rows[0]["e"] for rows in found])
    found = [
        run(
            store,
            "MATCH ({id: $s})-[r]->({id: $t}) WHERE type(r) = $kind AND r.until IS NULL RETURN elementId(r) AS e",
            s=source, t=target, kind=kind,
        )
        for source, kind, target in selected
    ]  # fmt: skip
    return ask(store, file, relationships=[rows[0]["e"] for rows in found])


def state_of(store: GraphStore) -> list[str]:
    """Return everything there is but the reader's marks, sorted."""
    rows = run(store, "MATCH (a)-[r]->(b) RETURN a.id AS a, type(r) AS kind, b.id AS b, properties(r) AS props")
    edges = [
        (row["a"], row["kind"], row["b"], {key: row["props"][key] for key in sorted(row["props"]) if key not in REVIEW})
        for row in rows
    ]
    return sorted(map(str, edges))
