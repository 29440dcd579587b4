"""What asking came to, counted."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from decimal import Decimal

from extractors.llm.questions import Answer
from extractors.llm.replies import Usage
from kg.model import Failure

__all__ = ["AskerStats", "Counter", "Tokens"]


@dataclass
class AskerStats:
    """What was asked, counted in questions; tokens and money as billed, for replies that could not be used as well.

    ``live_s``: seconds spent waiting for the model, all threads together. ``requests`` are those sent, ``repeated``
    of them because an earlier one failed or could not be used; ``repaired`` replies could not be used and were asked
    for once more. ``unasked`` questions fell to the budget, which ``budget`` describes. ``money`` is ``None`` when a
    model that was asked has no price.
    """

    recorded: int = 0
    cached: int = 0
    live: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    live_s: float = 0.0
    unavailable: str = ""
    requests: int = 0
    repeated: int = 0
    unasked: int = 0
    budget: str = ""
    money: Decimal | None = Decimal()
    repaired: int = 0

    @property
    def asked(self) -> int:
        """All questions: answered or failed."""
        return self.recorded + self.cached + self.live + self.failed

    def __add__(self, other: AskerStats) -> AskerStats:
        total = AskerStats()
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, str):
                setattr(total, each.name, mine or theirs)
            else:
                setattr(total, each.name, None if mine is None or theirs is None else mine + theirs)
        return total


@dataclass
class Counter:
    """Counts into ``stats`` from several threads."""

    stats: AskerStats
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def outcomes(self, results: list[Answer | Failure]) -> None:
        """Count the outcome of every question; one that repeats another of the same list counts as cached."""
        seen: set[int] = set()
        with self._lock:
            for result in results:
                if isinstance(result, Failure):
                    self.stats.failed += 1
                    continue
                source = "cached" if result.source == "live" and id(result) in seen else result.source
                seen.add(id(result))
                setattr(self.stats, source, getattr(self.stats, source) + 1)

    def reply(self, usage: Usage, seconds: float, money: Decimal | None, *, tries: int) -> None:
        """Count one reply, usable or not, and the tries it took."""
        with self._lock:
            stats = self.stats
            stats.prompt_tokens += usage.prompt_tokens
            stats.completion_tokens += usage.completion_tokens
            stats.live_s += seconds
            stats.requests += tries
            stats.repeated += tries - 1
            stats.money = None if stats.money is None or money is None else stats.money + money

    def unasked(self, why: str) -> None:
        """Count a question that was not asked any more because of the budget."""
        with self._lock:
            self.stats.unasked += 1
            self.stats.budget = why

    def lost(self, tries: int) -> None:
        """Count requests that brought no reply."""
        with self._lock:
            self.stats.requests += tries
            self.stats.repeated += max(0, tries - 1)

    def repair(self) -> None:
        """Count a request made because the reply before it could not be used."""
        with self._lock:
            self.stats.repeated += 1
            self.stats.repaired += 1


@dataclass
class Tokens:
    """What answers cost when they were made, by model; an answer that several questions share counts once."""

    _seen: dict[int, Answer] = field(
        default_factory=dict[int, Answer]
    )  # holds them: an id is taken only while it lives
    _models: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def add(self, model: str, answers: Iterable[Answer | Failure]) -> None:
        """Count the answers of one model; failures have none."""
        total = self._models.setdefault(model, [0, 0, 0])
        for answer in answers:
            if isinstance(answer, Answer) and id(answer) not in self._seen:
                self._seen[id(answer)] = answer
                total[0] += 1
                total[1] += answer.prompt_tokens
                total[2] += answer.completion_tokens

    def by_model(self) -> dict[str, dict[str, int]]:
        """Return answers, prompt and completion tokens of every model that gave an answer."""
        names = ("answers", "prompt", "completion")
        return {model: dict(zip(names, total, strict=True)) for model, total in self._models.items() if total[0]}
