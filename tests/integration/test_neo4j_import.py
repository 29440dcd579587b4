"""What ``kg export neo4j-admin`` writes, imported by Neo4j's own importer, is the graph that the loader makes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import SecretStr

from kg.store import canonical
from kg.store.delta import GraphFiles
from kg.store.driver import GraphStore
from kg.store.export.neo4j_admin import Neo4jAdminOptions
from kg.store.export.run import Asked, export
from kg.store.loader import load
from kg.store.options import StoreOptions
from kg.store.publisher import Served, current, generations
from kg.store.stores import open_store
from kg.store.verify import verify
from tests.parts.hostile_world import hostile_world
from tests.servers.fixtures import wipe
from tests.servers.graph_files import World, small_world, write_world
from tests.servers.neo4j_import import run_import
from tests.servers.neo4j_server import restartable_server

pytestmark = pytest.mark.neo4j

BUILD = "b0123456789ab"


@contextmanager
def imported(files: GraphFiles, folder: Path, options: Neo4jAdminOptions) -> Iterator[GraphStore]:
    """Yield a server on a database that the importer made of ``files``."""
    export(files, Asked("neo4j-admin", BUILD, folder / "export", options))
    run_import(folder / "export", folder / "home")
    with restartable_server(home=folder / "home") as server:
        address = server.address()
        opened = StoreOptions(kind="neo4j", uri=address.uri, user=address.user, password=SecretStr(address.password))
        with open_store(opened) as store:
            yield store


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> GraphFiles:
    """A build with every kind of node and relationship, and every hostile text."""
    one, other = small_world(), hostile_world()
    both = World(**{part.name: [*getattr(one, part.name), *getattr(other, part.name)] for part in fields(World)})
    return write_world(tmp_path_factory.mktemp("build"), both)


@pytest.fixture(scope="module")
def loaded(files: GraphFiles, neo4j_options: StoreOptions) -> tuple[list[str], Served | None]:
    """What the loader makes of it, and what it says of it."""
    with open_store(neo4j_options) as store:
        wipe(store)
        load(store, files, BUILD)
        return canonical.dump(store), current(store)


@pytest.mark.parametrize(
    "options",
    [Neo4jAdminOptions(), Neo4jAdminOptions(part_rows=4, compress=True)],
    ids=["one file a kind", "compressed parts"],
)
def test_the_importer_makes_the_graph_of_the_loader(
    options: Neo4jAdminOptions, files: GraphFiles, loaded: tuple[list[str], Served | None], tmp_path: Path
) -> None:
    """Imported is the same as loaded, whatever is in the texts; it is published, and a load finds nothing to write."""
    with imported(files, tmp_path, options) as store:
        assert (canonical.dump(store), current(store)) == loaded
        assert [(each.id, each.build, each.published_at) for each in generations(store)] == [(1, BUILD, 0)]
        report = load(store, files, BUILD)
        assert (report.writes, report.switch) == (0, None)
        assert store.missing_schema() == []
        assert verify(store, files).ok
        assert canonical.dump(store) == loaded[0]
