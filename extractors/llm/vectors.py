"""Vectors that were paid for, kept in one SQLite file: the first one of a text stays.

A connection lasts for one look-up or one request's vectors, so threads and processes may share the file freely.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from filelock import FileLock

from extractors.llm.cachefile import chunks, marks
from kg.errors import ArtefactError
from kg.records import to_json

__all__ = ["VectorFile"]

_BUSY_S = 60.0
_VERSION = 1
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)"


class VectorFile:
    """Vectors (as bytes) of the texts of one model, by text.

    Args:
        path: the file; vectors of several models may share it. It is made when there is something to look for.
        model: the name of the model.
        dimensions: the numbers of a vector that were asked for; ``None``: as the model gives.
    """

    def __init__(self, path: Path, model: str, dimensions: int | None) -> None:
        self.path = path
        self._of = (model, dimensions)

    def get(self, texts: Sequence[str]) -> dict[str, bytes]:
        """Return the vectors there are.

        Raises:
            ArtefactError: the file cannot be read.
        """
        with self._opened() as db:
            return self._found(db, texts)

    def put(self, vectors: Mapping[str, bytes]) -> dict[str, bytes]:
        """Keep vectors durably, and return those that are kept: another process may have been first.

        Raises:
            ArtefactError: they could not be written; then none of them was.
        """
        with self._opened() as db:
            db.execute("BEGIN IMMEDIATE")
            rows = ((self._key(text), vector) for text, vector in vectors.items())
            db.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
            db.execute("COMMIT")
            return self._found(db, list(vectors))

    def _found(self, db: sqlite3.Connection, texts: Sequence[str]) -> dict[str, bytes]:
        out: dict[str, bytes] = {}
        for chunk in chunks(texts):
            named = {self._key(text): text for text in chunk}
            sql = f"SELECT key, vector FROM vectors WHERE key IN {marks(list(named))}"
            out |= {named[key]: vector for key, vector in db.execute(sql, list(named))}
        return out

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(to_json((*self._of, text))).digest()

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        """Open the file, with its table; say which file it is, and what to do, when that or anything after fails."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)) as db:
                if _version(db) != _VERSION:
                    self._prepare(db)
                db.execute("PRAGMA synchronous=FULL")
                yield db
        except (sqlite3.Error, OSError) as error:
            raise ArtefactError(
                f"{self.path} is not a usable file of embeddings: {error}",
                remedy="make room, or stop who holds it; if it is damaged, move it away: its texts are asked again",
            ) from error

    def _prepare(self, db: sqlite3.Connection) -> None:
        # SQLite does not wait for others when it turns write-ahead on, so two openers of a new file take turns.
        with FileLock(f"{self.path}.lock", timeout=_BUSY_S):
            if _version(db) not in {0, _VERSION}:
                raise ArtefactError(
                    f"{self.path} was made by a newer version", remedy="upgrade product-kg, or move the file away"
                )
            db.execute("PRAGMA journal_mode=WAL")
            db.execute(_TABLE)
            db.execute(f"PRAGMA user_version = {_VERSION}")


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return version
