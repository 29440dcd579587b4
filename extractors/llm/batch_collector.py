"""Sends jobs to the batch interface and stores what comes of them: of its own, and of those whose sender is no more.

Every remote step is noted before and after it, so that whoever comes later knows what may be at the provider. A job
that was killed before it had a batch is given up, and its questions are free; one that has a batch is paid for, and is
collected by whoever asks the same model next, whether its questions are asked again or not.
"""

from __future__ import annotations

import itertools
import logging
import math
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from extractors.llm.backoff import next_try_s
from extractors.llm.batch_api import BatchApi, Mistake, RemoteBatch
from extractors.llm.batch_files import InputFile, Result, results
from extractors.llm.batch_jobs import Asked, Earlier, Job, Stored
from extractors.llm.batch_read import at_fault, once_more, stored_as
from extractors.llm.budget import Reservation
from extractors.llm.cache import AnswerCache
from extractors.llm.endpoint import Endpoint
from extractors.llm.keeper import LEASE_S
from extractors.llm.options import BatchOptions
from extractors.llm.replies import Refused, TemporarilyUnavailable
from extractors.llm.stats import Counter
from kg.errors import ModelError

__all__ = ["Collector"]

log = logging.getLogger(__name__)

T = TypeVar("T")
_DAY_S = 86_400
_AT_ONCE = 500
_LOOKS = 2  # a batch that was asked for and is not listed after so many looks was not made
_QUEUE_FULL = "token_limit_exceeded"


@dataclass
class Collector:
    """The jobs of one endpoint; safe to use from several threads. ``owner`` is nobody else's name.

    ``live`` holds the keys of answers that were stored by this collector.
    """

    endpoint: Endpoint
    cache: AnswerCache
    owner: str
    counter: Counter
    options: BatchOptions
    live: set[str] = field(default_factory=set[str])
    _own: dict[str, dict[str, Reservation]] = field(default_factory=dict[str, dict[str, Reservation]])
    _most_jobs: float = math.inf
    _most_requests: int = 0
    _looked: float = -math.inf
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._jobs = self.cache.batches
        self._most_requests = self.options.max_requests

    def file(self) -> InputFile:
        """Return an empty file for the requests of one job."""
        return InputFile(self.cache.path.parent, self._most_requests, self.options.max_bytes)

    def accepts(self) -> bool:
        """Whether there may be another job now: the provider limits what waits."""
        return len(self._under_way()) < self._most_jobs

    def send(self, file: InputFile, asked: Mapping[str, Asked], reserved: dict[str, Reservation]) -> None:
        """Make a job of requests, leased to us, and send it. If it cannot be, its questions are free again.

        Raises:
            ModelError: the provider takes no such job.
        """
        with self._lock:
            job = secrets.token_hex(8)
            if not self._jobs.open(job, self.endpoint.model, asked, self.owner, self.options.window_s + _DAY_S):
                _cancel(reserved.values())
                return
            self._own[job] = reserved
            try:
                self._start(job, file)
            except TemporarilyUnavailable as error:
                self._not_sent(job, f"the provider did not take the file: {error}")
            except (Refused, ModelError) as error:
                self._not_sent(job, "")
                remedy = error.remedy if isinstance(error, ModelError) else "see models.batch in the configuration"
                reason = error.reason if isinstance(error, ModelError) else str(error)
                raise ModelError(f"the provider takes no batch: {reason}", remedy=remedy) from error

    def look(self) -> None:
        """See how the jobs have come on, and store what is there; does nothing when the last look was just now.

        Raises:
            ModelError: no question can be answered.
        """
        with self._lock:
            now = time.monotonic()
            if now - self._looked < self.options.poll_s:
                return
            self._looked = now
            jobs = self._jobs.take(self.endpoint.model, self.owner, LEASE_S)
            try:
                for job in jobs:
                    self._advance(job)
            finally:
                if others := [job.id for job in jobs if job.id not in self._own]:
                    self._jobs.leave(others, self.owner)
            if self._own:
                self._lose(set(self._own) - {job.id for job in self._jobs.listed(self.endpoint.model)})

    def leave(self) -> int:
        """Let others work on our jobs from now on; return how many are at the provider."""
        with self._lock:
            self._jobs.leave(list(self._own), self.owner)
        return len(self._under_way())

    def _api(self) -> BatchApi:
        return BatchApi(self.endpoint.client.sdk())

    def _under_way(self) -> list[Job]:
        return [job for job in self._jobs.listed(self.endpoint.model) if job.status in {"uploaded", "sent"}]

    def _start(self, job: str, file: InputFile) -> None:
        """Upload and create. After a create of which nobody knows what became, :meth:`look` finds out."""
        api = self._api()
        name = self._patiently(lambda: api.upload(file.handle, job), repeat=True)
        self._jobs.note(job, "uploaded", files=[name])
        try:
            made = self._patiently(lambda: api.create(name, job, self.options.window), repeat=False)
        except TemporarilyUnavailable as error:
            log.info("batch job %s: %s", job, error)
            return
        self._jobs.note(job, "sent", batch=made.id, files=[name])
        log.info("batch %s is sent", made.id)

    def _patiently(self, send: Callable[[], T], *, repeat: bool) -> T:
        """Try as long as is allowed; unless it may be repeated, only after a refusal by a rate limit."""
        began, tries = time.monotonic(), 0
        while True:
            try:
                return send()
            except TemporarilyUnavailable as error:
                tries += 1
                wait = next_try_s(self.endpoint.limits, tries, time.monotonic() - began, error.retry_after_s)
                allowed = error.limited or (repeat and tries < self.endpoint.max_tries)
                if wait is None or not allowed:
                    raise
            time.sleep(wait)

    def _not_sent(self, job: str, why: str) -> None:
        """Give up a job that has no batch for certain; ``why``, if it may be tried again."""
        for known in self._jobs.listed(self.endpoint.model):
            if known.id == job:
                self._give_up(known, why)

    def _advance(self, job: Job) -> None:
        try:
            match job.status:
                case "new":
                    self._give_up(job, "")
                case "uploaded":
                    self._find(job)
                case "sent":
                    self._poll(job)
                case "stored":
                    self._clear(job)
        except TemporarilyUnavailable as error:
            log.info("batch job %s: %s; it is looked at again", job.id, error)

    def _find(self, job: Job) -> None:
        """Find the batch of a job whose maker did not live to note it."""
        found = self._api().find(job.id, job.since)
        if found is not None:
            self._jobs.note(job.id, "sent", batch=found.id, files=job.files)
        elif job.idle_s > _LOOKS * self.options.poll_s:
            for file in job.files:
                self._api().delete(file)  # first of all: no late batch can come of it any more
            self._give_up(job, "the provider made no batch of the file")

    def _poll(self, job: Job) -> None:
        remote = self._api().look(job.batch)
        if remote is None:
            if self._api().find(job.id, job.since) is None:
                log.warning("the provider knows no batch %s any more: its questions are asked again", job.batch)
                self._give_up(job, "the provider does not know the batch any more")
            return
        log.info("batch %s: %s, %d of %d lines", remote.id, remote.status, remote.done, remote.total)
        if remote.status == "failed":
            self._failed(job, remote)
        elif remote.ended:
            self._collect(job, remote)

    def _collect(self, job: Job, remote: RemoteBatch) -> None:
        """Store what an ended batch has brought, and let go of what it has not."""
        asked = self._jobs.asked(job.id)
        seconds = (job.idle_s) / max(1, len(asked))
        errors: list[ModelError] = []
        for file in remote.results:
            lines = (line for line in results(self._api().content(file)) if line.name in asked)
            while chunk := list(itertools.islice(lines, _AT_ONCE)):
                new = {line.name: line for line in reversed(chunk)}  # of doubled lines the first counts
                done = [stored_as(line, asked[name], self.endpoint.model) for name, line in new.items()]
                for stored in self._jobs.store(job.id, done):
                    self._count(job, new[stored.name], asked[stored.name], stored, seconds)
                for name, line in new.items():
                    del asked[name]
                    errors += [line.error] if isinstance(line.error, ModelError) else []
        for name in asked:
            self.counter.lost(1)
            if reservation := self._own.get(job.id, {}).pop(name, None):
                reservation.settle(None)
        over = remote.status == "cancelled"
        rest = once_more(asked.values(), f"the batch is {remote.status}, without a line for this", over=over)
        self._end(job, rest, remote.results)
        if errors:
            raise errors[0]

    def _count(self, job: Job, line: Result, asked: Asked, stored: Stored, seconds: float) -> None:
        """Count what came of one request, in this run's figures."""
        reservation = self._own.get(job.id, {}).pop(line.name, None)
        self.live.update(record.key for record in stored.answers)
        if line.reply is None:
            self.counter.lost(1)
            lost = isinstance(line.error, TemporarilyUnavailable) and line.error.lost
            if reservation is not None:
                reservation.settle(None) if lost else reservation.cancel()
            return
        usage = line.reply.usage
        if reservation is not None:
            reservation.settle(usage)
        self.endpoint.calibration.observe(asked.size, usage.prompt_tokens)
        money = self.endpoint.budget.prices.cost(self.endpoint.model, usage, batch=True)
        self.counter.reply(usage, seconds, money, tries=1)

    def _failed(self, job: Job, remote: RemoteBatch) -> None:
        """Deal with a batch that was not accepted: nothing of it was answered, or billed."""
        asked = self._jobs.asked(job.id)
        mistakes = remote.mistakes or (Mistake("", "it gives no reason"),)
        if mistakes[0].code == _QUEUE_FULL:
            self._queue_full(job, asked)
            self._give_up(job, mistakes[0].message if len(asked) == 1 else "")
            return
        wrong = at_fault(asked, mistakes, self.endpoint.model)
        self._jobs.store(job.id, wrong)
        self._give_up(job, f"the batch was refused: {mistakes[0].message}" if wrong else "")
        if not wrong:
            where = f"line {mistakes[0].line}: " if mistakes[0].line else ""
            raise ModelError(
                f"the provider refuses batch {remote.id}: {where}{mistakes[0].message}",
                remedy="see models.batch in the configuration",
            )

    def _queue_full(self, job: Job, asked: Mapping[str, Asked]) -> None:
        """Learn how much the provider lets wait: so many jobs; or, when this is the only one, a smaller one."""
        others = sum(each.id != job.id for each in self._under_way())
        self._most_jobs = max(1, others)
        if not others:
            self._most_requests = max(1, len(asked) // 2)

    def _give_up(self, job: Job, why: str) -> None:
        """End a job of which nothing was billed; with ``why``, it counts as a try."""
        asked = self._jobs.asked(job.id).values()
        rest = once_more(asked, why) if why else {key: known for each in asked for key, known in each.earlier.items()}
        self._end(job, rest, ())

    def _end(self, job: Job, rest: Mapping[str, Earlier], files: Iterable[str]) -> None:
        _cancel(self._own.pop(job.id, {}).values())
        files = (*job.files, *files)
        self._jobs.end(job.id, rest, files)
        self._clear(replace(job, files=files))

    def _clear(self, job: Job) -> None:
        """Delete a job's files at the provider, if that can be done, and the job."""
        for file in job.files:
            try:
                self._api().delete(file)
            except (TemporarilyUnavailable, Refused, ModelError) as error:
                log.info("file %s stays at the provider: %s", file, error)
        self._jobs.forget(job.id)

    def _lose(self, jobs: Iterable[str]) -> None:
        """Settle what others have collected for us, as they may when we were asleep: nobody told us what it cost."""
        for job in jobs:
            for reservation in self._own.pop(job).values():
                reservation.settle(None)


def _cancel(reservations: Iterable[Reservation]) -> None:
    for reservation in reservations:
        reservation.cancel()
