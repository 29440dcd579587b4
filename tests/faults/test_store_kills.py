"""Loads that die: kill -9 of the loader at two hundred places, and of the server under it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from kg.errors import StoreUnreachable
from kg.store import canonical
from kg.store.driver import GraphStore
from kg.store.loader import load
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.parts.fault_counts import times
from tests.servers.fault_worlds import Build, doubled, options_for, seen
from tests.servers.fixtures import wipe
from tests.servers.mortal_loaders import Loaders, any_strike, mortal_loaders
from tests.servers.neo4j_server import RestartableServer, restartable_server

KILLS = 10
BATCH = 5


@pytest.fixture(scope="module")
def loaders() -> Iterator[Loaders]:
    """A warm parent of processes that load and are killed."""
    with mortal_loaders() as ours:
        yield ours


def check_whole(store: GraphStore, build: Build) -> None:
    """The graph is what a load in peace of ``build`` gives, with nothing doubled."""
    assert seen(store) == build.seen
    assert canonical.digest(store) == build.digest
    assert doubled(store) == []


def kill_and_repair(loaders: Loaders, options: StoreOptions, pair: tuple[Build, Build], seed: int) -> None:
    """Kill loads of one build over the other, ``KILLS`` in all; after each few the load is run again."""
    chance = random.Random(seed)
    served, wanted = pair
    whole = loaders.load(options, served.files, served.name)
    other = loaders.load(options, wanted.files, wanted.name)
    assert (whole.status, other.status) == (0, 0), whole.said + other.said
    served, wanted = wanted, served
    kills = 0
    while kills < KILLS:
        for _ in range(chance.randint(1, 3)):
            fate = loaders.load(options, wanted.files, wanted.name, any_strike(chance, other.writes, other.seconds))
            assert fate.killed or fate.status == 0, fate.said
            kills += fate.killed
        with open_store(options) as store:
            assert seen(store) in {served.seen, wanted.seen}, "readers were shown half a build"
            load(store, wanted.files, wanted.name)
            check_whole(store, wanted)
            if kills >= KILLS:
                assert load(store, wanted.files, wanted.name).writes == 0
        served, wanted = wanted, served


@pytest.mark.parametrize("seed", times(100 // KILLS, 1))
def test_a_load_into_the_embedded_graph_survives_being_killed(
    loaders: Loaders, builds: tuple[Build, ...], tmp_path: Path, seed: int
) -> None:
    """Wherever kill -9 strikes, readers find the old build or the new one, and the next load the same graph."""
    pair = builds[2:] if seed == 0 else builds[:2]
    kill_and_repair(loaders, StoreOptions(path=tmp_path / "graph", batch_size=BATCH), (pair[0], pair[1]), seed)


@pytest.mark.neo4j
@pytest.mark.parametrize("seed", times(100 // KILLS, 1))
def test_a_load_into_neo4j_survives_being_killed(
    loaders: Loaders, builds: tuple[Build, ...], neo4j_options: StoreOptions, seed: int
) -> None:
    """The same on a server, which outlives its client: what was not committed is undone."""
    options = neo4j_options.model_copy(update={"batch_size": BATCH})
    with open_store(options) as store:
        wipe(store)
    pair = builds[2:] if seed == 0 else builds[:2]
    kill_and_repair(loaders, options, (pair[0], pair[1]), seed)


@pytest.fixture(scope="module")
def mortal_server() -> Iterator[RestartableServer]:
    """A Neo4j to be killed."""
    with restartable_server() as server:
        yield server


@contextmanager
def later(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Do something while the body runs, and wait for it."""
    thread = threading.Timer(seconds, act)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@pytest.mark.neo4j
@pytest.mark.parametrize("seed", times(7, 1))
def test_a_load_is_completed_after_its_server_was_killed(
    mortal_server: RestartableServer, builds: tuple[Build, ...], seed: int
) -> None:
    """Kill -9 of Neo4j during a load: started again on its data it shows a whole build, and the load is completed."""
    options = options_for(mortal_server, batch_size=BATCH, retry_s=0)
    pair = builds[2:]
    served, wanted = pair[seed % 2], pair[(seed + 1) % 2]
    with open_store(options) as store:
        load(store, served.files, served.name)
    # Either the load is faster, or it loses its server: nothing else may come of it.
    with (
        later(random.Random(seed).uniform(0.05, 1.0), mortal_server.kill),
        suppress(StoreUnreachable),
        open_store(options) as store,
    ):
        load(store, wanted.files, wanted.name)
    mortal_server.start()
    with open_store(options) as store:
        assert seen(store) in {served.seen, wanted.seen}, "readers are shown half a build"
        load(store, wanted.files, wanted.name)
        check_whole(store, wanted)


@pytest.mark.neo4j
@pytest.mark.parametrize("seed", times(3, 1))
def test_a_load_outlives_its_server(mortal_server: RestartableServer, builds: tuple[Build, ...], seed: int) -> None:
    """A server that is killed and started again within ``retry_s`` is waited for: the load goes on by itself."""
    pair = builds[2:]
    served, wanted = pair[seed % 2], pair[(seed + 1) % 2]
    with open_store(options_for(mortal_server, batch_size=BATCH, retry_s=0)) as store:
        load(store, served.files, served.name)

    def restart() -> None:
        mortal_server.kill()
        mortal_server.start()

    with open_store(options_for(mortal_server, batch_size=BATCH, retry_s=120)) as store:
        with later(random.Random(seed).uniform(0.05, 0.7), restart):
            load(store, wanted.files, wanted.name)
        check_whole(store, wanted)
