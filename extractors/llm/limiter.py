"""The limiter: requests a minute, tokens a minute and concurrency, for all threads of a process.

Threads wait in line; how long is decided by :class:`extractors.llm.pace.Pace`. Every permit goes back exactly once,
with what came of the request.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping

from extractors.llm.limits_options import LimitOptions
from extractors.llm.pace import Pace, Sent
from extractors.llm.replies import Usage
from extractors.llm.turnstile import Turnstile, Wait

__all__ = ["Limiter", "Permit"]


class Permit:
    """Leave to send one request. Say exactly one of: done, limited, failed, unused.

    Raises:
        RuntimeError: it was given back before.
    """

    __slots__ = ("_limiter", "_sent")

    def __init__(self, limiter: Limiter, sent: Sent) -> None:
        self._limiter = limiter
        self._sent: Sent | None = sent

    def done(self, usage: Usage) -> None:
        """An answer came, good or bad, and this is what was billed; all zero: the estimate stands."""
        sent = self._given_back()
        billed = usage.prompt_tokens + usage.completion_tokens
        self._limiter.back(lambda pace, _: pace.done(sent, billed or sent.tokens))

    def limited(self, retry_after_s: float | None = None) -> None:
        """The endpoint refused (429), and asked to wait so long, if it did."""
        sent = self._given_back()
        self._limiter.back(lambda pace, now: pace.limited(now, sent, retry_after_s))

    def failed(self, retry_after_s: float | None = None) -> None:
        """No answer came: 5xx, a broken connection, a time-out."""
        sent = self._given_back()
        self._limiter.back(lambda pace, now: pace.failed(now, sent, retry_after_s))

    def unused(self) -> None:
        """Nothing was sent after all."""
        sent = self._given_back()
        self._limiter.back(lambda pace, _: pace.unused(sent))

    def _given_back(self) -> Sent:
        sent, self._sent = self._sent, None
        if sent is None:
            raise RuntimeError("this permit was given back before")
        return sent


class Limiter:
    """Lets requests go as fast as the endpoint allows. To be shared by all threads that ask one endpoint.

    ``clock`` gives seconds that never go back, ``wait`` blocks on a condition, ``draw`` gives numbers in [0, 1).
    """

    def __init__(
        self,
        options: LimitOptions,
        max_concurrency: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Wait | None = None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._pace = Pace(options, max_concurrency, draw)
        self._clock = clock
        self._turnstile = Turnstile(wait)

    def acquire(self, tokens: int, stop: threading.Event) -> Permit | None:
        """Return a permit for a request of ``tokens`` (prompt and room for the reply), when it is its turn.

        Returns:
            ``None`` once ``stop`` is set.
        """
        with self._turnstile:
            if not self._turnstile.pass_when(lambda: self._pace.wait_s(self._clock(), tokens), stop):
                return None
            return Permit(self, self._pace.send(self._clock(), tokens))

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learn from the headers of any reply, also of refusals and before the permit goes back. Never raises."""
        with self._turnstile:
            self._pace.observe(self._clock(), headers)
            self._turnstile.changed()

    def back(self, account: Callable[[Pace, float], None]) -> None:
        """Take a permit back; for :class:`Permit`."""
        with self._turnstile:
            account(self._pace, self._clock())
            self._turnstile.changed()

    @property
    def under_way(self) -> int:
        """Permits that are out."""
        with self._turnstile:
            return self._pace.under_way

    @property
    def waiting(self) -> int:
        """Threads that wait for a permit."""
        with self._turnstile:
            return self._turnstile.waiting
