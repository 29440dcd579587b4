"""One round of asking: questions without an answer are leased, asked concurrently, answered, buried or failed.

A question is leased before it is asked: one that another process is asking is waited for. What comes is durable
before it counts. The threads belong to the endpoint and are shared by all rounds; nobody waits for the slowest
answer but the round it belongs to.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from extractors.llm.cache import RecordedAnswer
from extractors.llm.endpoint import Unasked
from extractors.llm.faults import both, letter, reason_of, second_request
from extractors.llm.keeper import LEASE_S
from extractors.llm.outcomes import Outcomes
from extractors.llm.packs import Pack, packed, read_pack
from extractors.llm.questions import Answer
from extractors.llm.replies import BadReply, Refused, Reply, TemporarilyUnavailable
from extractors.llm.requests import Request

__all__ = ["Round"]

_POLL_S = 0.2  # between two looks at questions that others are asking


@dataclass
class Round(Outcomes):
    """Asks one request at a time for each thread of the endpoint."""

    _stop: threading.Event = field(default_factory=threading.Event)
    _done: SimpleQueue[BaseException | None] = field(default_factory=SimpleQueue[BaseException | None])
    _todo: deque[str] = field(default_factory=deque[str])
    _held: list[str] = field(default_factory=list[str])
    _flying: int = 0
    _budget: str = ""

    def run(self) -> None:
        """Ask until every question has an outcome.

        Raises:
            ModelError: no question can be answered; what was under way is finished and kept first.
        """
        self._todo.extend(self.living())
        if not self._todo:
            return
        if not self.endpoint.ready():
            for key in self._todo:
                self.fail(key, "no model", self.endpoint.unavailable, retryable=True)
            return
        self.keeper.start()
        try:
            while self._todo or self._held or self._flying:
                self._submit()
                self._collect()
        except BaseException:
            self._stop.set()
            self._drain()
            raise

    def _submit(self) -> None:
        """Lease and submit when half of the threads' double load is free: leasing in bulk spares commits."""
        load = 2 * self.endpoint.max_concurrency
        if not self._todo or self._flying > load // 2:
            return
        count = min(len(self._todo), (load - self._flying) * self.per_prompt)
        keys = [self._todo.popleft() for _ in range(count)]
        if self._budget:
            for key in keys:
                self.unask(key, self._budget)
            return
        claim = self.cache.claim(keys, self.owner, LEASE_S)
        for key, answer in claim.answered.items():
            self.settle(key, answer)
        for key, dead in claim.dead.items():
            self.fail(key, dead.reason, dead.detail)
        self._held.extend(claim.held)
        for pack in packed(((key, self.missing[key]) for key in claim.mine), self.per_prompt):
            self._flying += 1
            self.endpoint.pool.submit(self._ask, pack)

    def _collect(self) -> None:
        """Wait for one pack; look at what others hold from time to time."""
        try:
            error = self._done.get(timeout=_POLL_S if self._held or not self._flying else None)
        except Empty:
            if self._held:
                self.collector.look()
            self._todo.extend(self._held)
            self._held.clear()
            return
        self._flying -= 1
        if error is not None:
            raise error

    def _drain(self) -> None:
        """Let what is under way finish: it is paid for. Leases of what was not sent are given back by its thread."""
        while self._flying:
            self._done.get()
            self._flying -= 1

    def _ask(self, pack: Pack) -> None:
        """Ask one pack and give every question of it an outcome; runs in a thread of the endpoint."""
        left = set(pack.questions)
        try:
            self._ask_pack(pack, left)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits, which raises it
            self.cache.release(sorted(left), self.owner)
            self._done.put(error)
        else:
            self._done.put(None)

    def _ask_pack(self, pack: Pack, left: set[str]) -> None:
        try:
            request = pack.request()
            reply = self.endpoint.send(request, self.counter, self._stop)
        except (Refused, TemporarilyUnavailable, Unasked) as error:
            for key in pack.questions:
                self._without_reply(key, error, left)
            return
        found = read_pack(pack, reply)
        self._keep(pack, found.answers, reply, left)
        for key, fault in found.faults.items():
            alone = Pack({key: pack.questions[key]})
            again = second_request(alone, request if len(pack.questions) == 1 else None, fault)
            if again is None:
                self._bury(key, fault, left)
            else:
                self._repeat(alone, again, fault, left)

    def _repeat(self, pack: Pack, request: Request, before: BadReply | Refused, left: set[str]) -> None:
        """Ask one question a second and last time, after a reply that could not be used."""
        (key,) = pack.questions
        self.counter.repair()
        try:
            reply = self.endpoint.send(request, self.counter, self._stop)
        except (Refused, TemporarilyUnavailable, Unasked) as error:
            self._without_reply(key, error, left)
            return
        found = read_pack(pack, reply)
        self._keep(pack, found.answers, reply, left)
        for fault in found.faults.values():
            self._bury(key, fault if isinstance(fault, Refused) else both(before, fault), left)

    def _keep(self, pack: Pack, answers: Mapping[str, Answer], reply: Reply, left: set[str]) -> None:
        records = [RecordedAnswer(k, self.endpoint.model, pack.questions[k].item, a) for k, a in answers.items()]
        step = next(iter(pack.questions.values())).reply
        self.cache.put_many(records, bill=(self.endpoint.model, step, reply.usage))
        for key, answer in answers.items():
            left.discard(key)
            self.settle(key, answer)

    def _without_reply(self, key: str, error: Exception, left: set[str]) -> None:
        if isinstance(error, Refused):
            self._bury(key, error, left)
            return
        left.discard(key)
        self.cache.release([key], self.owner)
        if isinstance(error, Unasked):
            self._budget = self._budget or str(error)
            self.unask(key, self._budget)
        else:
            self.fail(key, "no answer", str(error), retryable=True)

    def _bury(self, key: str, fault: BadReply | Refused, left: set[str]) -> None:
        """Make the question a dead letter: asked again only when told to."""
        self.cache.bury(letter(key, self.endpoint.model, self.missing[key].item, fault))
        left.discard(key)
        self.fail(key, reason_of(fault), str(fault))
