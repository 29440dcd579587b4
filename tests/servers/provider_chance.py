"""What happens to a request by seeded chance: how long its answer takes, and whether it meets a fault."""

from __future__ import annotations

import math
from itertools import accumulate, count
from statistics import NormalDist
from typing import Literal

import msgspec

from tests.servers.provider_answers import unit
from tests.servers.provider_replies import reply_of

__all__ = ["Faults", "Latency"]

_MIX = {"rate limit": 1.0, "rate limit, wait": 1.0, "server error": 1.0, "overloaded": 1.0, "reset": 1.0}


class Latency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds until the answer.

    ``fixed``: ``seconds``; ``uniform``: between ``seconds`` and ``seconds + spread``; ``lognormal``: with the median
    ``seconds`` and the standard deviation ``spread`` of its logarithm. Never more than ``most_s``.
    """

    kind: Literal["fixed", "uniform", "lognormal"] = "fixed"
    seconds: float = 0.0
    spread: float = 0.0
    most_s: float = math.inf

    def draw(self, chance: float) -> float:
        """Return the seconds that belong to ``chance``, a number in [0, 1)."""
        match self.kind:
            case "fixed":
                seconds = self.seconds
            case "uniform":
                seconds = self.seconds + self.spread * chance
            case "lognormal":
                seconds = self.seconds * math.exp(self.spread * NormalDist().inv_cdf(max(chance, 1e-12)))
        return min(seconds, self.most_s)


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Faults for a ``share`` (0..1) of the requests, by the weights of ``mix``.

    Whether a request meets one depends on the seed, its question and how often that was asked, not on the order in
    which requests come. After ``most_per_question`` faults a question is answered (``None``: no such promise).
    """

    share: float
    mix: dict[str, float] = msgspec.field(default_factory=lambda: dict(_MIX))
    most_per_question: int | None = None

    def __post_init__(self) -> None:
        for name in self.mix:
            try:
                reply_of(name)
            except KeyError:
                raise ValueError(f"there is no fault called {name!r}") from None

    def pick(self, seed: int, key: str, time: int) -> str | None:
        """Return the fault that a question meets when it is asked for the ``time``-th time (0-based), if any."""
        if not self._strikes(seed, key, time):
            return None
        before = 0 if self.most_per_question is None else sum(self._strikes(seed, key, each) for each in range(time))
        if self.most_per_question is not None and before >= self.most_per_question:
            return None
        sums = list(accumulate(self.mix.values()))
        drawn = unit(seed, key, time, "which") * sums[-1]
        return next(name for name, top in zip(self.mix, sums, strict=True) if drawn < top)

    def before_answer(self, seed: int, key: str) -> int:
        """Return how many requests for a question meet a fault before one does not, whoever sends them."""
        return next(time for time in count() if self.pick(seed, key, time) is None)

    def _strikes(self, seed: int, key: str, time: int) -> bool:
        return unit(seed, key, time, "fault") < self.share
