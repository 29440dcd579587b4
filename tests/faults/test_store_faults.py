"""What happens to a graph when the loader dies, when two want it, and when the server is not what it should be."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from kg.errors import StoreBusy, StoreError, StoreRefused, StoreUnreachable
from kg.model import Product, ProductType, Relation
from kg.store import canonical, lookup
from kg.store.loader import GraphFiles, load
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.servers import loader_process
from tests.servers.fixtures import run, wipe
from tests.servers.graph_files import ProductEdge, World, small_world, write_world

NEVER = 10**9


def big_world(products: int = 1_500) -> World:
    """Enough rows for a kill to fall into the middle of something."""
    types = [ProductType(f"t{i}", f"thing {i}", "A > B", 1, 0.5) for i in range(20)]
    made = [Product(f"p{i:05}", f"Thing {i}", "Brand", type_id=f"t{i % 20}") for i in range(products)]  # type: ignore[arg-type]
    kind = small_world().product_edges[4].source_kind
    edges = [
        ProductEdge(Relation.COMPLEMENTS, kind, a.id, made[(i * 7 + n) % products].id, f"Edge {i} {n}.", rank=n)
        for i, a in enumerate(made)
        for n in (1, 2)
    ]
    return World(made, types, [], [], edges)


@pytest.fixture(scope="module")
def big_files(tmp_path_factory: pytest.TempPathFactory) -> GraphFiles:
    """The big world as files."""
    return write_world(tmp_path_factory.mktemp("big"), big_world())


@pytest.fixture(scope="module")
def expected(big_files: GraphFiles, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the big world loaded in peace."""
    with open_store(StoreOptions(path=tmp_path_factory.mktemp("peace"))) as store:
        load(store, big_files, "b1")
        return canonical.digest(store)


def start(options: StoreOptions, files: GraphFiles, rows: int = NEVER, seconds: float = 60) -> subprocess.Popen[str]:
    """Start a loader that kills itself."""
    plain = options.model_dump(mode="json") | {"password": options.password.get_secret_value()}
    paths = {name: str(path) for name, path in dataclasses.asdict(files).items() if path}
    arguments = [json.dumps(plain), json.dumps(paths), str(rows), str(seconds)]
    command = [sys.executable, str(loader_process.__file__), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("rows", "seconds"), [(1, 60), (1_600, 60), (3_300, 60), (5_900, 60), (NEVER, 0.35), (NEVER, 0.9)]
)
def test_a_killed_load_is_completed_by_the_next(
    tmp_path: Path, big_files: GraphFiles, expected: str, rows: int, seconds: float
) -> None:
    """Wherever kill -9 strikes, the same load afterwards gives the same graph."""
    options = StoreOptions(path=tmp_path / "graph", batch_size=97)
    with start(options, big_files, rows, seconds) as process:
        said, _ = process.communicate(timeout=120)
    assert (process.returncode, "READY" in said) in {(-9, True), (0, True)}
    with open_store(options) as store:
        load(store, big_files, "b1")
        assert canonical.digest(store) == expected
        assert load(store, big_files, "b1").writes == 0
        assert [match.id for match in lookup.resolve(store, "thing 7")][:1] == ["t7"]


@pytest.mark.neo4j
@pytest.mark.parametrize("rows", [700, 4_000])
def test_a_load_killed_on_neo4j_is_completed_by_the_next(
    neo4j_options: StoreOptions, big_files: GraphFiles, expected: str, rows: int
) -> None:
    """Kill -9 of the client leaves a server that the next load completes, to the embedded store's very graph."""
    options = neo4j_options.model_copy(update={"batch_size": 97})
    with open_store(options) as store:
        wipe(store)
        with start(options, big_files, rows) as process:
            process.communicate(timeout=120)
        assert process.returncode == -9
        load(store, big_files, "b1")
        assert canonical.digest(store) == expected
        wipe(store)


def test_a_second_process_waits_its_turn(tmp_path: Path, big_files: GraphFiles, expected: str) -> None:
    """While one process holds the folder another is told by whom, and gets in once it is free."""
    options = StoreOptions(path=tmp_path / "graph", batch_size=50)
    with start(options, big_files) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "READY\n"
        with (
            pytest.raises(StoreBusy, match=rf"is in use by process {process.pid} "),
            open_store(options.model_copy(update={"lock_timeout_s": 0.05})),
        ):
            pass
        with open_store(options.model_copy(update={"lock_timeout_s": 100})) as store:
            assert canonical.digest(store) == expected
        assert process.wait(timeout=60) == 0


def test_the_password_of_the_folder_is_the_owners_alone(tmp_path: Path) -> None:
    """The embedded graph's password is random, in a file only its owner reads, and survives losing that file."""
    options = StoreOptions(path=tmp_path / "graph")
    with open_store(options) as store:
        assert store.info().kind == "embedded"
    path = tmp_path / "graph" / "graph.password"
    first = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    with open_store(options) as store:
        assert store.read("read/current") == []
    assert path.read_text() != first


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    """A path below a file names the folder and the setting."""
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StoreError, match=r"set store\.path to another folder"),
        open_store(StoreOptions(path=tmp_path / "file" / "graph")),
    ):
        pass


@pytest.mark.neo4j
def test_a_wrong_password_names_the_setting(neo4j_options: StoreOptions) -> None:
    """Logging in with a wrong password is refused with the settings to check."""
    options = neo4j_options.model_copy(update={"password": SecretStr("wrong-password")})
    with pytest.raises(StoreRefused, match=r"refused.*check store\.user and store\.password"), open_store(options):
        pass


@pytest.mark.neo4j
def test_an_unknown_database_names_the_setting(neo4j_options: StoreOptions) -> None:
    """A database that is not there is named with the setting to check."""
    options = neo4j_options.model_copy(update={"database": "nowhere"})
    with pytest.raises(StoreError, match=r"check store\.database"), open_store(options):
        pass


@pytest.mark.parametrize("uri", ["bolt://127.0.0.1:1", "bolt://no-such-host.invalid:7687", "ftp://127.0.0.1"])
def test_a_server_that_does_not_answer_names_the_address(uri: str) -> None:
    """Nothing at the address, no such host, no such scheme: the address and the setting are named."""
    with (
        pytest.raises(StoreUnreachable, match=r"check store\.uri") as caught,
        open_store(StoreOptions(kind="neo4j", uri=uri, password=SecretStr("x"))),
    ):
        pass
    assert uri in str(caught.value)


@pytest.mark.neo4j
def test_a_users_own_clashing_index_is_explained(neo4j_options: StoreOptions) -> None:
    """An index of the user's that our constraint cannot live beside is named, with what to do."""
    with open_store(neo4j_options) as store:
        wipe(store)
        run(store, "DROP CONSTRAINT kg_meta_id IF EXISTS")
        run(store, "CREATE INDEX theirs IF NOT EXISTS FOR (n:KgMeta) ON (n.id)")
        try:
            with pytest.raises(StoreError, match="drop your own index or constraint"):
                store.ensure_schema()
        finally:
            run(store, "DROP INDEX theirs IF EXISTS")
        store.ensure_schema()
