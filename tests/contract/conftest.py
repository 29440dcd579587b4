"""Fixtures that several contracts share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.store.driver import GraphStore
from tests.servers.fixtures import wipe
from tests.servers.lookup_worlds import SERVED, shop


@pytest.fixture(scope="module")
def stocked(_module_store: GraphStore) -> Iterator[GraphStore]:
    """Each store with a small shop in it, for look-ups."""
    wipe(_module_store)
    _module_store.ensure_schema()
    shop().write(_module_store, SERVED)
    yield _module_store
    wipe(_module_store)
