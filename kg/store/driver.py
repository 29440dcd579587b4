"""The one seam to a graph database: read through read transactions, write through managed ones.

Every store is spoken to over Bolt with the official driver and the same Cypher files; :mod:`kg.store.stores` opens
them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

from kg.errors import StoreError
from kg.store import queries

if TYPE_CHECKING:
    import neo4j

__all__ = ["GraphStore", "Row", "StoreInfo"]

T = TypeVar("T")
Row = dict[str, Any]
_INDEX_WAIT_S = 300.0
_COMMIT_TRIES = 3


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What answers. ``version`` is the server's own word for it."""

    kind: str
    where: str
    agent: str
    version: str
    database: str


class GraphStore:
    """An open graph database. Made by :func:`kg.store.stores.open_store`.

    ``index_schema`` creates the full-text indexes, which the stores declare in different languages;
    everything else is the same for all.
    """

    def __init__(
        self,
        driver: neo4j.Driver,
        info: StoreInfo,
        batch_size: int,
        index_schema: Callable[[], None] | None = None,
    ) -> None:
        self._driver = driver
        self._info = info
        self._index_schema = index_schema
        self.batch_size = batch_size

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

    def write(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Return the rows of a query from ``cypher/write``, ``delete`` or ``publish``; one transaction.

        Raises:
            StoreError: the file does not write, or the database refused; nothing of it stays then.
        """
        return self._write(name, parameters, None)

    def write_rows(self, name: str, rows: Sequence[Row], build: str = "") -> int:
        """Write ``rows`` in one managed transaction and return how many are in the graph: all of them.

        Raises:
            StoreError: fewer were written than sent (an id is no node); nothing of the batch stays.
        """

        def check(answer: list[Row]) -> None:
            if (written := answer[0]["written"]) != len(rows):
                raise StoreError(f"{name}: {len(rows):,} rows sent, {written:,} written")

        answer = self._write(name, {"rows": rows, "build": build}, check)
        return int(answer[0]["written"])

    def ensure_schema(self) -> None:
        """Create constraints and indexes where they are missing, and wait until they answer."""
        self._run_all(queries.statements("schema/constraints.cypher"))
        self._run_all(queries.statements("schema/indexes.cypher"))
        if self._index_schema is None:
            self._run_all(queries.statements("schema/fulltext.cypher"))
        else:
            self._index_schema()
        self._await_indexes()

    def _await_indexes(self) -> None:
        text = queries.cypher("schema/state")
        deadline = time.monotonic() + _INDEX_WAIT_S
        while True:
            rows = self._session(lambda session: session.execute_read(_rows_of, text), read=True)
            if not (waiting := sorted(row["name"] for row in rows if row["state"] != "ONLINE")):
                return
            if time.monotonic() > deadline:
                raise StoreError(f"indexes do not come online: {', '.join(waiting)}", remedy="see the server's log")
            time.sleep(0.05)

    def _run_all(self, texts: Sequence[LiteralString]) -> None:
        for text in texts:
            self._session(lambda session, text=text: session.execute_write(lambda tx: tx.run(text).consume()))

    def _write(self, name: str, parameters: Mapping[str, Any], check: Callable[[list[Row]], None] | None) -> list[Row]:
        text = _allowed(name, queries.WRITE_FOLDERS)

        def work(tx: neo4j.ManagedTransaction) -> list[Row]:
            answer = [dict(row) for row in tx.run(text, dict(parameters))]
            if check is not None:
                check(answer)
            return answer

        return self._session(lambda session: session.execute_write(work))

    def _session(self, use: Callable[[neo4j.Session], T], *, read: bool = False) -> T:
        """Run ``use`` in a session. A commit of unknown outcome is run again: every write file may be."""
        from kg.store.failures import mapped  # noqa: PLC0415 - keeps this module cheap

        with mapped(self._info.where):
            return self._tried(use, read, _COMMIT_TRIES)

    def _tried(self, use: Callable[[neo4j.Session], T], read: bool, tries: int) -> T:
        from neo4j.exceptions import IncompleteCommit  # noqa: PLC0415 - keeps this module cheap

        try:
            with self._open_session(read=read) as session:
                return use(session)
        except IncompleteCommit:
            if tries == 1:
                raise
        return self._tried(use, read, tries - 1)

    def _open_session(self, *, read: bool) -> neo4j.Session:
        mode = "READ" if read else "WRITE"
        return self._driver.session(  # pyright: ignore[reportUnknownMemberType]
            database=self._info.database, default_access_mode=mode
        )


def _rows_of(tx: neo4j.ManagedTransaction, text: LiteralString) -> list[Row]:
    return [dict(row) for row in tx.run(text)]


def _allowed(name: str, folders: tuple[str, ...]) -> LiteralString:
    if name.split("/", 1)[0] not in folders:
        raise StoreError(f"{name!r} is not one of the queries in {', '.join(folders)}")
    return queries.cypher(name)
