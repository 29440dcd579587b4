"""The golden test: the sample is the same graph wherever, however and however often it is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.store import canonical
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.parts.artefacts import fingerprint, graph_digest
from tests.parts.commands import kg_process, whole_sample_shop
from tests.servers.fixtures import wipe

pytestmark = pytest.mark.timeout(400)


def _neo4j(options: StoreOptions) -> dict[str, object]:
    return {
        "kind": "neo4j",
        "uri": options.uri,
        "user": options.user,
        "password": options.password.get_secret_value(),
        "database": options.database,
    }


@pytest.fixture(scope="module")
def embedded_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, built with one worker under one hash seed into the embedded graph."""
    config = whole_sample_shop(tmp_path_factory.mktemp("embedded"), build={"workers": 1}, projection={"threads": 1})
    said = kg_process("build", "-q", "--config", config, PYTHONHASHSEED="1")
    assert said.code == 0, said.err
    return config


def test_a_build_is_the_same_bytes_under_another_seed_and_more_workers(embedded_shop: Path, tmp_path: Path) -> None:
    """Hash seed, worker count, threads and shard size of the model's questions leave no trace in any artefact."""
    config = whole_sample_shop(tmp_path, build={"workers": 2}, projection={"threads": 2})
    said = kg_process("build", "-q", "--config", config, PYTHONHASHSEED="4242")
    assert said.code == 0, said.err
    assert fingerprint(config) == fingerprint(embedded_shop)
    assert graph_digest(config) == graph_digest(embedded_shop)


@pytest.mark.neo4j
def test_both_stores_hold_the_same_graph(embedded_shop: Path, neo4j_options: StoreOptions, tmp_path: Path) -> None:
    """The same artefacts, and the same graph node by node and edge by edge, in Neo4j and in the embedded engine."""
    config = whole_sample_shop(tmp_path, store=_neo4j(neo4j_options))
    try:
        said = kg_process("build", "-q", "--config", config, PYTHONHASHSEED="7")
        assert said.code == 0, said.err
        assert fingerprint(config) == fingerprint(embedded_shop)
        with open_store(neo4j_options) as store:
            assert canonical.digest(store) == graph_digest(embedded_shop)
        again = kg_process("build", "-q", "--json", "--config", config)
        assert again.data["load"]["created"] + again.data["load"]["updated"] + again.data["load"]["deleted"] == 0
    finally:
        with open_store(neo4j_options) as store:
            wipe(store)


def test_the_second_build_asks_nothing_and_writes_nothing(embedded_shop: Path) -> None:
    """Running it again changes nothing: no question, no write, the same build."""
    first = fingerprint(embedded_shop)
    said = kg_process("build", "-q", "--json", "--config", embedded_shop)
    assert said.code == 0, said.err
    report = said.data
    assert report["answers"]["live"] == 0
    assert report["load"]["created"] + report["load"]["updated"] + report["load"]["deleted"] == 0
    assert all(stage["reused"] == stage["shards"] for stage in report["stages"])
    assert fingerprint(embedded_shop) == first
