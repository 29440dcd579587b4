"""How Neo4j finds what Bloom's questions ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import neo4j
import pytest

from kg.store import queries
from kg.store.bloom.phrases import text_of
from kg.store.driver import GraphStore
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.servers.bloom_world import FILES, load_two_builds
from tests.servers.fixtures import run, wipe

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
    found = _operators(filled, file)
    scanned = {detail for name, detail in found if name.endswith(SCANS)}
    assert scanned == MAY_SCAN.get(file, set())
    names = {name for name, _ in found}
    if file.startswith("action_"):
        assert names & {"NodeByElementIdSeek", "DirectedRelationshipByElementIdSeek"}
    elif file not in MAY_SCAN:
        assert "ProcedureCall" in names
    for label in scanned:
        assert label in queries.header(f"bloom/{file}").split("// Cost:")[1]


def _operators(store: GraphStore, file: str) -> list[tuple[str, str]]:
    """Return the operators of the plan, each with the label that it reads."""
    given = {"nodes": ["4:0:1"], "relationships": ["5:0:1"], "context": "summer", "build": "b1"}
    words = dict.fromkeys(("intent", "type", "product", "a", "b", "words"), "salsa")

    def explain(tx: neo4j.ManagedTransaction) -> Any:
        return tx.run("EXPLAIN " + text_of(file), {**given, **words}).consume().plan

    def flat(plan: dict[str, Any]) -> list[tuple[str, str]]:
        detail = str(plan.get("args", {}).get("Details", "")).partition(":")[2]
        inner = [each for child in plan.get("children", ()) for each in flat(child)]
        return [(plan["operatorType"].split("@")[0], detail), *inner]

    with store._driver.session(database=store.info().database) as session:
        return flat(session.execute_write(explain))
