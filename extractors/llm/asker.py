"""Ask many questions: cached answers first, equal questions once, the rest concurrently, failures as records.

``asked = answered + failed``, always; a fault in one question never takes another's answer down with it.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

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
        first = dict(zip(reversed(keys), reversed(questions), strict=True))
        outcomes: dict[str, Answer | Failure] = {}
        for key in first:
            if (hit := self.cache.get(key)) is not None:
                outcomes[key] = hit
        missing = [(key, question) for key, question in reversed(first.items()) if key not in outcomes]
        if progress:
            progress(len(questions) - len(missing))
        outcomes.update(self._ask_missing(missing, progress))
        results = [outcomes[key] for key in keys]
        self._count(results)
        return results

    def _ask_missing(
        self, missing: list[tuple[str, Question]], progress: Callable[[int], None] | None
    ) -> dict[str, Answer | Failure]:
        if not missing:
            return {}
        client = self._connected()
        if client is None:
            reason = self.stats.unavailable
            return {key: self._failure(question, "no model", reason, retryable=True) for key, question in missing}
        outcomes: dict[str, Answer | Failure] = {}
        with ThreadPoolExecutor(self.max_concurrency, thread_name_prefix="ask") as pool:
            futures = {key: pool.submit(self._ask_one, client, key, question) for key, question in missing}
            try:
                for key, future in futures.items():
                    outcomes[key] = future.result()
                    if progress:
                        progress(1)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return outcomes

    def _connected(self) -> Client | None:
        """Return the client, made at the first call; ``None``, from then on, when there is no model."""
        with self._lock:
            if self._client is None and not self.stats.unavailable:
                try:
                    self._client = self.connect()
                except ModelUnavailable as error:
                    self.stats.unavailable = str(error)
            return self._client

    def _ask_one(self, client: Client, key: str, question: Question) -> Answer | Failure:
        """Try until there is an answer, a reason why there cannot be one, or no tries are left."""
        reason = ""
        for attempt in range(self.max_tries):
            started = time.monotonic()
            try:
                answer = client.ask(question)
            except TemporarilyUnavailable as error:
                reason = str(error)
                log.warning("%s: %s (try %d of %d)", question.item, reason, attempt + 1, self.max_tries)
                if attempt + 1 < self.max_tries:
                    time.sleep(_pause(attempt, error.retry_after_s))
            except BadReply as error:
                return self._failure(question, "bad reply", str(error))
            except Refused as error:
                return self._failure(question, "refused", str(error))
            else:
                self.cache.put(RecordedAnswer(key, self.model, question.item, answer))
                with self._lock:
                    self.stats.live_s += time.monotonic() - started
                return answer
        return self._failure(question, "no answer", reason, retryable=True)

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


def _pause(attempt: int, retry_after_s: float | None) -> float:
    """Return seconds to wait: what the endpoint asked for, else exponential with full jitter, at most a minute."""
    if retry_after_s is not None:
        return min(retry_after_s, 60.0)
    return random.uniform(0, min(60.0, 0.5 * 2**attempt))  # noqa: S311 - jitter, not a secret
