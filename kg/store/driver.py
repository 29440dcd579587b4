"""The one seam to a graph database: read through read transactions, write through managed ones.

Every store is spoken to over Bolt with the official driver and the same Cypher files; :mod:`kg.store.stores` opens
them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

from kg.errors import StoreBusy, StoreError
from kg.store import queries

if TYPE_CHECKING:
    import neo4j

__all__ = ["GraphStore", "Policy", "Row", "Step", "StoreInfo", "driver_settings"]

T = TypeVar("T")
Row = dict[str, Any]
_CONNECT_S = 10.0
_INDEX_WAIT_S = 600.0  # without any progress
_INDEX_POLL_S = 0.05
_COMMIT_TRIES = 3
_HOLD = "lock/hold"
_FAILED = "FAILED"  # for good: a server does not try again, not even when it is started anew


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What answers. ``version`` is the server's own word for it."""

    kind: str
    where: str
    agent: str
    version: str
    database: str


@dataclass(frozen=True, slots=True)
class Step:
    """A query of a transaction. ``expects``: what its column ``written`` must say, or nothing of it stays.

    ``again`` is run instead once it is not known whether ``name`` was done: a query that may be.
    """

    name: str
    parameters: Mapping[str, Any]
    expects: int | None = None
    again: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """How to write: rows of a transaction, published builds to keep, seconds for removing older ones, MB to compare."""

    batch_size: int
    keep_builds: int = 2
    prune_s: float = 60.0
    memory_mb: int = 256


def driver_settings(retry_s: float) -> dict[str, Any]:
    """Return what every driver of ours is made with. ``retry_s``: seconds to try again what fails in passing."""
    return {
        "connection_timeout": _CONNECT_S,
        "connection_acquisition_timeout": 20.0,
        "max_transaction_retry_time": retry_s,
        "initial_retry_delay": min(1.0, retry_s / 30),  # who cannot wait long has to try again soon
        # A look-up on a graph that lacks a relation is ordinary: no advice about it.
        "notifications_min_severity": "OFF",
        "telemetry_disabled": True,
        "user_agent": "product-kg",
    }


class GraphStore:
    """An open graph database. Made by :func:`kg.store.stores.open_store`.

    ``index_schema`` creates the full-text and vector indexes, which the stores declare in different languages;
    everything else is the same for all.
    """

    def __init__(
        self,
        driver: neo4j.Driver,
        info: StoreInfo,
        policy: Policy,
        index_schema: Callable[[], None] | None = None,
    ) -> None:
        self._driver = driver
        self._info = info
        self._index_schema = index_schema
        self.policy = policy

    @property
    def kind(self) -> str:
        """``embedded`` or ``neo4j``."""
        return self._info.kind

    def info(self) -> StoreInfo:
        """Return what answers."""
        return self._info

    def read(self, name: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Return the rows of a query from ``cypher/lookup`` or ``cypher/read``, run in a read transaction.

        Raises:
            StoreError: the file does not read, or the database refused.
        """
        return self.stream(name, parameters, lambda rows: [dict(row) for row in rows])

    def stream(
        self,
        name: str,
        parameters: Mapping[str, Any] | None,
        consume: Callable[[Iterator[neo4j.Record]], T],
    ) -> T:
        """Return what ``consume`` makes of the rows, without holding them all.

        ``consume`` may be called again from the start when the connection breaks: it must begin by forgetting
        what it had.
        """
        text = _allowed(name, queries.READ_FOLDERS)

        def work(tx: neo4j.ManagedTransaction) -> T:
            return consume(iter(tx.run(text, dict(parameters or {}))))

        return self._session(lambda session: session.execute_read(work), read=True)

    def write(self, *steps: Step) -> list[list[Row]]:
        """Run queries that write, in one transaction, and return the rows of each.

        Raises:
            StoreBusy: the first step is one that holds the lock, and it is lost.
            StoreError: a file does not write, a step wrote another number than it expects, or the database refused;
                nothing of it stays then.
        """
        texts: list[LiteralString] = [_allowed(step.name, queries.WRITE_FOLDERS) for step in steps]
        later: list[LiteralString] = [_allowed(step.again or step.name, queries.WRITE_FOLDERS) for step in steps]

        def work(tx: neo4j.ManagedTransaction, texts: Sequence[LiteralString]) -> list[list[Row]]:
            return [_run(tx, text, step) for text, step in zip(texts, steps, strict=True)]

        return self._session(
            lambda session: session.execute_write(work, texts),
            again=lambda session: session.execute_write(work, later),
        )

    def indexes(self) -> list[Row]:
        """Return every index: its name, its state, ``ONLINE`` when it answers, and how many percent of it are there."""
        text = queries.cypher("schema/state")
        return self._session(lambda session: session.execute_read(_rows_of, text), read=True)

    def ensure_schema(self) -> None:
        """Create constraints and indexes where they are missing, and wait until they answer.

        When none is missing nothing is asked for, so that a user without the right to make them can load.
        """
        if not self.missing_schema():
            return
        self._run_all(queries.statements("schema/constraints.cypher"))
        self._run_all(queries.statements("schema/indexes.cypher"))
        if self._index_schema is None:
            self._run_all(queries.statements("schema/fulltext.cypher"))
            self._run_all(queries.statements("schema/vector.cypher"))
        else:
            self._index_schema()
        self._await_indexes()

    def missing_schema(self) -> list[str]:
        """Return the names of our constraints and indexes that are not there or do not answer yet, sorted."""
        return _missing(self.indexes())

    def _await_indexes(self) -> None:
        """Wait for as long as the server gets on with them: those of a graph that was imported take minutes."""
        done, deadline = -1.0, 0.0
        while waiting := _missing(found := self.indexes()):
            if failed := sorted(index["name"] for index in found if index["state"] == _FAILED):
                raise StoreError(
                    f"indexes that the server could not build: {', '.join(failed)}",
                    remedy="see its log, drop these constraints and indexes, and run the command again: it makes them",
                )
            if (percent := sum(index["percent"] or 0.0 for index in found)) > done:
                done, deadline = percent, time.monotonic() + _INDEX_WAIT_S
            if time.monotonic() > deadline:
                raise StoreError(
                    f"indexes do not come online: {', '.join(waiting)}",
                    remedy="see the server's log, and run the command again: it goes on waiting",
                )
            time.sleep(_INDEX_POLL_S)

    def _run_all(self, texts: Sequence[LiteralString]) -> None:
        for text in texts:
            self._session(lambda session, text=text: session.execute_write(lambda tx: tx.run(text).consume()))

    def _session(
        self,
        use: Callable[[neo4j.Session], T],
        *,
        read: bool = False,
        again: Callable[[neo4j.Session], T] | None = None,
    ) -> T:
        """Run ``use`` in a session, and after a commit of unknown outcome ``again``, or the same: it must be safe."""
        from kg.store.failures import mapped  # noqa: PLC0415 - keeps this module cheap

        with mapped(self._info.where):
            return self._tried([use, *[again or use] * (_COMMIT_TRIES - 1)], read)

    def _tried(self, uses: Sequence[Callable[[neo4j.Session], T]], read: bool) -> T:
        from neo4j.exceptions import IncompleteCommit  # noqa: PLC0415 - keeps this module cheap

        try:
            with self._open_session(read=read) as session:
                return uses[0](session)
        except IncompleteCommit:
            if len(uses) == 1:
                raise
        return self._tried(uses[1:], read)

    def _open_session(self, *, read: bool) -> neo4j.Session:
        mode = "READ" if read else "WRITE"
        return self._driver.session(  # pyright: ignore[reportUnknownMemberType]
            database=self._info.database, default_access_mode=mode
        )


def _run(tx: neo4j.ManagedTransaction, text: LiteralString, step: Step) -> list[Row]:
    answer = [dict(row) for row in tx.run(text, dict(step.parameters))]
    if step.expects is not None and (written := answer[0]["written"]) != step.expects:
        if step.name == _HOLD:
            raise StoreBusy("another process took over and writes this graph now", remedy="leave it to that one")
        raise StoreError(f"{step.name}: {step.expects:,} rows sent, {written:,} written")
    return answer


def _rows_of(tx: neo4j.ManagedTransaction, text: LiteralString) -> list[Row]:
    return [dict(row) for row in tx.run(text)]


def _missing(indexes: Sequence[Row]) -> list[str]:
    online = {index["name"] for index in indexes if index["state"] == "ONLINE"}
    # A constraint is the index behind it, which one of the stores names after label and property.
    return sorted(name for name, label in queries.declared() if not {name, f"{label}[id]"} & online)


def _allowed(name: str, folders: tuple[str, ...]) -> LiteralString:
    if name.split("/", 1)[0] not in folders:
        raise StoreError(f"{name!r} is not one of the queries in {', '.join(folders)}")
    return queries.cypher(name)
