"""When the next request may go: all that is known and learned about an endpoint's limits, put together.

No threads and no clock: times are handed in. :class:`extractors.llm.limiter.Limiter` is what threads use.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from extractors.llm.adaptive import Bucket, LearnedRate, Share, Window
from extractors.llm.backoff import pause_s
from extractors.llm.limits_options import LimitOptions
from extractors.llm.rate_headers import Allowance, read_allowances

__all__ = ["Pace", "Sent"]

_WEIGHT = 1 / 16
_SERIOUS_REFUSALS = 0.35  # seven in a row
_SERIOUS_FAULTS = 0.5  # eleven
_LONG_AGO = 200  # requests
_SOME = 3  # requests granted since the last pause: the endpoint is not closed


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that is under way: which one it is, and the tokens that were set aside for it."""

    serial: int
    tokens: int


class Pace:
    """Decides when the next request may go. ``draw`` gives numbers in [0, 1) for the jitter of pauses."""

    def __init__(self, options: LimitOptions, max_concurrency: int, draw: Callable[[], float] = random.random) -> None:
        self._options = options
        self._draw = draw
        self._window = Window(max_concurrency, float(max_concurrency), float(max_concurrency))
        self._buckets: dict[str, Bucket] = {}
        self._learned = LearnedRate()
        self._refusals, self._faults = Share(_SERIOUS_REFUSALS), Share(_SERIOUS_FAULTS)
        self._pause_until = -math.inf
        self._billed = 1.0  # of what is set aside for a request, the share that is billed in the end
        self._issued = self._under_way = self._turn = self._turn_before = self._refused = self._streak = 0

    @property
    def under_way(self) -> int:
        """Requests sent and not yet accounted for."""
        return self._under_way

    def wait_s(self, now: float, tokens: int) -> float:
        """Return the seconds until a request of ``tokens`` may go; 0: now; infinite: when one under way is back."""
        if self._under_way >= int(self._window.size):
            return math.inf
        self._know("requests", now, self._options.requests_per_minute, None)
        self._know("tokens", now, self._options.tokens_per_minute, None)
        waits = [bucket.wait_s(now, _amount(what, tokens)) for what, bucket in self._buckets.items()]
        return max(0.0, self._pause_until - now, self._learned.wait_s(now), *waits)

    def send(self, now: float, tokens: int) -> Sent:
        """Account for a request that goes now; only when :meth:`wait_s` is 0."""
        for what, bucket in self._buckets.items():
            bucket.take(now, _amount(what, tokens))
        if bucket := self._buckets.get("requests"):
            self._learned.free_if_above(now, bucket.rate)
        self._learned.take(now)
        self._issued += 1
        self._under_way += 1
        return Sent(self._issued, tokens)

    def unused(self, sent: Sent) -> None:
        """Give back a request that was not sent after all."""
        self._under_way -= 1
        self._learned.refused()
        for what, bucket in self._buckets.items():
            bucket.give(_amount(what, sent.tokens))

    def done(self, sent: Sent, tokens: int) -> None:
        """Account for an answer that was billed at ``tokens``."""
        self._under_way -= 1
        if sent.serial > self._turn:
            self._streak = 0
        self._window.opened()
        if bucket := self._buckets.get("tokens"):
            bucket.give(sent.tokens - tokens)
            self._billed += (tokens / max(1, sent.tokens) - self._billed) * _WEIGHT

    def limited(self, now: float, sent: Sent, retry_after_s: float | None) -> None:
        """Account for a refusal (429)."""
        self._under_way -= 1
        self._refusals.bad(self._issued)
        if sent.serial <= self._turn:  # sent before we slowed down
            if sent.serial > self._turn_before:
                self._learned.refused_late()
            self._pause_until = max(self._pause_until, now + (retry_after_s or 0.0))
            return
        self._learned.refused()
        self._refused += 1
        for what, bucket in self._buckets.items():
            bucket.refused(_amount(what, sent.tokens))
        if not self._is_isolated(now):
            self._slow_down(now, sent, retry_after_s)

    def failed(self, now: float, sent: Sent, retry_after_s: float | None) -> None:
        """Account for a fault (5xx, reset, time-out); it probably counted, as answers do."""
        self._under_way -= 1
        if bucket := self._buckets.get("tokens"):
            bucket.give(sent.tokens * (1 - self._billed))
        self._faults.bad(self._issued)
        if sent.serial <= self._turn or not self._faults.serious:
            return
        self._window.halved(again=self._streak > 0)
        self._faults.value /= 2
        self._pause(now, retry_after_s)

    def observe(self, now: float, headers: Mapping[str, str]) -> None:
        """Learn from the headers of any reply; what cannot be read tells nothing."""
        requests, tokens = read_allowances(headers)
        self._notice("requests", now, requests, self._options.requests_per_minute)
        self._notice("tokens", now, tokens, self._options.tokens_per_minute)

    def _notice(self, what: str, now: float, told: Allowance, configured: int | None) -> None:
        self._know(what, now, configured, told.per_minute)
        if told.remaining is None:
            return
        if bucket := self._buckets.get(what):
            bucket.left(now, told.remaining)
        elif told.remaining < 1 and told.reset_s:
            self._pause_until = max(self._pause_until, now + told.reset_s)

    def _know(self, what: str, now: float, configured: float | None, told: float | None) -> None:
        """Keep a bucket for the lower of what is configured and what the endpoint tells."""
        bucket = self._buckets.get(what)
        known = [limit for limit in (configured, told) if limit is not None]
        if not known or (bucket and told is None):
            return
        if bucket:
            bucket.limit(now, min(known))
        else:
            self._buckets[what] = Bucket.of(min(known), now)
            self._learned.free()

    def _is_isolated(self, now: float) -> bool:
        """Whether a refusal may be chance: it tells nothing that we do not keep to already."""
        learned = self._learned
        if self._refusals.serious:
            return False
        if self._is_known or learned.is_beside_the_point:
            return True
        if learned.is_below(now) and self._refusals.low:
            learned.refused_below()
            return True
        return False

    @property
    def _is_known(self) -> bool:
        """Whether limits are known, and there is no sign that they are wrong."""
        return bool(self._buckets) and self._learned.is_free

    def _slow_down(self, now: float, sent: Sent, retry_after_s: float | None) -> None:
        """Pause and learn; a first refusal within known limits only says that there is nothing left just now."""
        learned = self._learned
        for what, bucket in self._buckets.items():
            bucket.empty(now, _amount(what, sent.tokens))
        if self._is_known and not (learned.since_refusal and learned.granted < _LONG_AGO):
            learned.mark(now)
        elif self._refusals.low:
            learned.learn_a_little(now)
        else:
            learned.learn(now)
        self._refusals.value = 0.0
        if self._issued - self._turn - self._refused >= _SOME:
            self._streak = 0
        self._pause(now, retry_after_s)

    def _pause(self, now: float, retry_after_s: float | None) -> None:
        self._turn_before, self._turn, self._refused = self._turn, self._issued, 0
        self._streak += 1
        pause = pause_s(self._options, self._streak, retry_after_s, self._draw)
        self._pause_until = max(self._pause_until, now + pause)


def _amount(what: str, tokens: int) -> float:
    return float(tokens) if what == "tokens" else 1.0
