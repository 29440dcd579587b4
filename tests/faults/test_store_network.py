"""Loads over a bad network: two hundred, each with resets, delays, truncations and half-closed lines of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kg.errors import StoreError
from kg.store import canonical
from kg.store.loader import load
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.parts.fault_counts import times
from tests.servers.bolt_proxy import FaultPlan, bolt_proxy
from tests.servers.fault_worlds import Build, Seen, doubled, seen
from tests.servers.fixtures import wipe

pytestmark = pytest.mark.neo4j

RUNS = 200
GROUPS = 20
_EACH = RUNS // GROUPS
# A load of the small builds is about 60,000 bytes and 600 messages.
_BYTES, _MESSAGES = 30_000, 300
_GLANCE_S = 0.03


class Reader:
    """Looks at the graph over a connection of its own, again and again; ``found`` is what it saw."""

    def __init__(self, options: StoreOptions) -> None:
        self.found: set[Seen] = set()
        self.failure: BaseException | None = None
        self._options = options
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        try:
            with open_store(self._options) as store:
                while not self._ended.wait(_GLANCE_S):
                    self.found.add(seen(store))
        except BaseException as error:  # noqa: BLE001 - told to the test by its own thread
            self.failure = error

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look while the body runs."""
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join()
        assert self.failure is None, self.failure


def load_badly(options: StoreOptions, build: Build, seed: int) -> tuple[int, bool]:
    """Load over a network of faults; return how many struck, and whether the load was completed."""
    # Half of them try again, as the default does; half give up at the first break and leave more behind.
    retry_s = 1.0 if seed % 2 else 0.0
    plan = FaultPlan(seed, peace=0.25, within_bytes=_BYTES, within_messages=_MESSAGES)
    with bolt_proxy(options.uri, plan) as proxy:
        bad = options.model_copy(update={"uri": proxy.uri, "retry_s": retry_s, "batch_size": 3 + seed % 5})
        try:
            with open_store(bad) as store:
                load(store, build.files, build.name)
        except StoreError as error:
            print(f"seed {seed}: {error}")
            return proxy.struck.total(), False
        return proxy.struck.total(), True


@pytest.mark.parametrize("group", times(GROUPS, 2))
def test_a_load_over_a_bad_network_is_completed_by_the_next(
    neo4j_options: StoreOptions, builds: tuple[Build, ...], group: int
) -> None:
    """A load ends well or with one of our errors; readers see whole builds only; the next load gives the same graph."""
    pair = builds[2:] if group % 10 == 9 else builds[:2]
    reader = Reader(neo4j_options)
    struck = 0
    with open_store(neo4j_options) as store:
        wipe(store)
        with reader.looking():
            for seed in range(group * _EACH, (group + 1) * _EACH):
                build = pair[seed % 2]
                faults, completed = load_badly(neo4j_options, build, seed)
                struck += faults
                if not completed:
                    load(store, build.files, build.name)
                assert canonical.digest(store) == build.digest, f"seed {seed}"
                assert seen(store) == build.seen, f"seed {seed}"
                assert doubled(store) == [], f"seed {seed}"
    assert reader.found <= {("", frozenset()), *(build.seen for build in pair)}, "half a build was shown"
    assert {build.seen for build in pair} <= reader.found
    assert struck
