"""Checks of the graph against its build, and repairs, on every store: what somebody changed by hand is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kg.errors import StoreError
from kg.store import canonical
from kg.store.driver import GraphStore
from kg.store.loader import GraphFiles, load
from kg.store.publisher import rollback
from kg.store.verify import Verified, repair, verify
from tests.servers.fixtures import run
from tests.servers.graph_files import small_world, write_world

EDGE = "MATCH (:Product {id: '0001'})-[r:COMPLEMENTS]->(:Product {id: 's-1'}) "
DAMAGE = {
    "an edge is deleted": (EDGE + "DELETE r", "nothing missing", "Product-COMPLEMENTS->Product 0001 -> s-1"),
    "a node and its edges are deleted": (
        "MATCH (p:Product {id: 's-1'}) DETACH DELETE p",
        "nothing missing",
        "Product s-1",
    ),
    "an explanation is changed": (
        EDGE + "SET r.explanation = 'Buy more.'",
        "content as in the build",
        "Product-COMPLEMENTS->Product 0001 -> s-1",
    ),
    "a property of a node is removed": (
        "MATCH (p:Product {id: '0001'}) REMOVE p.title",
        "content as in the build",
        "Product 0001",
    ),
    "an edge is there twice": (
        EDGE + "MATCH (a:Product {id: '0001'}), (b:Product {id: 's-1'}) "
        "CREATE (a)-[x:COMPLEMENTS]->(b) SET x += properties(r)",
        "nothing there twice",
        "Product-COMPLEMENTS->Product 0001 -> s-1",
    ),
    "an edge is made up": (
        "MATCH (a:Product {id: 's-1'}), (b:Product {id: '0001'}) CREATE (a)-[:COMPLEMENTS {h: 'x', since: 1}]->(b)",
        "nothing that is not in the build",
        "Product-COMPLEMENTS->Product s-1 -> 0001",
    ),
    "the counts are changed": (
        "MATCH (m:KgMeta {id: 'current'}) SET m.counts = '{}'",
        "counts as stated",
        "0 stated, 52 in the build",
    ),
    "the notes of what is gone are deleted": (
        EDGE + "SET r.until = 0 WITH r MATCH (a:Product {id: '0001'}), (b:Product {id: 's-1'}) "
        "CREATE (a)-[x:COMPLEMENTS]->(b) SET x += properties(r), x.until = null",
        "no orphaned edges",
        "",
    ),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> GraphFiles:
    """The small world as files."""
    return write_world(tmp_path_factory.mktemp("build"), small_world())


def wrong(found: Verified) -> dict[str, tuple[str, ...]]:
    """Return what is wrong, with the examples."""
    return {check.name: check.examples for check in found.checks if check.wrong}


def test_a_loaded_graph_is_in_order(any_store: GraphStore, files: GraphFiles) -> None:
    """Right after a load every check passes, the quick ones as well."""
    load(any_store, files, "b1")
    found = verify(any_store, files)
    assert wrong(found) == {}
    assert (found.build, found.generation, found.rows) == ("b1", 1, 52)
    assert verify(any_store, files, quick=True).ok


def test_a_graph_that_is_empty_cannot_be_checked(any_store: GraphStore, files: GraphFiles) -> None:
    """The remedy is to load one."""
    with pytest.raises(StoreError, match="holds no graph yet; load one: kg publish"):
        verify(any_store, files)


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_and_repaired(any_store: GraphStore, files: GraphFiles, damage: str) -> None:
    """Each kind of damage is named with an example, and after a repair the graph is the build's again."""
    load(any_store, files, "b1")
    digest = canonical.digest(any_store)
    statement, name, example = DAMAGE[damage]
    run(any_store, statement)
    found = verify(any_store, files)
    assert name in wrong(found)
    assert not example or example in wrong(found)[name]
    repair(any_store, files, found)
    assert wrong(verify(any_store, files)) == {}
    assert canonical.digest(any_store) == digest


def test_a_quick_check_believes_the_hashes(any_store: GraphStore, files: GraphFiles) -> None:
    """A changed explanation passes it, as its help says; a deleted edge does not."""
    load(any_store, files, "b1")
    run(any_store, EDGE + "SET r.explanation = 'Buy more.'")
    assert verify(any_store, files, quick=True).ok
    run(any_store, EDGE + "DELETE r")
    assert not verify(any_store, files, quick=True).ok


def test_an_index_that_is_gone_is_named_and_made_again(any_store: GraphStore, files: GraphFiles) -> None:
    """A look-up without its index would be slow, not wrong, so nothing else would tell."""
    load(any_store, files, "b1")
    run(any_store, "DROP INDEX kg_product_type")
    found = verify(any_store, files)
    assert wrong(found) == {"constraints and indexes online": ("kg_product_type",)}
    repair(any_store, files, found)
    assert verify(any_store, files).ok


def test_a_load_that_was_cut_off_is_told(any_store: GraphStore, files: GraphFiles) -> None:
    """The graph serves the old build in full, and the next load is to complete the other."""
    load(any_store, files, "b1")
    run(any_store, "MATCH (m:KgMeta {id: 'current'}) SET m.staging = 'b2'")
    assert wrong(verify(any_store, files)) == {"no load cut off": ("b2",)}


def test_what_is_somebody_elses_is_in_order(any_store: GraphStore, files: GraphFiles) -> None:
    """Nodes, relationships and properties of a user's are no damage."""
    load(any_store, files, "b1")
    run(any_store, EDGE + "SET r.review = 'approved'")
    run(
        any_store,
        "MATCH (p:Product {id: '0001'}) SET p.note = 'mine' CREATE (p)-[:COMPLEMENTS]->(:Product {id: 'own'})",
    )
    assert wrong(verify(any_store, files)) == {}


def test_a_graph_that_was_rolled_back_is_in_order(any_store: GraphStore, files: GraphFiles, tmp_path: Path) -> None:
    """It is compared with the build that it serves again."""
    load(any_store, files, "b1")
    world = small_world()
    changed = [replace(each, explanation="New.") for each in world.product_edges]
    load(any_store, write_world(tmp_path, replace(world, product_edges=changed)), "b2")
    assert rollback(any_store).build == "b1"
    assert wrong(verify(any_store, files)) == {}
