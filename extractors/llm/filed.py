"""What is filed in the answer cache: answers and dead letters, as records and as rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from extractors.llm.cachefile import chunks, marks
from extractors.llm.questions import Answer, Source
from kg.errors import ArtefactError
from kg.records import from_json, to_json

__all__ = [
    "NOTE_DAYS", "DeadLetter", "RecordedAnswer", "Selection", "all_letters", "answer_of", "bury", "exhume", "insert",
    "letters", "note_use", "storable",
]  # fmt: skip

NOTE_DAYS = 7
"""That an answer was used is noted when so many days have passed since the last note: reading rarely writes."""

Query = Callable[[str, Sequence[object]], Iterable[tuple[Any, ...]]]
_LETTER = "SELECT key, model, item, reason, detail, reply, tries FROM dead"
_MAX_REPLY = 4_000


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """One answer as it is exported, imported and shipped. ``item`` is for people."""

    key: str
    model: str
    item: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A question that got no usable answer, and is not asked again until somebody says so.

    ``reply`` is what the model said (4,000 characters of it are kept); ``tries`` counts the replies of no use.
    """

    key: str
    model: str
    item: str
    reason: str
    detail: str = ""
    reply: str = ""
    tries: int = 1


@dataclass(frozen=True, slots=True)
class Selection:
    """What to prune: the answers, or the ``dead`` letters, that fit every selector given.

    ``models``: only of these (none: of any); ``keep_models``: not of these; ``unused_days``: answers that nobody has
    read, letters that nobody has written, for so many days or longer. As reading is noted by the week, an answer may
    stay for six days more.
    """

    models: frozenset[str] = frozenset()
    keep_models: frozenset[str] = frozenset()
    unused_days: int | None = None
    dead: bool = False

    @property
    def table(self) -> str:
        """The table to prune."""
        return "dead" if self.dead else "answers"

    def where(self, today: int) -> tuple[str, list[object]]:
        """Return the WHERE clause and its values; ``today`` is a day number since 1970."""
        parts, values = ["TRUE"], list[object]()
        for models, operator in ((self.models, "IN"), (self.keep_models, "NOT IN")):
            if models:
                parts.append(f"model {operator} {marks(list(models))}")
                values += models
        if self.unused_days is not None:
            parts.append("used <= ?")
            values.append(today - self.unused_days - (0 if self.dead else NOTE_DAYS - 1))
        return "WHERE " + " AND ".join(parts), values


def answer_of(key: str, source: str, raw: bytes) -> Answer:
    """Return the answer of a row: one that was asked here is now ``cached``.

    Raises:
        ArtefactError: it is damaged.
    """
    now: Source = "recorded" if source == "recorded" else "cached"
    try:
        return replace(from_json(raw, Answer), source=now)
    except ArtefactError as error:
        raise ArtefactError(
            f"the cached answer {key[:16]} is damaged: {error}", remedy="move the answer cache away, or restore it"
        ) from error


def insert(db: sqlite3.Connection, records: Sequence[RecordedAnswer], source: Source, today: int) -> int:
    """File answers, the first to each question; return how many were. Leases and dead letters of them end."""
    before = db.total_changes
    db.executemany(
        "INSERT OR IGNORE INTO answers (key, model, item, source, answer, used) VALUES (?, ?, ?, ?, ?, ?)",
        ((r.key, r.model, r.item, source, to_json(replace(r.answer, source="live")), today) for r in records),
    )
    new = db.total_changes - before
    db.executemany("DELETE FROM leases WHERE key = ?", ((each.key,) for each in records))
    db.executemany("DELETE FROM dead WHERE key = ?", ((each.key,) for each in records))
    return new


def note_use(db: sqlite3.Connection, keys: Sequence[str], today: int) -> None:
    """Note that the answers of ``keys`` were used."""
    db.executemany("UPDATE answers SET used = ? WHERE key = ?", ((today, key) for key in keys))


def letters(query: Query, keys: Sequence[str]) -> dict[str, DeadLetter]:
    """Return the dead letters of ``keys``, by key."""
    found: dict[str, DeadLetter] = {}
    for chunk in chunks(keys):
        found |= {row[0]: DeadLetter(*row) for row in query(f"{_LETTER} WHERE key IN {marks(chunk)}", chunk)}
    return found


def all_letters(query: Query) -> dict[str, DeadLetter]:
    """Return every dead letter by key, ordered by item and key."""
    return {row[0]: DeadLetter(*row) for row in query(f"{_LETTER} ORDER BY item, key", ())}


def bury(db: sqlite3.Connection, letter: DeadLetter, today: int) -> None:
    """File a dead letter in place of an earlier one, unless the question is answered; its lease ends."""
    texts = map(storable, (letter.item, letter.reason, letter.detail, letter.reply[:_MAX_REPLY]))
    db.execute(
        "INSERT OR REPLACE INTO dead SELECT ?, ?, ?, ?, ?, ?, ?, ?"
        " WHERE NOT EXISTS (SELECT 1 FROM answers WHERE key = ?)",
        (letter.key, letter.model, *texts, letter.tries, today, letter.key),
    )
    db.execute("DELETE FROM leases WHERE key = ?", (letter.key,))


def exhume(db: sqlite3.Connection, keys: Sequence[str] | None) -> int:
    """Delete the dead letters of ``keys``, or all; return how many there were."""
    before = db.total_changes
    if keys is None:
        db.execute("DELETE FROM dead")
    else:
        db.executemany("DELETE FROM dead WHERE key = ?", ((key,) for key in keys))
    return db.total_changes - before


def storable(text: str) -> str:
    """Return text from a model as the file can hold it: half a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
