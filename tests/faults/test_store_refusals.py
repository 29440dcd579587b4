"""A store that does not take a load, for reasons of its own: each is one clear line, and readers notice nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import neo4j
import pytest
from pydantic import SecretStr

from kg.errors import StoreError, StoreRefused, StoreTooOld
from kg.store.driver import GraphStore
from kg.store.loader import load
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.servers.bolt_refuser import Refusal, bolt_refuser, forbidden
from tests.servers.fault_worlds import Build, check_recovered, check_refused, larger_world, seen
from tests.servers.fixtures import run, wipe
from tests.servers.graph_files import write_world
from tests.servers.neo4j_server import Neo4jServer, RestartableServer

OLD = "Neo4j/4.4.38"
# What Enterprise answers to who lacks a right, and the statement that needs it. The last one reads.
MISSING_RIGHTS = {
    "lock": forbidden("MERGE .l:KgLock", "Create node with labels 'KgLock'"),
    "node": forbidden("MERGE .*:Product ", "Create node with labels 'Product'"),
    "edge": forbidden("COMPLEMENTS", "Create relationship with type 'COMPLEMENTS'"),
    "meta": forbidden("MERGE .m:KgMeta", "Set property for property 'generation'"),
    "all writing": forbidden("MERGE|SET|CREATE|DELETE", "Write operations", roles="PUBLIC, reader"),
    "reading": forbidden("MATCH", "Database access"),
}


@pytest.mark.neo4j
@pytest.mark.parametrize(("agent", "said"), [(OLD, "4.4"), ("Neo4j/5.13.0", "Neo4j/5.13.0")])
def test_a_server_that_is_too_old_is_named(neo4j_options: StoreOptions, agent: str, said: str) -> None:
    """Neo4j 4.4, with the Bolt of its time, and an early 5 are refused before anything is asked of them."""
    with bolt_refuser(neo4j_options.uri, agent=agent) as old:
        options = neo4j_options.model_copy(update={"uri": old.uri})
        with pytest.raises(StoreTooOld, match=said) as caught, open_store(options):
            pass
    check_refused(caught.value, "use Neo4j 5.26 or later")


@pytest.mark.neo4j
@pytest.mark.parametrize("right", MISSING_RIGHTS)
def test_a_missing_right_is_named(neo4j_options: StoreOptions, builds: tuple[Build, ...], right: str) -> None:
    """Whichever step is not allowed, the server's own reason is passed on, and readers see the old build."""
    served, wanted = builds[:2]
    with open_store(neo4j_options) as store, bolt_refuser(neo4j_options.uri, MISSING_RIGHTS[right]) as strict:
        wipe(store)
        load(store, served.files, served.name)
        options = neo4j_options.model_copy(update={"uri": strict.uri})
        with (
            pytest.raises(StoreRefused, match="is not allowed for user 'loader'") as caught,
            open_store(options) as less,
        ):
            load(less, wanted.files, wanted.name)
        assert strict.refused
        check_refused(caught.value, "grant the user the rights")
        check_recovered(store, served, wanted)


@pytest.mark.neo4j
def test_a_user_without_the_right_to_make_indexes_can_load(
    neo4j_options: StoreOptions, builds: tuple[Build, ...]
) -> None:
    """Where somebody else made constraints and indexes, no right to make them is needed; where not, it is named."""
    served, wanted = builds[:2]
    refusal = forbidden("CREATE (CONSTRAINT|.*INDEX)", "Schema operation 'create_constraint'")
    with open_store(neo4j_options) as store, bolt_refuser(neo4j_options.uri, refusal) as strict:
        wipe(store)
        load(store, served.files, served.name)
        with open_store(neo4j_options.model_copy(update={"uri": strict.uri})) as less:
            load(less, wanted.files, wanted.name)
            assert seen(store) == wanted.seen
            run(store, "DROP CONSTRAINT kg_theme_id")
            with pytest.raises(StoreRefused, match="create_constraint") as caught:
                load(less, served.files, served.name)
        check_refused(caught.value, "grant the user the rights")
        check_recovered(store, wanted, served)


@pytest.mark.neo4j
def test_a_read_only_server_serves_and_takes_no_load(
    odd_server: RestartableServer, odd_options: StoreOptions, builds: tuple[Build, ...]
) -> None:
    """A read-only database answers readers, refuses the load, and says why."""
    served, wanted = builds[:2]
    with open_store(odd_options) as store:
        wipe(store)
        load(store, served.files, served.name)
    odd_server.stop()
    odd_server.start(read_only=True)
    with open_store(odd_options) as store:
        with pytest.raises(StoreError, match="read-only mode") as caught:
            load(store, wanted.files, wanted.name)
        check_refused(caught.value, "make the database writable")
        assert seen(store) == served.seen
    odd_server.kill()
    odd_server.start()
    with open_store(odd_options) as store:
        check_recovered(store, served, wanted)


@pytest.mark.neo4j
def test_a_batch_that_does_not_fit_the_servers_memory_is_explained(
    odd_server: RestartableServer, odd_options: StoreOptions, tmp_path: Path
) -> None:
    """A transaction over the server's limit names the setting to lower, which helps."""
    world = larger_world()
    wordy = replace(world, products=[replace(product, description="x" * 100_000) for product in world.products])
    files = write_world(tmp_path, wordy)
    with open_store(odd_options) as store:
        wipe(store)
    odd_server.kill()
    odd_server.start(settings={"db.memory.transaction.max": "8m"})
    with open_store(odd_options.model_copy(update={"batch_size": 5_000, "retry_s": 0.0})) as store:
        with pytest.raises(StoreError) as caught:
            load(store, files, "wordy")
        check_refused(caught.value, "lower store.batch_size")
        assert seen(store) == ("", frozenset())
    with open_store(odd_options.model_copy(update={"batch_size": 5})) as store:
        load(store, files, "wordy")
        assert seen(store)[0] == "wordy"


def twins(store: GraphStore) -> None:
    """Two nodes of a user's own with one of our labels and the same id."""
    run(store, "UNWIND [1, 2] AS n CREATE (:Product {id: 'twin', theirs: n})")


@pytest.mark.neo4j
def test_a_users_own_twins_are_explained(neo4j_options: StoreOptions, builds: tuple[Build, ...]) -> None:
    """Nodes that the constraint on ids cannot live with are named with what to do, and stay as they are."""
    with open_store(neo4j_options) as store:
        wipe(store)
        run(store, "DROP CONSTRAINT kg_product_id IF EXISTS")
        twins(store)
        with pytest.raises(StoreError, match="twin") as caught:
            load(store, builds[0].files, builds[0].name)
        check_refused(caught.value, "make the ids of your own nodes with our labels unique")
        assert run(store, "MATCH (n) RETURN count(n) AS n") == [{"n": 2}]
        wipe(store)
        load(store, builds[0].files, builds[0].name)
        assert seen(store) == builds[0].seen


def test_a_users_own_twins_in_the_embedded_graph_are_explained(tmp_path: Path, builds: tuple[Build, ...]) -> None:
    """The same in a folder."""
    with open_store(StoreOptions(path=tmp_path / "graph")) as store:
        twins(store)
        with pytest.raises(StoreError) as caught:
            load(store, builds[0].files, builds[0].name)
        check_refused(caught.value, "make the ids of your own nodes with our labels unique")
        wipe(store)
        load(store, builds[0].files, builds[0].name)
        assert seen(store) == builds[0].seen


def test_a_node_of_a_users_own_is_not_taken_over(any_store: GraphStore, builds: tuple[Build, ...]) -> None:
    """A node that somebody else made with an id that a load needs is named and left alone, and readers see the old."""
    served, wanted = builds[:2]
    load(any_store, served.files, served.name)
    run(any_store, "CREATE (:Product {id: 'new', theirs: 1})")
    with pytest.raises(StoreError, match="made by somebody else, with our label: new") as caught:
        load(any_store, wanted.files, wanted.name)
    check_refused(caught.value, "take them away or rename them")
    assert run(any_store, "MATCH (n:Product {id: 'new'}) RETURN properties(n) AS props") == [
        {"props": {"id": "new", "theirs": 1}}
    ]
    run(any_store, "MATCH (n:Product {id: 'new'}) DELETE n")
    check_recovered(any_store, served, wanted)


@pytest.fixture
def newcomer(neo4j_options: StoreOptions) -> Iterator[StoreOptions]:
    """How a user opens the store whose password was set by somebody else."""
    password = neo4j_options.password.get_secret_value()
    with neo4j.GraphDatabase.driver(neo4j_options.uri, auth=(neo4j_options.user, password)) as driver:
        driver.execute_query("CREATE USER newcomer SET PASSWORD 'for-the-first-time'", database_="system")
        yield neo4j_options.model_copy(update={"user": "newcomer", "password": SecretStr("for-the-first-time")})
        driver.execute_query("DROP USER newcomer", database_="system")


@pytest.mark.neo4j
def test_a_password_that_must_be_changed_is_explained(newcomer: StoreOptions) -> None:
    """A first login is told to change the password."""
    with pytest.raises(StoreRefused) as caught, open_store(newcomer):
        pass
    check_refused(caught.value, "change the password")


@pytest.mark.neo4j
def test_guessing_passwords_is_told_to_wait(newcomer: StoreOptions) -> None:
    """After a few wrong ones the server takes no more for a while, and that is what is said."""
    wrong = newcomer.model_copy(update={"password": SecretStr("wrong-password")})
    for remedy in ("check store.user", "check store.user", "check store.user", "wait a few seconds"):
        with pytest.raises(StoreRefused) as caught, open_store(wrong):
            pass
        check_refused(caught.value, remedy)


@pytest.mark.neo4j
@pytest.mark.parametrize(
    ("password", "agent", "refusals", "remedy"),
    [
        ("wrong-password", "", (), "check store.user and store.password"),
        ("", OLD, (), "use Neo4j 5.26 or later"),
        ("", "", (MISSING_RIGHTS["reading"],), "grant the user the rights"),
    ],
)
def test_the_command_says_it_on_one_line(
    neo4j_server: Neo4jServer, tmp_path: Path, password: str, agent: str, refusals: tuple[Refusal, ...], remedy: str
) -> None:
    """``kg`` ends with exit code 1 and the remedy on stderr, and prints nothing else."""
    with bolt_refuser(neo4j_server.uri, *refusals, agent=agent) as strict:
        store = {"kind": "neo4j", "uri": strict.uri, "user": "neo4j", "password": password or neo4j_server.password}
        lines = "".join(f"  {name}: '{value}'\n" for name, value in store.items())
        (tmp_path / "config.yaml").write_text(f"store:\n{lines}", "utf-8")
        command = [sys.executable, "-m", "kg.cli.main", "lookup", "intent", "insomnia", "--config", "config.yaml"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert remedy in done.stderr
