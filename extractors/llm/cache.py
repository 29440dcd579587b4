"""The durable answer cache: an answer that was paid for is on disk before it is counted.

Rows are keyed by :meth:`extractors.llm.questions.Question.key`, so they survive any change of settings that does not
change the question. A question is leased before it is asked, so that no two processes ask it; one that cannot be
answered becomes a dead letter; what every reply has cost is added up. Recorded answers travel as JSON lines.
"""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from extractors.llm import filed, leases, ledger
from extractors.llm.batch_jobs import Job, Jobs
from extractors.llm.cachefile import CacheFile, chunks, marks
from extractors.llm.filed import DeadLetter, RecordedAnswer, Selection, answer_of
from extractors.llm.ledger import Average, Bill, Billed, CacheStats
from extractors.llm.questions import Answer
from extractors.llm.replies import Usage
from kg.errors import ArtefactError
from kg.records import read_jsonl

__all__ = [
    "AnswerCache", "Average", "Bill", "Billed", "CacheStats", "Claim", "DeadLetter", "Job", "RecordedAnswer",
    "Selection",
]  # fmt: skip

_DAY_S = 86_400
_IMPORTED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Claim:
    """What came of asking for leases: every key is in exactly one of the four, those in tuples in order.

    ``mine`` are to be asked by the owner; ``held`` are being asked by others.
    """

    mine: tuple[str, ...]
    answered: dict[str, Answer]
    dead: dict[str, DeadLetter]
    held: tuple[str, ...]


class AnswerCache:
    """Answers by content key, safe to use from several threads and to share between processes.

    ``clock`` gives seconds since 1970. Every method raises :class:`kg.errors.ArtefactError` when the file cannot be
    read or written; then nothing of what was to be written was.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._file = CacheFile(path, self._today())
        self.batches = Jobs(self._file, clock)

    def close(self) -> None:
        """Close the file; everything put is on disk already."""
        self._file.close()

    def get(self, key: str) -> Answer | None:
        """Return the answer filed under ``key``, its source ``cached`` or ``recorded``; ``None`` if there is none."""
        return self.get_many([key]).get(key)

    def get_many(self, keys: Sequence[str]) -> dict[str, Answer]:
        """Return the answers there are, by key, in the order of ``keys``."""
        found: dict[str, Answer] = {}
        stale: list[str] = []
        today = self._today()
        for chunk in chunks(keys):
            rows = self._file.read(f"SELECT key, source, answer, used FROM answers WHERE key IN {marks(chunk)}", chunk)
            found |= {key: answer_of(key, source, raw) for key, source, raw, _ in rows}
            stale += [key for key, _, _, used in rows if used + filed.NOTE_DAYS <= today]
        if stale:
            with suppress(ArtefactError):  # a full or busy disk keeps nobody from reading
                self._file.write(lambda db: filed.note_use(db, stale, today))
        return {key: found[key] for key in keys if key in found}

    def claim(self, keys: Sequence[str], owner: str, ttl_s: float) -> Claim:
        """Lease to ``owner`` what nobody has answered, buried or leased; the leases of others that ended are lifted.

        All leases of the owner, those of earlier claims too, end ``ttl_s`` seconds from now, or with the process that
        :func:`extractors.llm.leases.owner_name` named. Keys that the owner already holds are its own again.
        """
        unique = list(dict.fromkeys(keys))

        def job(db: sqlite3.Connection) -> Claim:
            answered: dict[str, Answer] = {}
            for chunk in chunks(unique):
                sql = f"SELECT key, source, answer FROM answers WHERE key IN {marks(chunk)}"
                answered |= {row[0]: answer_of(*row) for row in db.execute(sql, chunk)}
            dead = filed.letters(db.execute, [key for key in unique if key not in answered])
            left = [key for key in unique if key not in answered and key not in dead]
            mine, held = leases.lease(db, left, owner, self._clock(), ttl_s) if left else ((), ())
            return Claim(mine, answered, dead, held)

        return self._file.write(job)

    def renew(self, owner: str, ttl_s: float) -> int:
        """Let all leases of ``owner`` end ``ttl_s`` seconds from now; return how many it (still) holds."""
        return self._file.write(lambda db: leases.renew(db, owner, self._clock() + ttl_s))

    def release(self, keys: Sequence[str], owner: str) -> None:
        """Give back the leases of ``owner`` on ``keys``; leases of others stay."""
        self._file.write(lambda db: leases.release(db, keys, owner))

    def leased(self) -> int:
        """Return how many questions are leased now."""
        return self._file.read(leases.LIVE, (self._clock(),))[0][0]

    def jobs(self) -> list[Job]:
        """Return the jobs of the batch interface that are not done with, oldest first."""
        return self.batches.listed()

    def put(self, record: RecordedAnswer, bill: Bill | None = None) -> None:
        """File one live answer durably; the first answer to a question stays. See :meth:`put_many`."""
        self.put_many([record], bill)

    def put_many(self, records: Sequence[RecordedAnswer], bill: Bill | None = None) -> int:
        """File the answers of one reply and bill it, in one commit; return how many are the first to their question.

        Leases and dead letters of the questions end. ``bill`` counts although no answer may be new, or usable.
        """

        def job(db: sqlite3.Connection) -> int:
            if bill is not None:
                ledger.add_bill(db, bill)
            return filed.insert(db, records, "live", self._today())

        return self._file.write(job)

    def bill(self, model: str, kind: str, usage: Usage, calls: int = 1) -> None:
        """Add to what was billed: ``calls`` replies of one kind, with the tokens of all of them."""
        self._file.write(lambda db: ledger.add_bill(db, (model, kind, usage), calls))

    def billed(self) -> list[Billed]:
        """Return the totals of what was billed, by model and kind."""
        return ledger.billed(self._file)

    def bury(self, letter: DeadLetter) -> None:
        """File a question that got no usable answer, in place of an earlier letter; its lease ends.

        A question that has been answered meanwhile stays answered.
        """
        self._file.write(lambda db: filed.bury(db, letter, self._today()))

    def dead(self, keys: Sequence[str] | None = None) -> dict[str, DeadLetter]:
        """Return the dead letters of ``keys``, or all of them, by key."""
        query = self._file.read
        return filed.all_letters(query) if keys is None else filed.letters(query, keys)

    def exhume(self, keys: Sequence[str] | None = None) -> int:
        """Delete the dead letters of ``keys``, or all, so that they are asked again; return how many there were."""
        return self._file.write(lambda db: filed.exhume(db, keys))

    def spellings(self, wanted: Sequence[tuple[str, str, str]]) -> list[str]:
        """Return the words each concept was first asked in; they are kept for good.

        Args:
            wanted: scope, comparison key (:func:`extractors.concepts.concept_key`) and words of each concept. The
                words become the concept's own where none are known. A concept without a key keeps its words.
        """

        def job(db: sqlite3.Connection) -> list[str]:
            db.executemany("INSERT OR IGNORE INTO spellings VALUES (?, ?, ?)", (each for each in wanted if each[1]))
            sql = "SELECT text FROM spellings WHERE scope = ? AND concept = ?"
            return [db.execute(sql, each[:2]).fetchone()[0] if each[1] else each[2] for each in wanted]

        return self._file.write(job)

    def spelling(self, scope: str, concept: str, text: str) -> str:
        """Return the words one concept was first asked in. See :meth:`spellings`."""
        return self.spellings([(scope, concept, text)])[0]

    def import_file(self, path: Path) -> int:
        """Add the answers of a JSONL export that are not there yet; return how many were new.

        Raises:
            ArtefactError: the file is missing or a line is not a recorded answer; nothing is imported then.
        """
        if not path.is_file():
            raise ArtefactError(f"{path} is missing", remedy="name a file that 'kg cache export' has written")
        for number, record in enumerate(read_jsonl(path, RecordedAnswer), 1):
            if record.answer.yes is not None and not 0 <= record.answer.yes <= 1:
                raise ArtefactError(f"{path}:{number}: answer.yes is {record.answer.yes}, not a probability (0 to 1)")
        records = read_jsonl(path, RecordedAnswer)
        new = 0
        while batch := list(itertools.islice(records, _IMPORTED_AT_ONCE)):
            new += self._file.write(lambda db, batch=batch: filed.insert(db, batch, "recorded", self._today()))
        return new

    def export(
        self, models: frozenset[str] = frozenset(), without: frozenset[str] = frozenset()
    ) -> Iterator[RecordedAnswer]:
        """Yield every answer (of ``models``, if given; not about ``without``), ordered by item and key."""
        where = f"WHERE model IN {marks(list(models))}" if models else ""
        rows = self._file.stream(
            f"SELECT key, model, item, answer FROM answers {where} ORDER BY item, key", list(models)
        )
        for key, model, item, raw in rows:
            if ledger.split_item(item)[1] not in without:
                yield RecordedAnswer(key, model, item, replace(answer_of(key, "live", raw), source="live"))

    def stats(self) -> list[CacheStats]:
        """Return what is held of each model and what was billed for it, by name."""
        return ledger.stats(self._file)

    def averages(self, model: str, yes_from: float = 0.5) -> list[Average]:
        """Return what the answers of ``model`` were like, by relation and step, to estimate what more will cost.

        ``yes_from`` is the probability (0..1) from which an answer counts as yes.
        """
        return ledger.averages(self._file, model, yes_from)

    def prunable(self, selection: Selection) -> list[CacheStats]:
        """Return what :meth:`prune` would delete of each model, by name."""
        return ledger.held(self._file, selection.table, *selection.where(self._today()))

    def prune(self, selection: Selection) -> int:
        """Delete what is selected; return how many rows went. :meth:`vacuum` makes the file smaller."""
        where, values = selection.where(self._today())
        return self._file.write(lambda db: db.execute(f"DELETE FROM {selection.table} {where}", values).rowcount)

    def vacuum(self) -> None:
        """Give the room of what was deleted back to the disk; for a moment this takes the room of a copy."""
        self._file.vacuum()

    def _today(self) -> int:
        """Return the day number since 1970."""
        return int(self._clock() // _DAY_S)
