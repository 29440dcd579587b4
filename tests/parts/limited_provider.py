"""A discrete-event simulation: a provider with token buckets, latency and faults, and callers that keep to a pace."""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from extractors.llm.backoff import pause_s
from extractors.llm.limits_options import LimitOptions
from extractors.llm.pace import Pace, Sent


@dataclass(frozen=True)
class Provider:
    """What the provider allows, and how it fails. Buckets hold ``holds_s`` seconds of their rate."""

    rpm: float | None = None
    tpm: float | None = None
    holds_s: float = 60.0
    starts_full: bool = True
    headers: bool = False
    retry_after: bool = False
    latency_s: float = 1.0
    spread: float = 0.0
    faults: float = 0.0
    down: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Work:
    """What the caller does, and what it knows. Each of ``threads`` stays with a question until it is answered."""

    calls: int = 2000
    concurrency: int = 64
    threads: int = 128
    rpm: int | None = None
    tpm: int | None = None
    room: int = 300
    prompt: int = 200
    reply: int = 100


@dataclass
class Outcome:
    """``wall_s`` until the last answer; ``ideal_s`` by the limits; ``sent`` and ``refused`` requests, by time."""

    wall_s: float
    ideal_s: float
    sent: list[float] = field(default_factory=list)
    refused: int = 0
    injected: int = 0

    @property
    def ratio(self) -> float:
        """Wall time by ideal time."""
        return self.wall_s / self.ideal_s

    @property
    def refused_share(self) -> float:
        """Requests refused for being too many, of all."""
        return self.refused / len(self.sent)


class _Level:
    def __init__(self, per_minute: float | None, provider: Provider) -> None:
        self.rate = math.inf if per_minute is None else per_minute / 60
        self.most = math.inf if per_minute is None else max(1.0, self.rate * provider.holds_s)
        self.level = self.most if provider.starts_full else 0.0 if per_minute else math.inf
        self.at = 0.0

    def lacks_s(self, now: float, amount: float) -> float:
        if self.rate < math.inf:
            self.level = min(self.most, self.level + (now - self.at) * self.rate)
        self.at = now
        return 0.0 if self.level >= min(amount, self.most) else (min(amount, self.most) - self.level) / self.rate


class Simulation:
    """Runs ``work`` against ``provider``; everything random comes from ``seed``."""

    def __init__(self, provider: Provider, work: Work, seed: int = 1) -> None:
        self.provider, self.work = provider, work
        self.random = random.Random(seed)
        options = LimitOptions(requests_per_minute=work.rpm, tokens_per_minute=work.tpm)
        self.options = options
        self.pace = Pace(options, work.concurrency, self.random.random)
        self.requests, self.tokens = _Level(provider.rpm, provider), _Level(provider.tpm, provider)
        self.now, self.order = 0.0, 0
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.queue: deque[int] = deque([1] * min(work.threads, work.calls))
        self.left = work.calls - len(self.queue)
        self.outcome = Outcome(0.0, self._ideal())
        self.answered = 0
        self.wake_at = math.inf

    def run(self) -> Outcome:
        """Run until everything is answered."""
        self._dispatch()
        while self.events:
            self.now, _, event = heapq.heappop(self.events)
            event()
            self._dispatch()
        assert self.answered == self.work.calls
        assert self.pace.under_way == 0
        return self.outcome

    def _ideal(self) -> float:
        work, provider = self.work, self.provider
        tokens = work.calls * (work.prompt + work.reply)
        return max(
            work.calls / (provider.rpm or math.inf) * 60,
            tokens / (provider.tpm or math.inf) * 60,
            work.calls * provider.latency_s / work.concurrency,
        )

    def _at(self, seconds: float, event: Callable[[], None]) -> None:
        self.order += 1
        heapq.heappush(self.events, (self.now + seconds, self.order, event))

    def _dispatch(self) -> None:
        tokens = self.work.prompt + self.work.room
        while self.queue:
            wait = self.pace.wait_s(self.now, tokens)
            if wait > 0:
                if self.now + wait < self.wake_at - 1e-9:
                    self.wake_at = self.now + wait
                    self._at(wait, partial(self._wake, self.wake_at))
                return
            tries = self.queue.popleft()
            sent = self.pace.send(self.now, tokens)
            self.outcome.sent.append(self.now)
            self._at(self.random.uniform(0.005, 0.02), partial(self._arrive, sent, tries))

    def _wake(self, due: float) -> None:
        if due == self.wake_at:
            self.wake_at = math.inf

    def _arrive(self, sent: Sent, tries: int) -> None:
        back_s, kind = self.random.uniform(0.005, 0.02), self.random.random()
        actual = self.work.prompt + round(self.work.reply * self.random.uniform(0.5, 1.5))
        down = self.provider.down[0] <= self.now < self.provider.down[1]
        if down:
            self._at(back_s, lambda: self._failed(sent, tries))
        elif kind < self.provider.faults / 2:
            told = 1.0 if kind < self.provider.faults / 4 else None
            self.outcome.injected += 1
            self._at(back_s, lambda: self._limited(sent, tries, told))
        elif lacks := max(self.requests.lacks_s(self.now, 1), self.tokens.lacks_s(self.now, actual)):
            self.outcome.refused += 1
            told = math.ceil(lacks) if self.provider.retry_after else None
            self._at(back_s, lambda: self._limited(sent, tries, told))
        else:
            self.requests.level -= 1
            self.tokens.level -= actual
            self._accept(sent, tries, actual, kind)

    def _accept(self, sent: Sent, tries: int, actual: int, kind: float) -> None:
        latency = self.provider.latency_s * math.exp(self.provider.spread * self.random.gauss(0, 1))
        headers = self._headers()
        if kind < self.provider.faults:
            self._at(latency * self.random.random(), lambda: self._failed(sent, tries))
        else:
            self._at(latency, lambda: self._done(sent, actual, headers))

    def _headers(self) -> dict[str, str]:
        told: dict[str, str] = {}
        for what, level in (("requests", self.requests), ("tokens", self.tokens)):
            if self.provider.headers and level.rate < math.inf:
                told[f"x-ratelimit-limit-{what}"] = f"{level.rate * 60:.0f}"
                told[f"x-ratelimit-remaining-{what}"] = f"{max(0, math.floor(level.level))}"
                told[f"x-ratelimit-reset-{what}"] = f"{(level.most - level.level) / level.rate:.3f}s"
        return told

    def _done(self, sent: Sent, tokens: int, headers: dict[str, str]) -> None:
        self.pace.observe(self.now, headers)
        self.pace.done(sent, tokens)
        self.answered += 1
        self.outcome.wall_s = self.now
        if self.left:
            self.left -= 1
            self.queue.append(1)

    def _limited(self, sent: Sent, tries: int, retry_after_s: float | None) -> None:
        self.pace.observe(self.now, self._headers())
        self.pace.limited(self.now, sent, retry_after_s)
        self._again(tries, retry_after_s)

    def _failed(self, sent: Sent, tries: int) -> None:
        self.pace.failed(self.now, sent, None)
        self._again(tries, None)

    def _again(self, tries: int, retry_after_s: float | None) -> None:
        pause = pause_s(self.options, tries, retry_after_s, self.random.random)
        self._at(pause, lambda: self.queue.append(tries + 1))
