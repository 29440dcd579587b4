"""How Neo4j finds what Bloom's questions ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.store import queries
from kg.store.driver import GraphStore
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.servers.bloom_world import FILES, load_two_builds
from tests.servers.fixtures import run, wipe
from tests.servers.plans import plan_of

PARAMETERS = {
    "nodes": ["4:0:1"], "relationships": ["5:0:1"], "context": "summer", "build": "b1",
    **dict.fromkeys(("intent", "type", "product", "a", "b", "words"), "salsa"),
}  # fmt: skip
SCANS = ("AllNodesScan", "NodeByLabelScan", "RelationshipTypeScan", "RelationshipTypesScan", "AllRelationshipsScan")
# What reads a label whole, and says so in its header: of these labels, and nothing else.
MAY_SCAN = {
    "phrase_uncertain": {"Intent", "ProductType"},
    "phrase_in_context": {"ProductType"},
    "phrase_build_changed": {"ProductType", "KgGeneration"},
    "phrase_decided": {"ProductType"},
    "phrase_marked": {"ProductType"},
    "phrase_out_of_stock": {"Product"},
    "phrase_thin_intents": {"Intent"},
    "review_decisions": {"ProductType"},
    "review_products": {"Product"},
}


@pytest.fixture(scope="module")
def filled(neo4j_options: StoreOptions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    """A real Neo4j with the small world and much else, so that reading everything is not the cheapest plan."""
    with open_store(neo4j_options) as store:
        load_two_builds(store, tmp_path_factory.mktemp("builds"))
        run(store, "UNWIND range(1, 3000) AS i CREATE (:Note {i: i})-[:ABOUT]->(:Note)")
        yield store
        wipe(store)


@pytest.mark.neo4j
@pytest.mark.parametrize("file", FILES)
def test_a_query_of_bloom_seeks_or_scans_what_it_says(filled: GraphStore, file: str) -> None:
    """It starts from an index or from the ids of what is selected; the few that scan do so over a label they name."""
    plan = plan_of(filled, queries.cypher(f"bloom/{file}"), PARAMETERS)
    scanned = {each.details.partition(":")[2] for each in plan if each.operator.endswith(SCANS)}
    assert scanned == MAY_SCAN.get(file, set())
    names = {each.operator for each in plan}
    if file.startswith("action_"):
        assert names & {"NodeByElementIdSeek", "DirectedRelationshipByElementIdSeek"}
    elif file not in MAY_SCAN:
        assert "ProcedureCall" in names
    for label in scanned:
        assert label in queries.header(f"bloom/{file}").split("// Cost:")[1]
