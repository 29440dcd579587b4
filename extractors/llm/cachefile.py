"""The file behind the answer cache: one SQLite database in write-ahead mode, its schema, and who writes when.

Writers of one process share their commits: whoever gets the turn commits for all that wait, so that a slow disk
costs one sync for many answers. Nothing is reported as written before its commit is on disk.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from filelock import FileLock

from kg.errors import ArtefactError

__all__ = ["CacheFile", "chunks", "marks"]

T = TypeVar("T")
Row = tuple[Any, ...]
_BUSY_S = 60.0
_CHUNK = 500
_FAULTS = (sqlite3.Error, ArtefactError, ValueError, OverflowError)
_VERSION = 3
_FIRST_COLUMNS = {"key", "model", "item", "source", "answer"}
# ``used`` counts days since 1970; ``expires`` seconds. The default day is that of the migration: an integer of ours.
_FIRST_TABLE = """
CREATE TABLE answers (
    key TEXT PRIMARY KEY, model TEXT NOT NULL, item TEXT NOT NULL, source TEXT NOT NULL, answer BLOB NOT NULL
) WITHOUT ROWID
"""
_SECOND = (
    "ALTER TABLE answers ADD COLUMN used INTEGER NOT NULL DEFAULT {today}",
    "CREATE TABLE owners (owner TEXT PRIMARY KEY, expires REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE leases (key TEXT PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX leases_by_owner ON leases (owner)",
    """CREATE TABLE dead (
        key TEXT PRIMARY KEY, model TEXT NOT NULL, item TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
        reply TEXT NOT NULL, tries INTEGER NOT NULL, used INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE billed (
        model TEXT NOT NULL, kind TEXT NOT NULL, calls INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL,
        completion_tokens INTEGER NOT NULL, PRIMARY KEY (model, kind)
    ) WITHOUT ROWID""",
    """CREATE TABLE spellings (
        scope TEXT NOT NULL, concept TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (scope, concept)
    ) WITHOUT ROWID""",
    "PRAGMA user_version = 2",
)
# Jobs of the batch interface; their requests as long as no reply is stored; questions that are to be asked again.
_THIRD = (
    """CREATE TABLE jobs (
        id TEXT PRIMARY KEY, model TEXT NOT NULL, status TEXT NOT NULL, batch TEXT NOT NULL, files TEXT NOT NULL,
        made REAL NOT NULL, changed REAL NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE job_requests (
        job TEXT NOT NULL, name TEXT NOT NULL, asked BLOB NOT NULL, PRIMARY KEY (job, name)
    ) WITHOUT ROWID""",
    "CREATE TABLE again (key TEXT PRIMARY KEY, earlier BLOB NOT NULL) WITHOUT ROWID",
    "PRAGMA user_version = 3",
)


@dataclass(slots=True)
class _Wish(Generic[T]):
    """Something to be written, and what came of it."""

    job: Callable[[sqlite3.Connection], T]
    done: bool = False
    result: T | None = None


class CacheFile:
    """One open database; safe to use from several threads and to share between processes.

    ``today`` is the day number (since 1970) that what an older version has kept counts as last used on.

    Raises:
        ArtefactError: the file is no answer cache, is damaged, or was made by a newer version.
    """

    def __init__(self, path: Path, today: int) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._wishes: deque[_Wish[Any]] = deque()
        with self._errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = self._connect()
        try:
            # SQLite does not wait for others when it turns write-ahead on, so two openers of a new file take turns.
            with self._errors(), FileLock(f"{path}.lock", timeout=_BUSY_S):
                self._prepare(today)
        except ArtefactError:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; everything written is on disk already."""
        with self._lock:
            self._db.close()

    def read(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Return the rows of a query that gives few.

        Raises:
            ArtefactError: the file cannot be read.
        """
        with self._lock, self._errors():
            return self._db.execute(sql, values).fetchall()

    def stream(self, sql: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """Yield the rows of a query that may give millions, as they are now, on a connection of their own.

        Raises:
            ArtefactError: the file cannot be read.
        """
        with self._errors(), closing(self._connect()) as db:
            db.execute("PRAGMA query_only=ON")
            cursor = db.execute(sql, values)
            while row := cursor.fetchone():
                yield row

    def write(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Return what ``job`` returns, once all it has written is on disk; it may be called twice.

        Raises:
            ArtefactError: it could not be written; then nothing of it was.
        """
        wish = _Wish(job)
        self._wishes.append(wish)
        with self._lock, self._errors():
            if not wish.done:
                others = [self._wishes.popleft() for _ in range(len(self._wishes))]
                batch = [wish, *(each for each in others if each is not wish)]
                try:
                    self._commit(batch)
                except _FAULTS:
                    if len(batch) == 1:
                        raise
                    self._commit([wish])  # one of the others may be at fault; each of them tries alone as well
        return wish.result  # pyright: ignore[reportReturnType] - set when done

    def vacuum(self) -> None:
        """Give the room of what was deleted back to the disk.

        Raises:
            ArtefactError: another process is using the file, or there is no room for the copy that this makes.
        """
        with self._lock, self._errors():
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=_BUSY_S, check_same_thread=False, isolation_level=None)

    def _commit(self, batch: Sequence[_Wish[Any]]) -> None:
        """Do the jobs in one transaction. Nothing is done before all of it is on disk."""
        results = self._in_transaction(lambda: [wish.job(self._db) for wish in batch])
        for wish, result in zip(batch, results, strict=True):
            wish.result, wish.done = result, True

    def _in_transaction(self, work: Callable[[], T]) -> T:
        try:
            self._db.execute("BEGIN IMMEDIATE")  # inside: an interrupt may come as soon as it has begun
            result = work()
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # it may not have begun; a full disk has rolled back already
                self._db.execute("ROLLBACK")
            raise
        return result

    def _prepare(self, today: int) -> None:
        """Make the file what it has to be: write-ahead, synced at every commit, with our tables of today."""
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise ArtefactError(
                f"{self.path} was made by a newer version (its schema is {version}, this version knows {_VERSION})",
                remedy="upgrade product-kg, or name another file in extraction.answers",
            )
        tables = {row[0] for row in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        columns = {row[1] for row in self._db.execute("PRAGMA table_info(answers)")}
        if version < 2 and tables and (tables != {"answers"} or columns != _FIRST_COLUMNS):
            raise sqlite3.DatabaseError("its tables are not ours")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        if version < _VERSION:
            steps = (*(() if tables else (_FIRST_TABLE,)), *(_SECOND if version < 2 else ()), *_THIRD)
            self._in_transaction(lambda: [self._db.execute(step.format(today=int(today))) for step in steps])

    @contextmanager
    def _errors(self) -> Generator[None]:
        """Say which file it is, and what to do, when SQLite or the file system fails."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise ArtefactError(
                f"{self.path} is not a usable answer cache: {error}",
                remedy="make room, or stop who holds it; if it is damaged, move it away: its answers are asked again",
            ) from error


def chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield ``keys`` in runs short enough for one statement."""
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]


def marks(values: Sequence[object]) -> str:
    """Return the place holders of ``values`` for an IN clause."""
    return "(" + ", ".join("?" * len(values)) + ")"
