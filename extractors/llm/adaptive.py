"""How fast to ask: buckets for limits that are known, a learned rate for those that are not, a window of concurrency.

Pure arithmetic over times that are handed in (seconds of any one clock); :mod:`extractors.llm.limiter` adds threads.

- A limit that is known is paced evenly: providers apply a limit of 60 a minute as one a second (OpenAI: "Rate limits").
  What was not used is kept in a reserve of some seconds and given back as a slightly higher pace, never as a burst; a
  new bucket begins with such a reserve, so that the latency of the first and last replies is made up for.
- A refusal (429) within known limits is isolated until others follow: it costs its own question a pause and no one
  else. Once refusals are serious everything pauses, as long as the endpoint asked for, and the buckets are empty.
- Where limits are not known, or turn out to be wrong, a request rate is learned. When the endpoint refuses, its bucket
  is empty; what it granted between two such moments, divided by the time between them, is its rate. From a little
  below that the rate rises again, slowly at first, then faster, with the cube of what went well (as TCP CUBIC does,
  RFC 9438).
- Faults (5xx, resets, time-outs) in a row halve the window and pause everything; it opens again by one for each
  success up to half of where it stood, then by one for each round (RFC 5681, slow start and congestion avoidance).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Bucket", "LearnedRate", "Share", "Window"]

_EVEN_S = 0.25  # a bucket holds this much of its rate beside one request: threads do not wake to the millisecond
_FIRST_RESERVE_S = 3.0
_RESERVE_S = 10.0
_BOOST = 0.1
_RETURNED = 0.8
_NEARLY = 1e-6


@dataclass(slots=True)
class Bucket:
    """A known limit, in requests or tokens. ``rate`` is per second."""

    rate: float
    at: float
    reserve: float
    level: float = 0.0
    biggest: float = 0.0

    @classmethod
    def of(cls, per_minute: float, now: float) -> Bucket:
        """Return a bucket for a limit that came to be known at ``now``."""
        return cls(per_minute / 60, now, per_minute / 60 * _FIRST_RESERVE_S)

    def wait_s(self, now: float, amount: float) -> float:
        """Return the seconds until ``amount`` may be taken; the first may at once."""
        if not self.biggest:
            return 0.0
        self.biggest = max(self.biggest, amount)
        self._fill(now)
        lacking = amount - self.level
        if lacking <= _NEARLY * amount:
            return 0.0
        faster = lacking / (self.rate * (1 + _BOOST))
        return faster if self.reserve >= faster * self.rate * _BOOST else (lacking - self.reserve) / self.rate

    def take(self, now: float, amount: float) -> None:
        """Take ``amount``, whether it is there or not."""
        self._fill(now)
        self.biggest = max(self.biggest, amount)
        self.level -= amount

    def give(self, amount: float) -> None:
        """Give back what was taken too much (negative: too little)."""
        self.level += amount

    def refused(self, amount: float) -> None:
        """Note that the endpoint refused what was taken: probably it did not count it, and we were a little early."""
        self.reserve = (self.reserve + amount) * _RETURNED

    def empty(self, now: float, amount: float) -> None:
        """Note that the endpoint has nothing left; ``amount`` is kept as a margin."""
        self._fill(now)
        self.level = min(self.level, -amount)
        self.reserve = 0.0

    def left(self, now: float, remaining: float) -> None:
        """Note what the endpoint says is left."""
        self._fill(now)
        self.level = min(self.level, remaining + self.biggest)  # what is told is rounded, and a moment old
        self.reserve = min(self.reserve, remaining)

    def limit(self, now: float, per_minute: float) -> None:
        """Change the limit."""
        self._fill(now)
        self.rate = per_minute / 60

    def _fill(self, now: float) -> None:
        fresh = max(0.0, now - self.at) * self.rate
        boost = min(self.reserve, fresh * _BOOST)
        self.at = max(self.at, now)
        self.level += fresh + boost
        over = max(0.0, self.level - max(self.biggest, self.rate * _EVEN_S))
        self.level -= over
        self.reserve = min(self.rate * _RESERVE_S, self.reserve - boost + over)


_IDLE_S = 5.0
_ENOUGH = 20  # grants between two refusals, for their rate to mean something
_BELOW = 0.95
_A_LITTLE_BELOW = 0.98
_FIRST_RATE = 16.0
_STORE_S = 1.0
_LEAST_GUESS = 8.0
_LEAST_RATE = 1 / 60
_DOUBLES_AFTER = 8  # requests, while the rate is a guess
_RISES_OVER = 200  # requests, and no less than
_RISES_OVER_S = 20.0
_ODD, _ODD_SHARE = 3, 0.02
_BACK_AT = 0.37  # of that rise, where the rate is what was granted: (1 / _BELOW - 1) ** (1 / 3)


@dataclass(slots=True)
class LearnedRate:
    """Requests per second that an endpoint of unknown limits grants.

    It begins as a guess that doubles quickly: an endpoint that has had enough says so at once, long before the first
    answers are ready.
    """

    base: float = _FIRST_RATE
    guessed: bool = True
    rising: int = 0
    rising_since: float = 0.0
    granted: int = 0
    counted: int = 0
    below: int = 0
    odd: int = 0
    since: float = 0.0
    since_refusal: bool = False
    next_at: float = -math.inf
    last_at: float = -math.inf

    @property
    def is_free(self) -> bool:
        """Whether there is nothing to keep to."""
        return self.base == math.inf

    def free(self) -> None:
        """Keep to nothing: limits are known, and there is no sign that they are wrong."""
        self.base, self.guessed = math.inf, True

    def rate(self, now: float) -> float:
        """Return the present rate."""
        if self.guessed:
            return self.base * 2.0 ** min(self.rising / _DOUBLES_AFTER, 20.0)
        return self.base * (1 + self._risen(now) ** 3)

    def wait_s(self, now: float) -> float:
        """Return the seconds until the next request."""
        return 0.0 if self.is_free else max(0.0, self.next_at - now)

    def take(self, now: float) -> None:
        """Note a request. After a time without any, earlier grants tell nothing about the endpoint's bucket."""
        if now - self.last_at > _IDLE_S + 1 / self.base:
            self.since, self.since_refusal, self.granted = now, False, 0
            self.guessed, self.next_at = True, now
        self.last_at = now
        self.granted += 1
        self.below += self.is_below(now)
        self.rising += 1
        if not self.is_free:
            self.next_at = max(self.next_at, now - _EVEN_S) + 1 / self.rate(now)

    def refused(self) -> None:
        """Take back a request that was refused."""
        self.granted = max(0, self.granted - 1)

    def refused_late(self) -> None:
        """Take back a request that counted as granted when the rate was learned."""
        if self.counted > 1 and not self.is_free:
            self.base = max(_LEAST_RATE, self.base * (self.counted - 1) / self.counted)
            self.counted -= 1
        if self.since < self.rising_since:
            self.refused()

    def is_below(self, now: float) -> bool:
        """Whether no more is asked than was granted before."""
        return not self.guessed and self._risen(now) < _BACK_AT

    def refused_below(self) -> None:
        """Note an isolated refusal of what was granted before; after some, the rate cannot be what they are about."""
        self.odd += 1
        if self.is_beside_the_point:
            self.guessed, self.rising = True, 0

    @property
    def is_beside_the_point(self) -> bool:
        """Whether refusals come, now and then, however little is asked."""
        return self.odd >= _ODD and self.odd >= _ODD_SHARE * self.below

    def mark(self, now: float) -> None:
        """Note that the endpoint's bucket is empty now, without drawing a conclusion."""
        self.since, self.since_refusal, self.granted = now, True, 0

    def learn(self, now: float, *, least: float = _LEAST_RATE) -> None:
        """Lower the rate to what was granted since the last refusal, and a little less; not below ``least``."""
        most, elapsed, granted = self.rate(now), now - self.since, max(self.granted, 1)
        if not self.since_refusal:  # the endpoint may have had some in store
            self.base, self.guessed = max(_LEAST_GUESS, min(most, granted / (elapsed + _STORE_S)) / 2), True
            self.counted = 0
            self.mark(now)
        else:
            self.base = max(min(least, most), min(most, _BELOW * granted / max(elapsed, 1e-3)))
            self.counted = self.granted
            if self.granted >= _ENOUGH:
                self.guessed = False
                self.mark(now)
        self.rising, self.rising_since = 0, now
        self.below = self.odd = 0
        self.next_at = now

    def learn_a_little(self, now: float) -> None:
        """As :meth:`learn`, after a refusal that came when more was asked than was granted before."""
        self.learn(now, least=_LEAST_RATE if self.guessed else self.base * _A_LITTLE_BELOW)

    def free_if_above(self, now: float, rate: float) -> None:
        """Keep to nothing once more than ``rate`` would be allowed."""
        if not self.is_free and not self.guessed and self.rate(now) >= rate:
            self.free()

    def _risen(self, now: float) -> float:
        return min(self.rising / _RISES_OVER, (now - self.rising_since) / _RISES_OVER_S)


@dataclass(slots=True)
class Window:
    """How many requests may be under way; never less than 1, never more than ``most``."""

    most: int
    size: float
    brisk_up_to: float

    def opened(self) -> None:
        """Open after a success."""
        step = 1.0 if self.size < self.brisk_up_to else 1 / self.size
        self.size = min(float(self.most), self.size + step)

    def halved(self, *, again: bool) -> None:
        """Close by half after faults; ``again``: nothing has succeeded since the last time."""
        if not again:
            self.brisk_up_to = max(1.0, self.size / 2)
        self.size = max(1.0, self.size / 2)


_WEIGHT = 1 / 16
_SOME = 0.15


@dataclass(slots=True)
class Share:
    """The share of recent requests that ended badly; counted against those issued, as good ends take longer."""

    serious_at: float
    value: float = 0.0
    at: int = 0

    def bad(self, issued: int) -> None:
        """Count one, when so many requests were issued in all."""
        self.value = self.value * (1 - _WEIGHT) ** (issued - self.at) + _WEIGHT
        self.at = issued

    @property
    def serious(self) -> bool:
        """Whether this is more than chance."""
        return self.value > self.serious_at

    @property
    def low(self) -> bool:
        """Whether there are hardly any: not two or three close together."""
        return self.value < _SOME
