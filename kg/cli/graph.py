"""Open the graph to read from it, and say so plainly when there is nothing in it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import click

from kg.build.settings import Workspace
from kg.errors import NotFound
from kg.store.driver import GraphStore
from kg.store.publisher import current
from kg.store.stores import open_store

__all__ = ["KEY", "graph_is_made", "open_graph"]


class _Key(click.ParamType[str]):
    """An id or words, as text that every store can be asked about."""

    name = "key"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fail(f"{value!r} is not text in this terminal's encoding", param, ctx)
        return value


KEY = _Key()


def graph_is_made(workspace: Workspace) -> bool:
    """Whether there is a graph to open: a server's always is, an embedded one is made by the first load."""
    options = workspace.store_options()
    return options.kind != "embedded" or options.path.is_dir()


@contextmanager
def open_graph(workspace: Workspace) -> Generator[GraphStore]:
    """Yield the store, holding a build that was loaded whole.

    Raises:
        NotFound: nothing was loaded yet.
        StoreError: the store cannot be opened.
    """
    empty = NotFound("nothing has been loaded into the graph yet", remedy="run 'kg build'")
    if not graph_is_made(workspace):
        raise empty
    with open_store(workspace.store_options()) as store:
        served = current(store)
        if served is None or not served.generation:
            raise empty
        yield store
