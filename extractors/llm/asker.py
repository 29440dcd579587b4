"""Ask many questions: cached answers first, equal questions once, the rest concurrently, failures as records.

``asked = answered + failed``, always; a fault in one question never takes another's answer down with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from extractors.llm.batch import BatchRound
from extractors.llm.batch_collector import Collector
from extractors.llm.cache import AnswerCache
from extractors.llm.endpoint import Endpoint
from extractors.llm.keeper import Keeper
from extractors.llm.options import BatchOptions
from extractors.llm.questions import Answer, Question
from extractors.llm.rounds import Round
from extractors.llm.stats import AskerStats, Counter
from kg.model import Failure

__all__ = ["Asker"]


@dataclass
class Asker:
    """Answers lists of questions, from any number of threads; processes share the cache.

    ``owner`` is nobody else's name, and ``keeper`` keeps its leases. ``per_prompt`` questions with a line of their own
    may share a prompt. With ``retry_dead``, dead letters are asked again, each once. ``batch`` says whether they go to
    the batch interface.
    """

    endpoint: Endpoint
    cache: AnswerCache
    owner: str
    keeper: Keeper
    temperature: float = 0.0
    per_prompt: int = 1
    retry_dead: bool = False
    stage: str = "extract"
    batch: BatchOptions = field(default_factory=BatchOptions)
    stats: AskerStats = field(default_factory=AskerStats)

    def __post_init__(self) -> None:
        self._counter = Counter(self.stats)
        self._collector = Collector(self.endpoint, self.cache, self.owner, self._counter, self.batch)

    @property
    def model(self) -> str:
        """The name answers are filed under."""
        return self.endpoint.model

    def ask_all(
        self, questions: Sequence[Question], progress: Callable[[int], None] | None = None
    ) -> list[Answer | Failure]:
        """Return one answer or failure for each question, in order. Equal questions are asked once.

        Raises:
            ModelError: no question can be answered (wrong key, unknown model); answers so far are kept.
        """
        keys = [question.key(self.model) for question in questions]
        first: dict[str, Question] = {}
        for key, question in zip(keys, questions, strict=True):
            first.setdefault(key, question)
        outcomes: dict[str, Answer | Failure] = {**self.cache.get_many(list(first))}
        missing = {key: question for key, question in first.items() if key not in outcomes}
        if progress:
            progress(len(questions) - len(missing))
        try:
            if missing:
                self._round(missing, outcomes, progress).run()
        finally:
            self.stats.unavailable = self.endpoint.unavailable
            self._counter.outcomes([outcomes[key] for key in keys if key in outcomes])
        return [_about(question, outcomes[key]) for key, question in zip(keys, questions, strict=True)]

    def _round(
        self,
        missing: dict[str, Question],
        outcomes: dict[str, Answer | Failure],
        progress: Callable[[int], None] | None,
    ) -> Round | BatchRound:
        make = BatchRound if self.batch.enabled else Round
        return make(
            endpoint=self.endpoint,
            cache=self.cache,
            owner=self.owner,
            keeper=self.keeper,
            collector=self._collector,
            counter=self._counter,
            stage=self.stage,
            per_prompt=self.per_prompt,
            retry_dead=self.retry_dead,
            missing=missing,
            outcomes=outcomes,
            progress=progress or (lambda _: None),
        )


def _about(question: Question, outcome: Answer | Failure) -> Answer | Failure:
    """Return the outcome as that of ``question``: equal questions share an answer, but not their names."""
    return replace(outcome, item=question.item) if isinstance(outcome, Failure) else outcome
