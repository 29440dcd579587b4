"""Fixtures for tests that need a graph: the embedded store, a real Neo4j, or one after the other."""

from __future__ import annotations

from collections.abc import Iterator

import neo4j
import pytest
from pydantic import SecretStr

from kg.store.driver import GraphStore
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.servers.neo4j_server import Neo4jServer, ServerMissing, running_server

__all__ = ["any_store", "any_store_options", "neo4j_options", "neo4j_server", "run", "wipe"]


@pytest.fixture(scope="session")
def neo4j_server() -> Iterator[Neo4jServer]:
    """A real Neo4j, started once per run."""
    try:
        with running_server() as server:
            yield server
    except ServerMissing as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def neo4j_options(neo4j_server: Neo4jServer) -> StoreOptions:
    """How to open the real Neo4j."""
    return StoreOptions(
        kind="neo4j",
        uri=neo4j_server.uri,
        user=neo4j_server.user,
        password=SecretStr(neo4j_server.password),
    )


@pytest.fixture(scope="module", params=["embedded", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def any_store_options(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StoreOptions:
    """How to open each of the stores, one after the other."""
    if request.param == "neo4j":
        return request.getfixturevalue("neo4j_options")
    return StoreOptions(path=tmp_path_factory.mktemp("store") / "graph")


@pytest.fixture(scope="module")
def _module_store(any_store_options: StoreOptions) -> Iterator[GraphStore]:
    with open_store(any_store_options) as store:
        yield store


@pytest.fixture
def any_store(_module_store: GraphStore) -> GraphStore:
    """Each of the stores, open and empty, with its schema."""
    wipe(_module_store)
    _module_store.ensure_schema()
    return _module_store


def wipe(store: GraphStore) -> None:
    """Delete every node, ours or not."""
    run(store, "MATCH (n) DETACH DELETE n")


def run(store: GraphStore, text: str, **parameters: object) -> list[dict[str, object]]:
    """Run Cypher of the test's own in a write transaction."""

    def work(tx: neo4j.ManagedTransaction) -> list[dict[str, object]]:
        return [dict(row) for row in tx.run(text, parameters)]

    with store._driver.session(database=store.info().database) as session:
        return session.execute_write(work)
