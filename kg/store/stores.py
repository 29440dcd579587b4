"""The stores there are: a graph embedded in a folder, and a Neo4j server. A new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

from kg.store.driver import GraphStore
from kg.store.options import StoreOptions

__all__ = ["open_store"]


@contextmanager
def open_store(options: StoreOptions) -> Generator[GraphStore]:
    """Yield the store that ``options`` name; close it afterwards.

    Raises:
        StoreBusy: another process holds the embedded graph.
        StoreUnreachable: nothing answers.
        StoreRefused: wrong name or password.
        StoreTooOld: the server is older than Neo4j 5.26.
        StoreError: anything else that keeps it from opening.
    """
    with _OPENERS[options.kind](options) as store:
        yield store


def _embedded(options: StoreOptions) -> AbstractContextManager[GraphStore]:
    from kg.store.embedded import open_embedded  # noqa: PLC0415 - one store's libraries, when it is used

    return open_embedded(options)


def _server(options: StoreOptions) -> AbstractContextManager[GraphStore]:
    from kg.store.server import open_server  # noqa: PLC0415 - one store's libraries, when it is used

    return open_server(options)


_OPENERS: dict[str, Callable[[StoreOptions], AbstractContextManager[GraphStore]]] = {
    "embedded": _embedded,
    "neo4j": _server,
}
