"""The ledger of a stand-in provider: what came, what was answered, what it cost, and what was paid for twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.servers.provider_wire import Transport

__all__ = ["Entry", "Ledger"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One request in the ledger.

    ``key`` is that of the request, ``questions`` those of the questions in it (several when a prompt is shared),
    ``answered`` those of them that got a usable answer. Tokens and ``money`` (US dollars) are what was billed.
    ``delivered``: the client was still there when the whole answer was sent. Times are seconds of the system's
    monotonic clock, which all processes of a machine share.
    """

    key: str
    last: str
    api_key: str
    status: int
    prompt_tokens: int
    completion_tokens: int
    model: str = ""
    money: Decimal = Decimal(0)
    questions: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    transport: Transport = "online"
    delivered: bool = True
    started_s: float = 0.0
    ended_s: float = 0.0


@dataclass
class Ledger:
    """What came and what it cost. ``calls`` counts requests for files and batches, which cost nothing."""

    entries: list[Entry] = field(default_factory=list[Entry])
    calls: dict[str, int] = field(default_factory=dict[str, int])

    def call(self, name: str) -> None:
        """Count a request that costs nothing: ``GET /v1/batches/{id}``."""
        self.calls[name] = self.calls.get(name, 0) + 1

    @property
    def requests(self) -> int:
        """All requests for answers, also those that were refused; each line of a batch is one."""
        return len(self.entries)

    @property
    def billed(self) -> list[Entry]:
        """The requests that cost money."""
        return [entry for entry in self.entries if entry.status == 200]

    @property
    def keys(self) -> list[str]:
        """The questions that were billed, one for each time."""
        return [key for entry in self.billed for key in entry.questions]

    @property
    def tokens(self) -> tuple[int, int]:
        """Prompt and completion tokens billed."""
        return sum(e.prompt_tokens for e in self.billed), sum(e.completion_tokens for e in self.billed)

    @property
    def money(self) -> Decimal:
        """US dollars billed, exact."""
        return sum((entry.money for entry in self.entries), Decimal(0))

    def asked(self, words: str) -> int:
        """Return how many requests had ``words`` in their question."""
        return sum(words in entry.last for entry in self.entries)

    def statuses(self) -> dict[int, int]:
        """Return how many requests ended with each status; 499: the client left before its answer was known."""
        return dict(sorted(Counter(entry.status for entry in self.entries).items()))

    def paid_twice(self, *, undelivered: bool = False) -> dict[str, int]:
        """Return questions that got more than one usable answer, with the number of answers.

        Answers that reached nobody (the client was killed, or hung up) count only if ``undelivered``.
        """
        got = Counter(key for e in self.entries if e.delivered or undelivered for key in e.answered)
        return {key: times for key, times in sorted(got.items()) if times > 1}

    def in_flight(self, at_s: float) -> list[Entry]:
        """Return the requests that were under way at a moment of the monotonic clock."""
        return [entry for entry in self.entries if entry.started_s <= at_s <= entry.ended_s]

    def summary(self) -> dict[str, Any]:
        """Return the figures without the entries, as plain JSON values."""
        prompt, completion = self.tokens
        return {
            "requests": self.requests,
            "billed": len(self.billed),
            "statuses": {str(status): times for status, times in self.statuses().items()},
            "questions": len(set(self.keys)),
            "answered": len({key for entry in self.entries for key in entry.answered}),
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "money": str(self.money),
            "paid_twice": len(self.paid_twice()),
            "paid_twice_undelivered": len(self.paid_twice(undelivered=True)),
            "calls": dict(sorted(self.calls.items())),
        }
