"""Ask many questions: cached answers first, equal questions once, the rest concurrently, failures as records.

``asked = answered + failed``, always; a fault in one question never takes another's answer down with it.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace

from extractors.llm.cache import AnswerCache, RecordedAnswer
from extractors.llm.client import BadReply, Client, Refused, TemporarilyUnavailable
from extractors.llm.questions import Answer, Question
from kg.errors import ModelUnavailable
from kg.model import Failure

__all__ = ["Asker", "AskerStats", "Connect"]

log = logging.getLogger(__name__)

Connect = Callable[[], Client]
"""Makes the client when the first question has no cached answer.

Raises:
    ModelUnavailable: there is no model; the questions become retryable failures.
"""


@dataclass
class AskerStats:
    """What was asked, counted in questions; ``live_s``: seconds spent waiting for the model, all threads together."""

    recorded: int = 0
    cached: int = 0
    live: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    live_s: float = 0.0
    unavailable: str = ""

    @property
    def asked(self) -> int:
        """All questions: answered or failed."""
        return self.recorded + self.cached + self.live + self.failed


@dataclass(frozen=True, slots=True)
class _Round:
    """One call of :meth:`Asker.ask_all`: whom its threads ask, what came, and whether to give up."""

    client: Client
    outcomes: dict[str, Answer | Failure]
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass
class Asker:
    """Answers lists of questions. Not to be shared between processes; the cache is."""

    model: str
    connect: Connect
    cache: AnswerCache
    temperature: float = 0.0
    max_concurrency: int = 4
    max_tries: int = 4
    stage: str = "extract"
    stats: AskerStats = field(default_factory=AskerStats)
    _client: Client | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

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
        outcomes: dict[str, Answer | Failure] = {}
        for key in first:
            if (hit := self.cache.get(key)) is not None:
                outcomes[key] = hit
        missing = {key: question for key, question in first.items() if key not in outcomes}
        if progress:
            progress(len(questions) - len(missing))
        try:
            self._ask_missing(missing, outcomes, progress)
        finally:
            self._count([outcomes[key] for key in keys if key in outcomes])
        return [_about(question, outcomes[key]) for key, question in zip(keys, questions, strict=True)]

    def _ask_missing(
        self,
        missing: dict[str, Question],
        outcomes: dict[str, Answer | Failure],
        progress: Callable[[int], None] | None,
    ) -> None:
        """Ask concurrently and put what comes into ``outcomes``; the first ModelError calls the others off."""
        if not missing:
            return
        client = self._connected()
        if client is None:
            why = self.stats.unavailable
            outcomes |= {key: self._failure(q, "no model", why, retryable=True) for key, q in missing.items()}
            if progress:
                progress(len(missing))
            return
        round_ = _Round(client, outcomes)
        with ThreadPoolExecutor(self.max_concurrency, thread_name_prefix="ask") as pool:
            futures = [pool.submit(self._ask_one, round_, key, question) for key, question in missing.items()]
            try:
                for future in as_completed(futures):
                    future.result()
                    if progress:
                        progress(1)
            except BaseException:
                round_.stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _connected(self) -> Client | None:
        """Return the client, made at the first call; ``None``, from then on, when there is no model."""
        with self._lock:
            if self._client is None and not self.stats.unavailable:
                try:
                    self._client = self.connect()
                except ModelUnavailable as error:
                    self.stats.unavailable = str(error)
            return self._client

    def _ask_one(self, round_: _Round, key: str, question: Question) -> None:
        """Try until there is an answer, a reason why there cannot be one, no tries are left or the round stops."""
        reason = ""
        for attempt in range(self.max_tries):
            started = time.monotonic()
            try:
                answer = round_.client.ask(question)
            except TemporarilyUnavailable as error:
                reason = str(error)
                log.warning("%s: %s (try %d of %d)", question.item, reason, attempt + 1, self.max_tries)
                if attempt + 1 < self.max_tries and round_.stop.wait(_pause(attempt, error.retry_after_s)):
                    break
            except BadReply as error:
                round_.outcomes[key] = self._failure(question, "bad reply", str(error))
                return
            except Refused as error:
                round_.outcomes[key] = self._failure(question, "refused", str(error))
                return
            else:
                self.cache.put(RecordedAnswer(key, self.model, question.item, answer))
                round_.outcomes[key] = answer
                with self._lock:
                    self.stats.live_s += time.monotonic() - started
                return
        round_.outcomes[key] = self._failure(question, "no answer", reason, retryable=True)

    def _failure(self, question: Question, reason: str, detail: str, *, retryable: bool = False) -> Failure:
        return Failure(self.stage, question.item, reason, detail, retryable)

    def _count(self, results: list[Answer | Failure]) -> None:
        """Count every question; one that repeats another of the same call counts as cached."""
        seen: set[int] = set()
        with self._lock:
            for result in results:
                if isinstance(result, Failure):
                    self.stats.failed += 1
                    continue
                source = "cached" if result.source == "live" and id(result) in seen else result.source
                seen.add(id(result))
                setattr(self.stats, source, getattr(self.stats, source) + 1)
                if source == "live":
                    self.stats.prompt_tokens += result.prompt_tokens
                    self.stats.completion_tokens += result.completion_tokens


def _about(question: Question, outcome: Answer | Failure) -> Answer | Failure:
    """Return the outcome as that of ``question``: equal questions share an answer, but not their names."""
    return replace(outcome, item=question.item) if isinstance(outcome, Failure) else outcome


def _pause(attempt: int, retry_after_s: float | None) -> float:
    """Return seconds to wait: what the endpoint asked for, else exponential with full jitter, at most a minute."""
    if retry_after_s is not None:
        return min(retry_after_s, 60.0)
    return random.uniform(0, min(60.0, 0.5 * 2**attempt))  # noqa: S311 - jitter, not a secret
