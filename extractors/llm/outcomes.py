"""What comes of questions, filed the same way whichever transport asked them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from extractors.llm.batch_collector import Collector
from extractors.llm.cache import AnswerCache
from extractors.llm.endpoint import Endpoint
from extractors.llm.keeper import Keeper
from extractors.llm.questions import Answer, Question
from extractors.llm.stats import Counter
from kg.model import Failure

__all__ = ["Outcomes"]


@dataclass
class Outcomes:
    """One list of questions at one endpoint; ``outcomes`` is filled for every key of ``missing``.

    ``collector`` knows the batches at the provider: some, of an earlier run, may hold questions of this one.
    """

    endpoint: Endpoint
    cache: AnswerCache
    owner: str
    keeper: Keeper
    collector: Collector
    counter: Counter
    stage: str
    per_prompt: int
    retry_dead: bool
    missing: Mapping[str, Question]
    outcomes: dict[str, Answer | Failure]
    progress: Callable[[int], None]

    def living(self) -> Sequence[str]:
        """Return the questions to ask: dead letters of earlier runs are failures at once, unless they are retried."""
        if self.retry_dead:
            self.cache.exhume(list(self.missing))
            return list(self.missing)
        dead = self.cache.dead(list(self.missing))
        for key, found in dead.items():
            self.fail(key, found.reason, found.detail)
        return [key for key in self.missing if key not in dead]

    def unask(self, key: str, why: str) -> None:
        """Let a question fail for want of budget."""
        self.counter.unasked(why)
        self.fail(key, "budget", why, retryable=True)

    def fail(self, key: str, reason: str, detail: str, *, retryable: bool = False) -> None:
        """Let a question fail."""
        self.settle(key, Failure(self.stage, self.missing[key].item, reason, detail, retryable))

    def settle(self, key: str, outcome: Answer | Failure) -> None:
        """Give a question its outcome."""
        self.outcomes[key] = outcome
        self.progress(1)
