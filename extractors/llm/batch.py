"""One round of asking through the batch interface: half the price, and the answers come within a day.

Questions without an answer are leased, packed as online, and handed to the provider in files, as jobs. The rest is
waiting: what a job has brought, whichever process it was that stored it, is found in the answer cache; what it has not
brought is free again, and goes into the next job until there were enough tries.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extractors.llm.batch_files import InputFile
from extractors.llm.batch_jobs import Asked, Earlier
from extractors.llm.budget import Reservation
from extractors.llm.faults import second_request
from extractors.llm.keeper import LEASE_S
from extractors.llm.outcomes import Outcomes
from extractors.llm.packs import Pack, packed
from extractors.llm.requests import Request
from extractors.llm.tokens import most_prompt_tokens, prompt_size
from kg.records import digest

__all__ = ["BatchRound"]

log = logging.getLogger(__name__)

_NAME_DIGITS = 32


@dataclass
class BatchRound(Outcomes):
    """Fills ``outcomes`` as :class:`extractors.llm.rounds.Round` does, for any number of questions at once."""

    def run(self) -> None:
        """Ask until every question has an outcome.

        Raises:
            ModelError: no question can be answered; what is at the provider is collected by the next run.
        """
        waiting = list(self.living())
        if not waiting:
            return
        if not self.endpoint.ready():
            for key in waiting:
                self.fail(key, "no model", self.endpoint.unavailable, retryable=True)
            return
        self.keeper.start()
        try:
            while waiting:
                self.collector.look()
                waiting = self._asked(waiting)
                if waiting:
                    time.sleep(self.collector.options.poll_s)
        finally:
            if waiting:
                self._leave(waiting)

    def _leave(self, waiting: Sequence[str]) -> None:
        """Let others collect what is under way: it is paid for, so it is not cancelled."""
        self.cache.release(waiting, self.owner)
        if count := self.collector.leave():
            log.warning("batches that go on at the provider: %d; the next run with these answers collects them", count)

    def _asked(self, waiting: Sequence[str]) -> list[str]:
        """Settle what has an outcome by now, send what nobody is asking; return what is still to be waited for."""
        claim = self.cache.claim(waiting, self.owner, LEASE_S)
        for key, answer in claim.answered.items():
            self.settle(key, replace(answer, source="live") if key in self.collector.live else answer)
            self.collector.live.discard(key)
        for key, dead in claim.dead.items():
            self.fail(key, dead.reason, dead.detail)
        earlier = self.cache.batches.earlier(claim.mine)
        given_up = {key for key, each in earlier.items() if each.tries >= self.endpoint.max_tries}
        if given_up:
            self.cache.batches.give_up(sorted(given_up), self.owner)
        for key in given_up:
            self.fail(key, "no answer", earlier[key].detail, retryable=True)
        self._send([key for key in claim.mine if key not in given_up], earlier)
        return [key for key in waiting if key not in self.outcomes]

    def _send(self, keys: Sequence[str], earlier: Mapping[str, Earlier]) -> None:
        """Send what there is room for, in jobs as large as may be; what the budget has no room for ever, fails."""
        packs = deque(self._packs(keys, earlier))
        while packs and self.collector.accepts():
            with self.collector.file() as file:
                asked, reserved = self._filled(file, packs, earlier)
                if not asked:
                    break
                self.collector.send(file, asked, reserved)
        if packs and self.endpoint.budget.reached:
            unsent = [key for pack in packs for key in pack.questions]
            self.cache.release(unsent, self.owner)
            for key in unsent:
                self.unask(key, self.endpoint.budget.reached)

    def _packs(self, keys: Sequence[str], earlier: Mapping[str, Earlier]) -> Iterator[Pack]:
        """Yield the packs of questions; one whose reply could not be used is asked alone."""
        alone = [key for key in keys if key in earlier and earlier[key].kind]
        yield from (Pack({key: self.missing[key]}) for key in alone)
        fresh = dict.fromkeys(keys)
        for key in alone:
            del fresh[key]
        yield from packed(((key, self.missing[key]) for key in fresh), self.per_prompt)

    def _filled(
        self, file: InputFile, packs: deque[Pack], earlier: Mapping[str, Earlier]
    ) -> tuple[dict[str, Asked], dict[str, Reservation]]:
        """Move packs into the file as long as there is room, and budget; return what was asked and set aside."""
        asked: dict[str, Asked] = {}
        reserved: dict[str, Reservation] = {}
        while packs:
            questions = packs[0].questions
            known = {key: earlier[key] for key in questions if key in earlier}
            request = _request(packs[0], known)
            reservation = self._reserved(request)
            if reservation is None:
                break
            name = digest(*questions)[:_NAME_DIGITS]
            if not file.add(name, request, self.endpoint.model):
                reservation.cancel()
                break
            packs.popleft()
            bare = tuple((key, replace(question, messages=())) for key, question in questions.items())
            asked[name] = Asked(len(asked) + 1, bare, known, prompt_size(request.messages))
            reserved[name] = reservation
            if known:
                self.counter.repair()
        return asked, reserved

    def _reserved(self, request: Request) -> Reservation | None:
        size = prompt_size(request.messages, request.schema)
        upper = most_prompt_tokens(size, self.endpoint.calibration.ratio)
        return self.endpoint.budget.reserve_now(self.endpoint.model, upper, request.max_tokens, batch=True)


def _request(pack: Pack, known: Mapping[str, Earlier]) -> Request:
    """Return what is sent for a pack; for a question whose reply could not be used, as online."""
    request = pack.request()
    for earlier in known.values():
        if earlier.kind:
            return second_request(pack, request if earlier.alone else None, earlier.error()) or request
    return request
