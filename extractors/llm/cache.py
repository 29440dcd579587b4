"""The durable answer cache: an answer that was paid for is on disk before it is counted.

SQLite in write-ahead mode; rows are keyed by :meth:`extractors.llm.questions.Question.key`, so they survive
any change of settings that does not change the question. Recorded answers travel as JSON lines.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from extractors.llm.questions import Answer, Source
from kg.errors import ArtefactError
from kg.records import from_json, read_jsonl, to_json

__all__ = ["AnswerCache", "CacheStats", "RecordedAnswer"]

_BUSY_S = 60.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    item TEXT NOT NULL,
    source TEXT NOT NULL,
    answer BLOB NOT NULL
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """One answer as it is exported, imported and shipped. ``item`` is for people."""

    key: str
    model: str
    item: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What the cache holds, by model; tokens as billed when the answers were made."""

    model: str
    answers: int
    recorded: int
    prompt_tokens: int
    completion_tokens: int


class AnswerCache:
    """Answers by content key, safe to use from several threads and to share between processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        with self._errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=_BUSY_S, check_same_thread=False, isolation_level=None)
        try:
            # SQLite does not wait for others when it turns write-ahead on, so two openers of a new file take turns.
            with self._errors(), FileLock(f"{path}.lock", timeout=_BUSY_S):
                self._prepare()
        except ArtefactError:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; everything put is on disk already."""
        self._db.close()

    def get(self, key: str) -> Answer | None:
        """Return the answer filed under ``key``, its source ``cached`` or ``recorded``; ``None`` if there is none."""
        with self._lock, self._errors():
            row = self._db.execute("SELECT source, answer FROM answers WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        source: Source = "recorded" if row[0] == "recorded" else "cached"
        return replace(from_json(row[1], Answer), source=source)

    def put(self, recorded: RecordedAnswer) -> None:
        """File one live answer durably; the first answer to a question stays."""
        self._insert([(recorded, "live")])

    def import_file(self, path: Path) -> int:
        """Add the answers of a JSONL export that are not there yet; return how many were new.

        Raises:
            ArtefactError: the file is missing or a line is not a recorded answer; nothing is imported then.
        """
        records = list(read_jsonl(path, RecordedAnswer))
        for number, record in enumerate(records, 1):
            if record.answer.yes is not None and not 0 <= record.answer.yes <= 1:
                raise ArtefactError(f"{path}:{number}: answer.yes is {record.answer.yes}, not a probability (0 to 1)")
        return self._insert((record, "recorded") for record in records)

    def export(self, models: frozenset[str] = frozenset()) -> Iterator[RecordedAnswer]:
        """Yield every answer (of ``models``, if given), ordered by item and key so that exports can be diffed."""
        with self._lock, self._errors():
            rows = self._db.execute("SELECT key, model, item, answer FROM answers ORDER BY item, key").fetchall()
        for key, model, item, answer in rows:
            if not models or model in models:
                yield RecordedAnswer(key, model, item, from_json(answer, Answer))

    def stats(self) -> list[CacheStats]:
        """Return what is held for each model, by name."""
        totals: dict[str, list[int]] = {}
        with self._lock, self._errors():
            rows = self._db.execute("SELECT model, source, answer FROM answers").fetchall()
        for model, source, raw in rows:
            answer = from_json(raw, Answer)
            total = totals.setdefault(model, [0, 0, 0, 0])
            total[0] += 1
            total[1] += source == "recorded"
            total[2] += answer.prompt_tokens
            total[3] += answer.completion_tokens
        return [CacheStats(model, *total) for model, total in sorted(totals.items())]

    def _prepare(self) -> None:
        """Make the file what it has to be: write-ahead, synced at every commit, with our one table."""
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(_SCHEMA)

    @contextmanager
    def _errors(self) -> Generator[None]:
        """Say which file it is, and what to do, when SQLite or the file system fails."""
        try:
            yield
        except (sqlite3.DatabaseError, OSError) as error:
            raise ArtefactError(
                f"{self.path} is not a usable answer cache: {error}",
                remedy="make room, or stop who holds it; if it is damaged, move it away: its answers are asked again",
            ) from error

    def _insert(self, records: Iterable[tuple[RecordedAnswer, str]]) -> int:
        rows = ((r.key, r.model, r.item, source, to_json(replace(r.answer, source="live"))) for r, source in records)
        with self._lock, self._errors():
            before = self._db.total_changes
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?)", rows)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled back already
                    self._db.execute("ROLLBACK")
                raise
            return self._db.total_changes - before
