"""Every look-up on a real Neo4j finds its start by an index, touches one neighbourhood and says how much it returns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.store import queries
from kg.store.driver import GraphStore
from kg.store.loader import load
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.servers.fixtures import wipe
from tests.servers.graph_files import small_world, write_world
from tests.servers.plans import Plan, plan_of

pytestmark = pytest.mark.neo4j
COUNTING = {"lookup/stats"}
LOOKUPS = [name for name in queries.names() if name.startswith("lookup/") and name not in COUNTING]
# Repairs look for what no note names, so they read everything.
REPAIRS = {"delete/leftover_edges", "delete/leftover_nodes"}
FOLDERS = tuple(f"{folder}/" for folder in queries.WRITE_FOLDERS)
WRITES = [name for name in queries.names() if name.startswith(FOLDERS) and name not in REPAIRS]
# Look-ups whose rows need no limit: what bounds them.
BOUNDED = {
    "lookup/resolve_id": "a row a label",
    "lookup/why": "the relationships of one pair",
    "lookup/why_pair": "the relationships of one pair and of its types",
}
PARAMETERS = {
    "id": "0001", "a": "0001", "b": "s-1", "k": 10, "contexts": ["summer"], "words": "salsa", "embedding": [0.1] * 256,
    "ids": ["0001", "s-1"], "per_type": 2, "stand_ins": [], "rows": [], "build": "", "props": {}, "n": 1, "kept": [1],
    "until": 1, "ours": ["h"], "token": "x", "now": 1, "free": [""], "mine": {},
}  # fmt: skip
SCANS = {
    "AllNodesScan", "NodeByLabelScan", "UnionNodeByLabelsScan", "NodeIndexScan", "DirectedRelationshipTypeScan",
    "UndirectedRelationshipTypeScan", "DirectedUnionRelationshipTypesScan",
}  # fmt: skip
# The second is how a newer Neo4j than the long-term release plans a MERGE of a node.
SEEKS_TO_WRITE = ("UniqueIndexSeek", "MergeUniqueNode")
ONE_ROW = {"CacheProperties", "NodeUniqueIndexSeek", "Argument"}


@pytest.fixture(scope="module")
def filled(neo4j_options: StoreOptions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    """The small world on a real Neo4j."""
    with open_store(neo4j_options) as store:
        wipe(store)
        load(store, write_world(tmp_path_factory.mktemp("build"), small_world()), "b1")
        yield store
        wipe(store)


def planned(store: GraphStore, name: str) -> Plan:
    """Return the plan of a file."""
    return plan_of(store, queries.cypher(name), PARAMETERS)


def operators(plan: Plan) -> set[str]:
    """Return the operators of ``plan``."""
    return {each.operator for each in plan}


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_look_up_seeks_and_never_scans(filled: GraphStore, name: str) -> None:
    """It starts from an index, a unique one, full-text or of vectors, and reads no label or type whole."""
    plan = planned(filled, name)
    found = operators(plan)
    assert not SCANS & found
    assert {"NodeUniqueIndexSeek", "MultiNodeIndexSeek"} & found
    assert ("ProcedureCall" in found) == name.startswith(("lookup/resolve_words", "lookup/resolve_vector"))
    starts = {each.operator for each in plan if not each.children}
    assert starts <= {"NodeUniqueIndexSeek", "MultiNodeIndexSeek", "Argument"}


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_look_up_multiplies_nothing(filled: GraphStore, name: str) -> None:
    """It never waits for all rows to keep reading and writing apart, and sets rows beside a single node at most."""
    plan = planned(filled, name)
    assert "Eager" not in operators(plan)
    for product in (each for each in plan if each.operator == "CartesianProduct"):
        assert any(operators(child) <= ONE_ROW for child in product.children), product.details


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_look_up_bounds_its_rows(filled: GraphStore, name: str) -> None:
    """How many rows come back is the caller's ``$k``, or what the plan's own exceptions say."""
    text = queries.cypher(name)
    assert ("LIMIT $k" in text or "LIMIT 1" in text) != (name in BOUNDED)
    if name not in BOUNDED:
        assert {"Top", "Limit", "PartialTop"} & operators(planned(filled, name))


@pytest.mark.parametrize("name", WRITES)
def test_a_write_seeks_its_nodes(filled: GraphStore, name: str) -> None:
    """A write finds its nodes by the unique index, whatever the size of the graph; but bookkeeping is a few nodes."""
    plan = planned(filled, name)
    scans = [each for each in plan if each.operator in SCANS]
    assert all(":Kg" in each.details for each in scans), [each.details for each in scans]
    assert scans or any(seek in operator for seek in SEEKS_TO_WRITE for operator in operators(plan))


def test_the_plan_test_knows_a_scan_when_it_sees_one(filled: GraphStore) -> None:
    """Counting a label is a scan or a count store, not a seek: the checks above can fail."""
    assert SCANS & operators(planned(filled, "read/dump_nodes"))
