"""What the tests of broken loads share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.store.options import StoreOptions
from tests.parts.fault_counts import ALL
from tests.servers.fault_worlds import Build, make_builds, options_for
from tests.servers.neo4j_server import RestartableServer, restartable_server


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the rare faults to ``make faults``."""
    rare = [] if ALL else [item for item in items if item.get_closest_marker("rare")]
    config.hook.pytest_deselected(items=rare)
    items[:] = [item for item in items if item not in rare]


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Build, ...]:
    """Two pairs of builds, small and large, each the other one changed."""
    return make_builds(tmp_path_factory.mktemp("builds"))


@pytest.fixture(scope="session")
def odd_server() -> Iterator[RestartableServer]:
    """A Neo4j of these tests' own, to be started in odd ways."""
    with restartable_server(settings={"db.tx_log.preallocate": "false"}) as server:
        yield server


@pytest.fixture
def odd_options(odd_server: RestartableServer) -> Iterator[StoreOptions]:
    """How to open it; it runs as it should before and after."""
    yield options_for(odd_server, batch_size=50, retry_s=1)
    if not odd_server.as_usual:
        odd_server.kill()
        odd_server.start()
