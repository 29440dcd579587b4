"""Full disks: under the graph, under the server, under what is set aside to compare."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from kg.errors import StoreError
from kg.store.loader import load
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.servers.fault_worlds import Build, check_recovered, check_refused, options_for, seen
from tests.servers.fixtures import run, wipe
from tests.servers.mortal_loaders import Strike, mortal_loaders
from tests.servers.neo4j_server import RestartableServer, restartable_server

# Products whose ids and hashes take more than 20 MB.
CROWD = 300_000


def log_size(server: RestartableServer) -> int:
    """Return the bytes of the server's largest log of transactions."""
    logs = server.home.glob("data/transactions/neo4j/neostore.transaction.db.*")
    return max(log.stat().st_size for log in logs)


@pytest.mark.neo4j
def test_a_server_with_a_full_disk_loses_nothing_that_was_published(
    odd_server: RestartableServer, odd_options: StoreOptions, builds: tuple[Build, ...]
) -> None:
    """The server gives up, and so does the load; with room again the old build is there, and the load is completed."""
    served, wanted = builds[2:]
    with open_store(odd_options) as store:
        wipe(store)
        load(store, served.files, served.name)
        # The log of transactions is then the largest file, and the one that the limit is for.
        run(store, "UNWIND range(1, 30000) AS i CREATE (:Junk {i: i})")
        run(store, "MATCH (n:Junk) DELETE n")
    odd_server.kill()
    odd_server.start(largest_file=log_size(odd_server) + 3_000)
    with pytest.raises(StoreError) as caught, open_store(odd_options) as store:
        load(store, wanted.files, wanted.name)
    check_refused(caught.value, "look into the server's own log")
    odd_server.kill()
    odd_server.start()
    with open_store(odd_options) as store:
        check_recovered(store, served, wanted)


@pytest.mark.rare
@pytest.mark.neo4j
def test_indexes_that_a_full_disk_spoiled_are_named(builds: tuple[Build, ...]) -> None:
    """The server does not build them again by itself, so the load says which to drop, and then makes them."""
    served, wanted = builds[2:]
    with restartable_server(settings={"db.tx_log.preallocate": "false"}) as server:
        options = options_for(server, retry_s=1)
        with open_store(options) as store:
            load(store, served.files, served.name)
        # What was written last is not in the files yet: it is when the server comes up again.
        server.kill()
        server.start(largest_file=log_size(server) + 3_000)
        server.kill()
        server.start()
        with open_store(options) as store:
            with pytest.raises(StoreError, match=r"could not build: kg_\w+") as caught:
                load(store, wanted.files, wanted.name)
            check_refused(caught.value, "drop these constraints and indexes")
            for row in run(store, "SHOW INDEXES YIELD name, state, owningConstraint AS of WHERE state = 'FAILED'"):
                run(store, f"DROP {'CONSTRAINT' if row['of'] else 'INDEX'} {row['name']}")
            check_recovered(store, served, wanted)


@pytest.mark.parametrize("room", [10_000, 70_000, 100_000, 200_000, 300_000])
def test_a_full_disk_under_the_embedded_graph_loses_nothing_that_was_published(
    tmp_path: Path, builds: tuple[Build, ...], room: int
) -> None:
    """A load that cannot write says so, or was written whole; the folder opens again and takes the load."""
    served, wanted = builds[2:]
    options = StoreOptions(path=tmp_path / "graph", batch_size=50)
    with mortal_loaders() as loaders:
        assert loaders.load(options, served.files, served.name).status == 0
        fate = loaders.load(options, wanted.files, wanted.name, Strike(largest_file=room))
    if fate.status:
        assert (fate.status, fate.kind) == (1, "StoreError"), fate.said
        assert "the disk is full" in fate.remedy
        assert "\n" not in fate.said
    with open_store(options) as store:
        check_recovered(store, wanted if fate.status == 0 else served, wanted)


def test_a_new_embedded_graph_on_a_full_disk_is_explained(tmp_path: Path, builds: tuple[Build, ...]) -> None:
    """Where not even an empty graph fits, the folder is named; with room again it works."""
    options = StoreOptions(path=tmp_path / "graph")
    with mortal_loaders() as loaders:
        fate = loaders.load(options, builds[0].files, "b", Strike(largest_file=10_000))
    assert (fate.status, fate.kind) == (1, "StoreError")
    assert str(tmp_path / "graph") in fate.said
    with open_store(options) as store:
        load(store, builds[0].files, builds[0].name)
        assert seen(store) == builds[0].seen


def test_a_disk_without_room_to_compare_is_explained(tmp_path: Path, builds: tuple[Build, ...]) -> None:
    """Rows that fit neither memory nor the temporary folder are no fault of the build, and nothing is written."""
    served = builds[2]
    options = StoreOptions(path=tmp_path / "graph")
    little = options.model_copy(update={"memory_mb": 20})
    crowd = tmp_path / "crowd.parquet"
    with duckdb.connect() as db:
        few = db.read_parquet(str(served.files.products))
        many = few.query("p", f"SELECT * REPLACE (i || id AS id) FROM p, range({CROWD // len(few)}) r(i)")
        many.write_parquet(str(crowd))
    with mortal_loaders() as loaders:
        assert loaders.load(options, served.files, served.name).status == 0
        fate = loaders.load(little, replace(served.files, products=crowd), "crowd", Strike(largest_file=1_000_000))
    assert (fate.status, fate.kind) == (1, "StoreError"), fate.said
    assert "TMPDIR" in fate.remedy
    assert "store.memory_mb" in fate.remedy
    with open_store(options) as store:
        assert seen(store) == served.seen
