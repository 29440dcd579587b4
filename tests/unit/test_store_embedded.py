"""What the embedded store says when its engine is missing, does not start or cannot open the graph."""

import sys
import types
from pathlib import Path

import pytest

from kg.errors import StoreBusy, StoreError
from kg.store import driver, queries
from kg.store.driver import GraphStore, Policy, Row, StoreInfo
from kg.store.options import StoreOptions
from kg.store.stores import open_store


class EngineError(Exception):
    """Stands in for the engine's own."""


class BrokenEngine:
    """An engine that fails to start, or to open its database."""

    def __init__(self, starts: bool) -> None:
        self.starts = starts
        self.calls: list[str] = []

    def start(self) -> None:
        """Start, or not."""
        self.calls.append("start")
        if not self.starts:
            raise EngineError("port taken")

    def stop(self) -> None:
        """Stop."""
        self.calls.append("stop")

    def create_database(self, name: str) -> object:
        """Never open."""
        raise EngineError(f"{name} is damaged")


def install(monkeypatch: pytest.MonkeyPatch, *, starts: bool) -> BrokenEngine:
    """Put a broken engine in the place of the real one."""
    engine = BrokenEngine(starts)
    module = types.ModuleType("arcadedb")
    module.ArcadeDBError = EngineError  # type: ignore[attr-defined]
    module.create_server = lambda *_: engine  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "arcadedb", module)
    return engine


def open_it(path: Path) -> None:
    """Open and close the graph at ``path``."""
    with open_store(StoreOptions(path=path, lock_timeout_s=0.05)):
        pass


def test_without_the_engine_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A base installation says how to get the embedded graph, or what to use instead."""
    monkeypatch.setitem(sys.modules, "arcadedb", None)
    with pytest.raises(StoreError, match=r"pip install 'product-kg\[local\]', or use a Neo4j server"):
        open_it(tmp_path)


def test_an_engine_that_does_not_start_is_tried_on_other_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port may be taken between choosing and using it; after five tries the reason is shown."""
    engine = install(monkeypatch, starts=False)
    with pytest.raises(StoreError, match=r"does not start: port taken; see .*log"):
        open_it(tmp_path)
    assert engine.calls == ["start"] * 5


def test_a_damaged_graph_is_reported_and_the_engine_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy is to load again: the build's files hold everything."""
    engine = install(monkeypatch, starts=True)
    with pytest.raises(StoreError, match=r"kg is damaged; move the folder away and load again"):
        open_it(tmp_path)
    assert engine.calls == ["start", "stop"]


def test_a_holder_that_left_no_name_is_another_process(tmp_path: Path) -> None:
    """Between taking the lock and writing its name a holder has none."""
    with open_store(StoreOptions(path=tmp_path)):
        (tmp_path / "graph.holder").unlink()
        with pytest.raises(StoreBusy, match=r"in use by another process; waited 0\.05 s"):
            open_it(tmp_path)


def test_the_kind_is_told() -> None:
    """A store says which of the two it is."""
    info = StoreInfo("neo4j", "bolt://here", "Neo4j/5.26.0", "5.26.0", "neo4j")
    assert GraphStore(None, info, Policy(10)).kind == "neo4j"  # type: ignore[arg-type]


def waiting(monkeypatch: pytest.MonkeyPatch, *states: tuple[str, float]) -> GraphStore:
    """Return a store whose indexes are asked for and stand as said: one state after the other, then the last."""
    info = StoreInfo("neo4j", "bolt://here", "Neo4j/5.26.0", "5.26.0", "neo4j")
    store = GraphStore(None, info, Policy(10))  # type: ignore[arg-type]
    coming = iter(states)
    last = states[-1]
    names = [name for name, _ in queries.declared()]

    def indexes() -> list[Row]:
        state, percent = next(coming, last)
        return [{"name": name, "state": state, "percent": percent} for name in names]

    monkeypatch.setattr(driver, "_INDEX_WAIT_S", 0.05)
    monkeypatch.setattr(driver, "_INDEX_POLL_S", 0.02)
    monkeypatch.setattr(store, "indexes", indexes)
    return store


def test_indexes_that_never_come_online_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for indexes that get no further ends with their names."""
    with pytest.raises(StoreError, match=r"indexes do not come online: kg_.*, kg_.*goes on waiting"):
        waiting(monkeypatch, ("POPULATING", 40.0))._await_indexes()


def test_indexes_that_get_on_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long that takes in all: the time allowed begins anew with each step forward."""
    store = waiting(monkeypatch, *[("POPULATING", percent) for percent in range(10)], ("ONLINE", 100.0))
    store._await_indexes()
    assert store.missing_schema() == []
