"""One model at one endpoint, shared by all that asks it: a client, a limiter, a budget, the one retry layer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from extractors.llm.backoff import next_try_s
from extractors.llm.budget import Budget, Reservation
from extractors.llm.client import Client
from extractors.llm.limiter import Limiter, Permit
from extractors.llm.limits_options import LimitOptions
from extractors.llm.replies import Refused, Reply, TemporarilyUnavailable, Usage
from extractors.llm.requests import Request
from extractors.llm.stats import Counter
from extractors.llm.tokens import Calibration, ReplySizes, most_prompt_tokens, prompt_size, prompt_tokens
from kg.errors import ModelError, ModelUnavailable

__all__ = ["Connect", "Endpoint", "Unasked"]

log = logging.getLogger(__name__)

Connect = Callable[[], Client]
"""Makes the client when the first question has no cached answer.

Raises:
    ModelUnavailable: there is no model; the questions become retryable failures.
"""


class Unasked(Exception):  # noqa: N818 - an outcome that becomes a Failure record
    """The request was not sent: the budget is reached, or the run is stopping."""


@dataclass
class Endpoint:
    """``model`` is the name answers are filed under; ``max_tries`` counts failures, not refusals by a rate limit."""

    model: str
    connect: Connect
    limiter: Limiter
    budget: Budget
    max_concurrency: int = 4
    max_tries: int = 4
    limits: LimitOptions = field(default_factory=LimitOptions)
    calibration: Calibration = field(default_factory=Calibration)
    replies: ReplySizes = field(default_factory=ReplySizes)
    unavailable: str = ""
    _client: Client | None = None
    _pool: ThreadPoolExecutor | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ready(self) -> bool:
        """Connect at the first call; return whether there is a model. ``unavailable`` says why not."""
        with self._lock:
            if self._client is None and not self.unavailable:
                try:
                    self._client = self.connect()
                except ModelUnavailable as error:
                    self.unavailable = str(error)
            return self._client is not None

    @property
    def client(self) -> Client:
        """The client.

        Raises:
            ModelUnavailable: there is none (yet); see :meth:`ready`.
        """
        if self._client is None:
            raise ModelUnavailable(self.unavailable or "the endpoint is not connected")
        return self._client

    @property
    def pool(self) -> ThreadPoolExecutor:
        """The threads that wait for this endpoint: some more than it may serve at once, for those between two tries."""
        with self._lock:
            if self._pool is None:
                threads = self.max_concurrency + -(-self.max_concurrency // 4)
                self._pool = ThreadPoolExecutor(threads, thread_name_prefix="ask")
            return self._pool

    def close(self) -> None:
        """Wait for what is under way: it is paid for."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def send(self, request: Request, counter: Counter, stop: threading.Event) -> Reply:
        """Return the reply, after as many tries as it takes and is allowed.

        Raises:
            Unasked: the budget does not allow it, or ``stop`` was set before it was sent.
            TemporarilyUnavailable: no tries or no time are left.
            Refused: this request gets no reply.
            ModelError: no request will.
        """
        began = time.monotonic()
        failures = tries = 0
        while True:
            reservation, permit = self._admitted(request, stop)
            tries += 1
            started = time.monotonic()
            try:
                reply = self._sent(request, permit, reservation)
            except TemporarilyUnavailable as error:
                failures += not error.limited  # waiting for one's turn is no failed try
                wait = next_try_s(self.limits, tries, time.monotonic() - began, error.retry_after_s)
                if failures >= self.max_tries or wait is None:
                    counter.lost(tries)
                    raise
                log.info("%s; next try in %.1f s", error, wait)
                if stop.wait(wait):
                    counter.lost(tries)
                    raise Unasked("the run is stopping") from error
            except (Refused, ModelError):
                counter.lost(tries)
                raise
            else:
                money = self.budget.prices.cost(self.model, reply.usage)
                counter.reply(reply.usage, time.monotonic() - started, money, tries=tries)
                return reply

    def _admitted(self, request: Request, stop: threading.Event) -> tuple[Reservation, Permit]:
        """Wait for room in the budget and under the limits."""
        ratio = self.calibration.ratio
        expected = prompt_tokens(prompt_size(request.messages), ratio)
        upper = most_prompt_tokens(prompt_size(request.messages, request.schema), ratio)
        reservation = self.budget.reserve(self.model, upper, request.max_tokens, stop)
        if reservation is None:
            raise Unasked(self.budget.reached or "the run is stopping")
        permit = self.limiter.acquire(expected + self.replies.expected(_kind(request), request.max_tokens), stop)
        if permit is None:
            reservation.cancel()
            raise Unasked("the run is stopping")
        return reservation, permit

    def _sent(self, request: Request, permit: Permit, reservation: Reservation) -> Reply:
        """Send once; settle permit and reservation whatever comes."""
        client = self.client
        try:
            reply = client.send(request)
        except TemporarilyUnavailable as error:
            (permit.limited if error.limited else permit.failed)(error.retry_after_s)
            if error.lost:  # it may have been billed: nobody can know, so the hard limit counts it
                reservation.settle(None)
            else:
                reservation.cancel()
            raise
        except BaseException:
            permit.done(Usage())
            reservation.cancel()
            raise
        permit.done(reply.usage)
        reservation.settle(reply.usage)
        self.calibration.observe(prompt_size(request.messages), reply.usage.prompt_tokens)
        self.replies.observe(_kind(request), reply.usage.completion_tokens)
        return reply


def _kind(request: Request) -> tuple[str, int]:
    """Return what requests with replies of about one length have in common."""
    return ("" if request.schema is None else str(request.schema["title"]), request.max_tokens)
