"""Every look-up on a real Neo4j finds its start by an index and touches one neighbourhood."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest

from kg.store import queries
from kg.store.driver import GraphStore
from kg.store.loader import load
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.servers.fixtures import wipe
from tests.servers.graph_files import small_world, write_world

pytestmark = pytest.mark.neo4j
COUNTING = {"lookup/stats"}
LOOKUPS = [name for name in queries.names() if name.startswith("lookup/") and name not in COUNTING]
WRITES = [name for name in queries.names() if name.startswith(("write/", "delete/", "publish/"))]
PARAMETERS = {
    "id": "0001", "a": "0001", "b": "s-1", "k": 10, "contexts": ["summer"], "words": "salsa", "rows": [], "build": "",
    "props": {},
}  # fmt: skip
SCANS = {"AllNodesScan", "NodeByLabelScan", "DirectedRelationshipTypeScan", "UndirectedRelationshipTypeScan"}


@pytest.fixture(scope="module")
def filled(neo4j_options: StoreOptions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    """The small world on a real Neo4j."""
    with open_store(neo4j_options) as store:
        wipe(store)
        load(store, write_world(tmp_path_factory.mktemp("build"), small_world()), "b1")
        yield store
        wipe(store)


def operators(store: GraphStore, name: str) -> list[str]:
    """Return the operators of the plan of a file."""

    def explain(tx: neo4j.ManagedTransaction) -> Any:
        return tx.run("EXPLAIN " + queries.cypher(name), PARAMETERS).consume().plan

    def flat(plan: dict[str, Any]) -> list[str]:
        return [plan["operatorType"].split("@")[0], *(op for child in plan.get("children", ()) for op in flat(child))]

    with store._driver.session(database=store.info().database) as session:
        return flat(session.execute_read(explain))


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_look_up_seeks_and_never_scans(filled: GraphStore, name: str) -> None:
    """A look-up starts from an index, a unique one or full-text, and reads no label or type whole."""
    found = operators(filled, name)
    assert not SCANS & set(found)
    if name.startswith("lookup/resolve_words"):
        assert "ProcedureCall" in found
    else:
        assert {"NodeUniqueIndexSeek", "MultiNodeIndexSeek"} & set(found)


@pytest.mark.parametrize("name", WRITES)
def test_a_write_seeks_its_nodes(filled: GraphStore, name: str) -> None:
    """A write finds its nodes by the unique index, whatever the size of the graph."""
    found = operators(filled, name)
    assert not SCANS & set(found)
    assert any("UniqueIndexSeek" in operator for operator in found)


def test_the_plan_test_knows_a_scan_when_it_sees_one(filled: GraphStore, tmp_path: Path) -> None:
    """Counting a label is a scan or a count store, not a seek: the checks above can fail."""
    assert SCANS & set(operators(filled, "read/dump_nodes"))
