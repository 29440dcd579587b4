"""Fixtures that every test may ask for."""

import signal

from tests.servers.fixtures import (  # noqa: F401 - pytest finds fixtures by name
    _module_store,
    any_store,
    any_store_options,
    neo4j_options,
    neo4j_server,
)
from tests.servers.provider_fixtures import open_batch_asker, open_provider_asker, provider  # noqa: F401 - as above


def pytest_configure() -> None:
    """Let Ctrl-C be heard: a shell that starts the tests in the background has them ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
