"""Loads on every store: deltas, versions beside each other, the switch, the way back, and what is not ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kg.errors import StoreBusy, StoreError
from kg.model import NodeKind, Relation
from kg.store import canonical, lookup
from kg.store.driver import GraphStore, Policy, Step
from kg.store.loader import Before, GraphFiles, load, stage
from kg.store.lock import only_writer, take_over
from kg.store.publisher import current, generations, prune, rollback
from tests.servers.fixtures import run, wipe
from tests.servers.graph_files import World, edge, small_world, write_world


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> GraphFiles:
    """The small world as files."""
    return write_world(tmp_path_factory.mktemp("build"), small_world())


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> GraphFiles:
    """A later build: things gone, an explanation changed, a new edge, headings in another order."""
    return write_world(tmp_path_factory.mktemp("later"), later_world())


def later_world() -> World:
    """Return the small world with changes of every sort: 0 created, 4 updated, 13 deleted, one of them an edge."""
    world = small_world()
    return World(
        world.products[:-1],
        world.types[:-1],
        world.intents[1:],
        [*world.edges[1:-1], edge(Relation.COMPLEMENTS, (NodeKind.TYPE, "pita-chips"), "salsa", 1, "New words.")],
        [replace(world.product_edges[4], explanation="Better said."), *world.product_edges[5:]],
        [replace(world.themes[0], rank=2), replace(world.themes[1], rank=1, members=("tortilla-chips",))],
    )


def in_peace(store: GraphStore, files: GraphFiles) -> str:
    """Return the digest of ``files`` loaded into the store when it is empty."""
    wipe(store)
    load(store, files, "peace")
    return canonical.digest(store)


def test_a_dry_run_says_what_a_load_does_and_changes_nothing(any_store: GraphStore, files: GraphFiles) -> None:
    """The counts of a dry run are those of the load after it."""
    planned = load(any_store, files, "b1", dry_run=True)
    assert canonical.dump(any_store) == []
    done = load(any_store, files, "b1")
    assert done.counts == planned.counts
    assert done.writes == done.total.created == done.total.sent == sum(lookup.stats(any_store).meta["counts"].values())


def test_loading_again_writes_nothing(any_store: GraphStore, files: GraphFiles) -> None:
    """The second load finds everything as it should be and keeps the build that wrote it."""
    load(any_store, files, "b1")
    seen: list[int] = []
    report = load(any_store, files, "b2", seen.append)
    assert report.writes == 0
    assert sum(seen) == report.total.sent == report.total.unchanged
    assert lookup.why(any_store, "0001", "s-1").edges[0].build == "b1"
    assert lookup.stats(any_store).build == "b2"


def test_a_delta_changes_what_changed(any_store: GraphStore, tmp_path: Path) -> None:
    """A changed explanation lands, what is gone goes, and the result is that of a load into an empty store."""
    world = small_world()
    load(any_store, write_world(tmp_path / "1", world), "b1")
    after = World(
        world.products[:-1],
        world.types[:-1],
        world.intents[1:],
        [*world.edges[1:-1], edge(Relation.COMPLEMENTS, (NodeKind.TYPE, "pita-chips"), "salsa", 1, "New words.")],
        [replace(world.product_edges[4], explanation="Better said."), *world.product_edges[5:]],
        [replace(world.themes[0], rank=2), replace(world.themes[1], rank=1, members=("tortilla-chips",))],
    )
    files = write_world(tmp_path / "2", after)
    report = load(any_store, files, "b2")
    assert (report.total.created, report.total.updated, report.total.deleted) == (0, 4, 13)
    changed = lookup.why(any_store, "0001", "s-1").edges[0]
    assert (changed.explanation, changed.build) == ("Better said.", "b2")
    digest = canonical.digest(any_store)
    wipe(any_store)
    load(any_store, files, "b3")
    assert canonical.digest(any_store) == digest


def test_what_is_not_ours_stays(any_store: GraphStore, tmp_path: Path) -> None:
    """A user's nodes, properties and relationships survive a load that removes the product they hang on."""
    world = small_world()
    load(any_store, write_world(tmp_path / "1", world), "b1")
    run(any_store, "MATCH (p:Product {id: 'lone'}) SET p.note = 'mine' CREATE (:Note {text: 'x'})-[:ABOUT]->(p)")
    run(any_store, "CREATE (:Product {id: 'theirs'})")
    smaller = write_world(tmp_path / "2", replace(world, products=world.products[:-1]))
    report = load(any_store, smaller, "b2")
    assert (report.counts["Product"].deleted, report.pruned.deleted) == (1, 0)
    report = load(any_store, smaller, "b3")
    assert (report.pruned.deleted, report.pruned.kept) == (1, 1)  # the edge to its type is gone
    assert run(any_store, "MATCH (:Note)-[:ABOUT]->(p:Product) RETURN p.note AS note") == [{"note": "mine"}]
    assert run(any_store, "MATCH (p:Product {id: 'theirs'}) RETURN count(p) AS n") == [{"n": 1}]


def test_a_doubled_relationship_is_repaired(any_store: GraphStore, files: GraphFiles) -> None:
    """A relationship that somebody wrote twice is one again after the next load."""
    load(any_store, files, "b1")
    digest = canonical.digest(any_store)
    run(any_store, "MATCH (a:Product {id: '0001'}), (b:Product {id: 's-1'}) CREATE (a)-[:COMPLEMENTS {h: 'x'}]->(b)")
    assert load(any_store, files, "b1").writes > 0
    assert canonical.digest(any_store) == digest


def test_another_schema_version_rewrites_everything(any_store: GraphStore, files: GraphFiles) -> None:
    """What an older version wrote is updated although its content hash is the same."""
    load(any_store, files, "b1")
    run(any_store, "MATCH (m:KgMeta {id: 'current'}) SET m.schema = 0")
    report = load(any_store, files, "b1")
    assert report.total.updated == report.total.sent
    assert load(any_store, files, "b1").writes == 0


def test_nodes_deleted_by_others_during_a_load_are_named(
    any_store: GraphStore, files: GraphFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When an endpoint vanishes under the loader, the error names it; readers see nothing; the next load heals."""
    write = GraphStore.write

    def sabotage(store: GraphStore, *steps: Step) -> list[Any]:
        if steps[-1].name == "create/edges_product_complements_product":
            run(store, "MATCH (p:Product {id: 's-1'}) DETACH DELETE p")
        return write(store, *steps)

    monkeypatch.setattr(GraphStore, "write", sabotage)
    with pytest.raises(StoreError, match=r"3 rows sent, 1 written; not in the graph: s-1; .* run it again"):
        load(any_store, files, "b1")
    monkeypatch.undo()
    assert canonical.dump(any_store) == []
    load(any_store, files, "b1")
    assert canonical.digest(any_store) == in_peace(any_store, files)


def test_readers_see_the_old_build_until_the_switch(
    any_store: GraphStore, files: GraphFiles, other: GraphFiles
) -> None:
    """A build that is written and not shown changes no answer; showing it changes all of them at once."""
    load(any_store, files, "b1")
    before = canonical.dump(any_store)
    with only_writer(any_store) as writer:
        staged = stage(writer, other, "b2")
    assert staged.writes > 0
    assert canonical.dump(any_store) == before
    served = current(any_store)
    assert served is not None
    assert (served.build, served.staging) == ("b1", "b2")
    done = load(any_store, other, "b2")
    assert (done.writes, done.switch and done.switch.generation) == (0, 2)
    digest = canonical.digest(any_store)
    assert digest == in_peace(any_store, other)


def test_the_build_before_can_be_served_again(any_store: GraphStore, files: GraphFiles, other: GraphFiles) -> None:
    """A rollback shows every edge as it was, can be undone in the same way, and the next load starts from either."""
    first, second = (in_peace(any_store, each) for each in (files, other))
    wipe(any_store)
    load(any_store, files, "b1")
    load(any_store, other, "b2")
    edges = edges_of(canonical.dump(any_store))
    switched = rollback(any_store)
    assert (switched.before, switched.build, switched.generation) == ("b2", "b1", 1)
    assert lookup.why(any_store, "0001", "s-1").edges[0].explanation == "Chips want a dip."
    assert [match.id for match in lookup.resolve(any_store, "lone")][:1] == ["lone"]
    assert rollback(any_store, "b2").generation == 2
    assert edges_of(canonical.dump(any_store)) == edges
    rollback(any_store)
    load(any_store, files, "b1")
    assert canonical.digest(any_store) == first
    load(any_store, other, "b2")
    assert canonical.digest(any_store) == second


def test_publishing_again_what_was_rolled_back_from_goes_forward(
    any_store: GraphStore, files: GraphFiles, other: GraphFiles
) -> None:
    """The build is there already: readers are sent to it, and the one they were rolled back to stays within reach."""
    load(any_store, files, "b1")
    load(any_store, other, "b2")
    held = generations(any_store)
    rollback(any_store)
    report = load(any_store, other, "b2")
    assert report.writes == 0
    assert report.switch is not None
    assert (report.switch.before, report.switch.build, report.switch.generation) == ("b1", "b2", 2)
    assert generations(any_store) == held
    assert load(any_store, other, "b2").switch is None
    assert rollback(any_store).build == "b1"


def edges_of(dump: list[str]) -> list[str]:
    """Return the lines of a dump that are edges."""
    return [line for line in dump if "->" in line]


def test_rolling_back_to_what_is_not_there_says_what_is(any_store: GraphStore, files: GraphFiles) -> None:
    """An unknown build, no build before, no build at all: each names the remedy."""
    with pytest.raises(StoreError, match="holds no graph yet; load one: kg publish"):
        rollback(any_store)
    load(any_store, files, "b1")
    with pytest.raises(StoreError, match="holds no build older than the served one, b1; it holds: none; 'kg publish"):
        rollback(any_store)
    load(any_store, files, "b2")
    with pytest.raises(StoreError, match="to no other build 'b9'; it holds: b1"):
        rollback(any_store, "b9")


def test_only_the_builds_to_keep_are_kept(
    any_store: GraphStore, files: GraphFiles, other: GraphFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only older builds show is deleted after the switch, and nothing else."""
    monkeypatch.setattr(any_store, "policy", Policy(any_store.policy.batch_size, keep_builds=2))
    load(any_store, files, "b1")
    assert load(any_store, other, "b2").pruned.deleted == 0
    assert [each.build for each in generations(any_store)] == ["b2", "b1"]
    report = load(any_store, other, "b3")
    assert (report.writes, report.pruned.deleted, report.pruned.kept, report.pruned.left) == (0, 17, 0, 0)
    assert [each.build for each in generations(any_store)] == ["b3", "b2"]
    ((count,),) = [row.values() for row in run(any_store, "MATCH ()-[r]->() RETURN count(r)")]
    assert count == sum(n for name, n in (generations(any_store)[0].counts).items() if "->" in name)
    assert run(any_store, "MATCH (j:KgRetired) RETURN j.id AS id") == []


def test_a_prune_that_runs_out_of_time_goes_on_later(
    any_store: GraphStore, files: GraphFiles, other: GraphFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left over is counted, shown to nobody, and removed by the next load."""
    monkeypatch.setattr(any_store, "policy", Policy(2, keep_builds=1, prune_s=0.0))
    load(any_store, files, "b1")
    report = load(any_store, other, "b2")
    assert (report.pruned.deleted, report.pruned.left > 0) == (0, True)
    digest = canonical.digest(any_store)
    monkeypatch.setattr(any_store, "policy", Policy(2, keep_builds=1))
    with only_writer(any_store) as writer:
        assert prune(writer).deleted == 17
    assert canonical.digest(any_store) == digest


def test_what_somebody_noted_on_an_edge_goes_along(any_store: GraphStore, files: GraphFiles, other: GraphFiles) -> None:
    """A changed edge is a new version with the notes of the old one; the old one is never deleted with a note on it."""
    load(any_store, files, "b1")
    run(any_store, "MATCH (:Product {id: '0001'})-[r:COMPLEMENTS]->(:Product {id: 's-1'}) SET r.review = 'approved'")
    load(any_store, other, "b2")
    (row,) = any_store.read("lookup/why", {"a": "0001", "b": "s-1"})
    assert (row["props"]["review"], row["props"]["explanation"]) == ("approved", "Better said.")
    assert load(any_store, other, "b3").pruned.kept == 1
    found = run(any_store, "MATCH (:Product {id: '0001'})-[r:COMPLEMENTS]->({id: 's-1'}) RETURN r.review AS review")
    assert found == [{"review": "approved"}] * 2


def test_a_node_that_was_gone_comes_back(any_store: GraphStore, files: GraphFiles, other: GraphFiles) -> None:
    """A product that returns to the catalogue is found again, with its edges."""
    load(any_store, files, "b1")
    load(any_store, other, "b2")
    assert [match.id for match in lookup.resolve(any_store, "lone")] == []
    load(any_store, files, "b3")
    assert [match.id for match in lookup.resolve(any_store, "lone")][:1] == ["lone"]
    assert canonical.digest(any_store) == in_peace(any_store, files)


def test_a_node_of_somebody_elses_with_our_label_and_id_stops_the_load(
    any_store: GraphStore, files: GraphFiles
) -> None:
    """It is named and left as it is."""
    run(any_store, "CREATE (:Product {id: '0001', title: 'mine'})")
    with pytest.raises(StoreError, match="made by somebody else, with our label: 0001"):
        load(any_store, files, "b1")
    assert run(any_store, "MATCH (p:Product {id: '0001'}) RETURN properties(p) AS p") == [
        {"p": {"id": "0001", "title": "mine"}}
    ]
    run(any_store, "MATCH (p:Product {id: '0001'}) WHERE p.h IS NULL DETACH DELETE p")
    load(any_store, files, "b1")
    assert canonical.digest(any_store) == in_peace(any_store, files)


@pytest.mark.parametrize("again", [False, True])
def test_the_files_of_the_build_before_stand_for_the_graph(
    any_store: GraphStore, files: GraphFiles, other: GraphFiles, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    """With them nothing is read back, with the same outcome; after a load that was cut off they are not trusted."""
    load(any_store, files, "b1")
    if again:
        run(any_store, "MATCH (m:KgMeta {id: 'current'}) SET m.staging = 'b2'")
    names: list[str] = []
    stream: Callable[..., Any] = GraphStore.stream
    monkeypatch.setattr(
        GraphStore, "stream", lambda store, name, *rest: names.append(name) or stream(store, name, *rest)
    )
    report = load(any_store, other, "b2", before=Before("b1", files))
    assert (report.total.created, report.total.updated, report.total.deleted) == (0, 4, 13)
    assert any("hashes" in name for name in names) is again
    monkeypatch.undo()
    assert canonical.digest(any_store) == in_peace(any_store, other)


def test_two_loads_at_once_are_refused(any_store: GraphStore, files: GraphFiles) -> None:
    """The second one is told who writes; taking over shuts the first one out."""
    with only_writer(any_store) as writer:
        with pytest.raises(StoreBusy, match=r"is being written by .*, process \d+ on .*--take-over"):
            load(any_store, files, "b1")
        take_over(any_store)
        load(any_store, files, "b1")
        with pytest.raises(StoreBusy, match="another process took over"):
            writer.write(Step("publish/meta", {"props": {"build": "stolen"}}))
    assert lookup.stats(any_store).build == "b1"


def test_the_lock_of_a_dead_process_of_this_machine_counts_for_nothing(
    any_store: GraphStore, files: GraphFiles
) -> None:
    """A killed loader keeps nobody out; one on another machine does until somebody says so."""
    with only_writer(any_store):
        run(any_store, "MATCH (l:KgLock) SET l.pid = 999999999")
    run(any_store, "MATCH (l:KgLock) SET l.token = 'dead'")
    load(any_store, files, "b1")
    run(any_store, "MATCH (l:KgLock) SET l.token = 'dead', l.host = 'elsewhere', l.pid = 999999999")
    with pytest.raises(StoreBusy, match="process 999999999 on elsewhere"):
        load(any_store, files, "b2")
    take_over(any_store)
    load(any_store, files, "b2")


def test_a_lock_that_could_not_be_given_back_does_not_keep_its_own_process_out(
    any_store: GraphStore, files: GraphFiles
) -> None:
    """The server was lost at the end of a load: the same process, which knows that it ended, may load again."""
    with only_writer(any_store) as writer:
        pass
    run(any_store, "MATCH (l:KgLock) SET l.token = $token", token=writer.token)
    load(any_store, files, "b1")
    assert lookup.stats(any_store).build == "b1"


def test_a_graph_of_an_older_version_is_taken_over(any_store: GraphStore, files: GraphFiles) -> None:
    """Edges and nodes without generations, as older versions wrote them, give way to new ones."""
    load(any_store, files, "b1")
    run(any_store, "MATCH (n) WHERE n.since IS NOT NULL REMOVE n.since")
    run(any_store, "MATCH ()-[r]->() REMOVE r.since")
    run(any_store, "MATCH (n:KgGeneration) DELETE n")
    run(any_store, "MATCH (n:KgMeta) REMOVE n.generation, n.newest, n.newest_build SET n.schema = 2")
    load(any_store, files, "b1")
    assert canonical.digest(any_store) == in_peace(any_store, files)
