"""Jobs of the batch interface, durable: what was sent, what of it is stored, what is to be asked again.

A job's questions are leased to the job and not to the process that sent it, so they are nobody else's to ask while it
is under way, whoever dies. What a reply says, what it cost, and that it is stored, is one commit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from extractors.llm import filed, leases, ledger
from extractors.llm.cachefile import CacheFile, chunks, marks
from extractors.llm.filed import DeadLetter, RecordedAnswer
from extractors.llm.ledger import Bill
from extractors.llm.questions import Question
from extractors.llm.replies import BadReply, Refused, Reply, Truncated
from extractors.llm.tokens import Size
from kg.records import from_json, to_json

__all__ = ["Asked", "Earlier", "Job", "Jobs", "Status", "Stored"]

_DAY_S = 86_400
_JOB = "SELECT id, model, status, batch, files, made, changed FROM jobs"
Status = Literal["new", "uploaded", "sent", "stored"]
"""``new``: nothing of it is at the provider for certain but maybe a file; ``uploaded``: its file is, and maybe a batch;
``sent``: a batch is; ``stored``: all that came of it is kept, and its files may go."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of a question from earlier jobs, while it is to be asked again.

    ``tries`` of them brought no reply, for the reason in ``detail``. If one brought a reply that could not be used,
    ``kind`` says how, ``fault`` why, ``said`` what it was, and ``alone`` whether it was to this question only.
    """

    tries: int = 0
    detail: str = ""
    kind: Literal["", "bad reply", "cut short", "refused"] = ""
    fault: str = ""
    said: str = ""
    alone: bool = False

    def error(self) -> BadReply | Refused:
        """Return what was wrong with the reply."""
        known = {"refused": Refused, "cut short": Truncated}
        return known.get(self.kind, BadReply)(self.fault, Reply(content=self.said))


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a job. ``line`` is its place in the file, from 1; ``size`` that of its prompt.

    Its ``questions``, in the order they are asked in, each with its key, are without their messages: all it takes to
    read the reply. ``earlier`` is what is known of those that were asked before.
    """

    line: int
    questions: tuple[tuple[str, Question], ...]
    earlier: dict[str, Earlier]
    size: Size


@dataclass(frozen=True, slots=True)
class Job:
    """One job. ``batch`` and ``files`` are the provider's names; ``questions`` counts those without an outcome.

    It was made at ``since`` (seconds since 1970), and came to its status ``idle_s`` seconds ago.
    """

    id: str
    model: str
    status: Status
    questions: int
    since: float
    idle_s: float
    batch: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one request of a job, by its name."""

    name: str
    answers: Sequence[RecordedAnswer] = ()
    letters: Sequence[DeadLetter] = ()
    again: Mapping[str, Earlier] = field(default_factory=dict[str, Earlier])
    bill: Bill | None = None


class Jobs:
    """The jobs in an answer cache's file; raises what :class:`extractors.llm.cache.AnswerCache` does."""

    def __init__(self, file: CacheFile, clock: Callable[[], float]) -> None:
        self._file = file
        self._clock = clock

    def open(self, job: str, model: str, asked: Mapping[str, Asked], owner: str, ttl_s: float) -> bool:
        """File a new job, and let it take over the leases of ``owner`` on its questions for ``ttl_s`` seconds.

        ``owner`` has the job in its hands (see :meth:`take`). Returns ``False``, and files nothing, when one of the
        leases is not the owner's any more.
        """
        now = self._clock()
        keys = [key for each in asked.values() for key, _ in each.questions]
        blobs = [(job, name, to_json(each)) for name, each in asked.items()]

        def write(db: sqlite3.Connection) -> bool:
            if _held(db, keys, owner) < len(keys):
                return False
            db.execute("INSERT INTO jobs VALUES (?, ?, 'new', '', '', ?, ?)", (job, model, now, now))
            db.executemany("INSERT INTO job_requests VALUES (?, ?, ?)", blobs)
            db.execute("INSERT OR REPLACE INTO owners VALUES (?, ?)", (_owner(job), now + ttl_s))
            db.executemany("UPDATE leases SET owner = ? WHERE key = ?", ((_owner(job), key) for key in keys))
            db.execute("INSERT OR REPLACE INTO leases VALUES (?, ?)", (leases.JOB + job, owner))
            return True

        return self._file.write(write)

    def take(self, model: str, owner: str, ttl_s: float) -> list[Job]:
        """Return the jobs of ``model`` that ``owner`` may work on, oldest first: nobody else living has them in hand.

        They are its own for ``ttl_s`` seconds, as all its leases are, or until :meth:`leave`.
        """
        jobs = self.listed(model)
        if not jobs:
            return []
        names = [leases.JOB + job.id for job in jobs]
        mine, _ = self._file.write(lambda db: leases.lease(db, names, owner, self._clock(), ttl_s))
        return [job for job in self.listed(model) if leases.JOB + job.id in mine]

    def leave(self, jobs: Sequence[str], owner: str) -> None:
        """Let others work on these jobs."""
        self._file.write(lambda db: leases.release(db, [leases.JOB + job for job in jobs], owner))

    def listed(self, model: str | None = None) -> list[Job]:
        """Return the jobs (of ``model``) that are not done with, oldest first, and how many questions are open."""
        rows = self._file.read(f"{_JOB} WHERE model = ? OR ? IS NULL ORDER BY made, id", (model, model))
        counted = "SELECT owner, count(*) FROM leases WHERE owner GLOB ? GROUP BY owner"
        open_ = dict(self._file.read(counted, (f"{_owner('')}*",)))
        now = self._clock()
        return [
            Job(job, of, status, open_.get(_owner(job), 0), made, now - changed, batch, tuple(files.split()))
            for job, of, status, batch, files, made, changed in rows
        ]

    def asked(self, job: str) -> dict[str, Asked]:
        """Return the requests of a job of which nothing is stored yet, by name."""
        rows = self._file.read("SELECT name, asked FROM job_requests WHERE job = ? ORDER BY name", (job,))
        return {name: from_json(blob, Asked) for name, blob in rows}

    def note(self, job: str, status: Status, *, batch: str = "", files: Sequence[str] = ()) -> None:
        """Note where a job has come."""
        values = (status, batch, " ".join(files), self._clock(), job)
        sql = "UPDATE jobs SET status = ?, batch = ?, files = ?, changed = ? WHERE id = ?"
        self._file.write(lambda db: db.execute(sql, values))

    def store(self, job: str, stored: Sequence[Stored]) -> list[Stored]:
        """File what became of requests, in one commit; return those of which nothing had been stored before."""
        today = int(self._clock() // _DAY_S)

        def write(db: sqlite3.Connection) -> list[Stored]:
            return [each for each in stored if _store(db, job, each, today)]

        return self._file.write(write)

    def end(self, job: str, rest: Mapping[str, Earlier], files: Sequence[str]) -> None:
        """Note that all is stored of a job; of the questions in ``rest`` nothing will come, and others are free."""

        def write(db: sqlite3.Connection) -> None:
            _again(db, rest)
            db.execute("DELETE FROM job_requests WHERE job = ?", (job,))
            for table in ("leases", "owners"):
                db.execute(f"DELETE FROM {table} WHERE owner = ?", (_owner(job),))
            sql = "UPDATE jobs SET status = 'stored', files = ?, changed = ? WHERE id = ?"
            db.execute(sql, (" ".join(files), self._clock(), job))
            # Another transport may have dealt with what was to be asked again.
            db.execute("DELETE FROM again WHERE key IN (SELECT key FROM answers) OR key IN (SELECT key FROM dead)")

        self._file.write(write)

    def forget(self, job: str) -> None:
        """Delete a job that is done with."""

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM leases WHERE key = ?", (leases.JOB + job,))
            db.execute("DELETE FROM jobs WHERE id = ?", (job,))

        self._file.write(write)

    def earlier(self, keys: Sequence[str]) -> dict[str, Earlier]:
        """Return what is known of those of ``keys`` that are to be asked again."""
        found: dict[str, Earlier] = {}
        for chunk in chunks(keys):
            rows = self._file.read(f"SELECT key, earlier FROM again WHERE key IN {marks(chunk)}", chunk)
            found |= {key: from_json(blob, Earlier) for key, blob in rows}
        return found

    def give_up(self, keys: Sequence[str], owner: str) -> None:
        """Forget what is known of ``keys`` and give back the leases that ``owner`` has on them."""

        def write(db: sqlite3.Connection) -> None:
            db.executemany("DELETE FROM again WHERE key = ?", ((key,) for key in keys))
            leases.release(db, keys, owner)

        self._file.write(write)


def _owner(job: str) -> str:
    """Return the name under which a job holds leases: it is no process, so only time ends them."""
    return f"batch:{job}"


def _held(db: sqlite3.Connection, keys: Sequence[str], owner: str) -> int:
    held = 0
    for chunk in chunks(keys):
        sql = f"SELECT count(*) FROM leases WHERE key IN {marks(chunk)} AND owner = ?"
        held += db.execute(sql, (*chunk, owner)).fetchone()[0]
    return held


def _store(db: sqlite3.Connection, job: str, stored: Stored, today: int) -> bool:
    if not db.execute("DELETE FROM job_requests WHERE job = ? AND name = ?", (job, stored.name)).rowcount:
        return False
    if stored.bill is not None:
        ledger.add_bill(db, stored.bill)
    filed.insert(db, stored.answers, "live", today)
    for letter in stored.letters:
        filed.bury(db, letter, today)
    _again(db, stored.again)
    leases.release(db, list(stored.again), _owner(job))
    return True


def _again(db: sqlite3.Connection, again: Mapping[str, Earlier]) -> None:
    rows = [(key, to_json(replace(each, said=filed.storable(each.said)))) for key, each in again.items()]
    db.executemany("INSERT OR REPLACE INTO again VALUES (?, ?)", rows)
