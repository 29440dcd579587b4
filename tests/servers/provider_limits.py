"""Rate limits of a stand-in provider: buckets of requests and of tokens that fill by the minute, and the headers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal

import msgspec

from tests.servers.provider_wire import Reply, error

__all__ = ["Limits", "Meter"]

_ROUNDING = 1e-6  # who waits as long as told is not refused for what adding up fractions has lost


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one model may be asked; ``None``: any amount.

    ``rpm`` and ``tpm`` are requests and tokens a minute; the buckets hold ``burst_requests`` and ``burst_tokens``
    (default: one second's worth, at least one request) and ``start`` full or empty. ``tokens`` says what a request
    takes: what it is ``billed``, or what it ``requested``: prompt and room for the reply. ``concurrency`` is the
    most requests at once. ``count_refused``: a refused request uses up one of the minute's as well. ``retry_after``
    says how a refusal tells the wait: in (decimal) ``seconds``, ``whole`` seconds, as a ``date``, or not at all.
    """

    rpm: float | None = None
    tpm: float | None = None
    burst_requests: float | None = None
    burst_tokens: float | None = None
    start: Literal["full", "empty"] = "full"
    tokens: Literal["billed", "requested"] = "billed"
    concurrency: int | None = None
    count_refused: bool = False
    retry_after: Literal["seconds", "whole", "date", "none"] = "seconds"
    headers: bool = True


@dataclass(slots=True)
class _Bucket:
    """A token bucket; its level may go below zero, and then nothing passes until that is made up for."""

    per_minute: float
    capacity: float
    level: float
    at_s: float

    def fill(self, now_s: float) -> None:
        self.level = min(self.capacity, self.level + (now_s - self.at_s) * self.per_minute / 60)
        self.at_s = now_s

    def wait_s(self, amount: float) -> float:
        """Return the seconds until ``amount`` is there; of more than it holds, until it is full."""
        missing = min(amount, self.capacity) - self.level
        return missing * 60 / self.per_minute if missing > _ROUNDING else 0.0


class Meter:
    """The buckets of one model. All times are seconds of one monotonic clock."""

    def __init__(self, limits: Limits, now_s: float) -> None:
        self.limits = limits
        self.requests = _bucket(limits.rpm, limits.burst_requests, now_s, empty=limits.start == "empty")
        self.tokens = _bucket(limits.tpm, limits.burst_tokens, now_s, empty=limits.start == "empty")

    def admit(self, prompt: int, room: int, under_way: int, now_s: float) -> Reply | None:
        """Take what a request costs, or return its refusal. ``under_way`` counts the requests with this one."""
        limits = self.limits
        amount = prompt if limits.tokens == "billed" else prompt + room
        if limits.tpm is not None and amount > limits.tpm:
            text = f"Request too large on tokens per min (TPM): Limit {limits.tpm:.0f}, Requested {amount}"
            return error(429, "rate_limit_exceeded", text)
        if limits.concurrency is not None and under_way > limits.concurrency:
            return error(429, "rate_limit_exceeded", f"Too many requests at once: Limit {limits.concurrency}")
        for bucket, cost, what in ((self.requests, 1, "requests"), (self.tokens, amount, "tokens")):
            if bucket is not None:
                bucket.fill(now_s)
                if wait_s := bucket.wait_s(cost):
                    self._count_refused()
                    return self._refusal(bucket, what, wait_s)
        self._take(1, amount)
        return None

    def spend(self, completion: int) -> None:
        """Take the tokens of a reply, where replies are limited by what is billed."""
        if self.limits.tokens == "billed":
            self._take(0, completion)

    def headers(self, now_s: float) -> dict[str, str]:
        """Return the headers that say where the limits stand."""
        found: dict[str, str] = {}
        if not self.limits.headers:
            return found
        for bucket, what in ((self.requests, "requests"), (self.tokens, "tokens")):
            if bucket is not None:
                bucket.fill(now_s)
                found[f"x-ratelimit-limit-{what}"] = f"{bucket.per_minute:.0f}"
                found[f"x-ratelimit-remaining-{what}"] = f"{max(0, math.floor(bucket.level))}"
                found[f"x-ratelimit-reset-{what}"] = _duration(bucket.wait_s(bucket.capacity))
        return found

    def _take(self, requests: float, tokens: float) -> None:
        for bucket, cost in ((self.requests, requests), (self.tokens, tokens)):
            if bucket is not None:
                bucket.level -= cost

    def _count_refused(self) -> None:
        if self.limits.count_refused and self.requests is not None:
            self.requests.level = max(self.requests.level - 1, -self.requests.capacity)

    def _refusal(self, bucket: _Bucket, what: str, wait_s: float) -> Reply:
        text = f"Rate limit reached on {what} per min: Limit {bucket.per_minute:.0f}. Try again in {_duration(wait_s)}"
        match self.limits.retry_after:
            case "seconds":
                told = f"{math.ceil(wait_s * 1000) / 1000:.3f}"
            case "whole":
                told = str(math.ceil(wait_s))
            case "date":
                told = format_datetime(datetime.now(UTC) + timedelta(seconds=math.ceil(wait_s) + 1), usegmt=True)
            case "none":
                return error(429, "rate_limit_exceeded", text)
        return error(429, "rate_limit_exceeded", text, retry_after=told)


def _bucket(per_minute: float | None, burst: float | None, now_s: float, *, empty: bool) -> _Bucket | None:
    if per_minute is None:
        return None
    capacity = max(1.0, per_minute / 60 if burst is None else burst)
    return _Bucket(per_minute, capacity, 0.0 if empty else capacity, now_s)


def _duration(seconds: float) -> str:
    """Return a time as the headers write it: ``120ms``, ``1.5s``, ``6m0s``."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}m{rest:.0f}s" if minutes else f"{rest:.3g}s"
