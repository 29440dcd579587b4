"""Questions for the batch interface, and what came of them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from extractors.llm.asker import Asker
from extractors.llm.batch_jobs import Asked
from extractors.llm.questions import Answer, Question, ReplyKind
from extractors.llm.tokens import Size
from kg.model import Failure
from tests.servers.provider import Provider

__all__ = ["batches", "interrupted", "kinds", "mixed", "question", "questions", "request"]


def question(words: str, reply: ReplyKind = "names", line: str = "") -> Question:
    """Return a question with these words, or one that may share its prompt."""
    options = ("vegan", "organic") if reply == "choices" else ()
    return Question(f"{words}{line}", reply, (("system", "Be brief."), ("user", words)), 60, options=options, line=line)


def questions(count: int) -> list[Question]:
    """Return questions about different things."""
    return [question(f"thing {number}?") for number in range(count)]


def mixed() -> list[Question]:
    """Return questions of every kind, some of which may share a prompt."""
    kinds: tuple[ReplyKind, ...] = ("names", "reason", "yes_no", "choices")
    alone = [question(f"thing {number}?", kind) for number in range(3) for kind in kinds]
    return alone + [question("What goes with these?\n{lines}", line=f"thing {number}") for number in range(7)]


def interrupted(asker: Asker, asked: list[Question], when: Callable[[], bool]) -> None:
    """Ask, and press Ctrl-C once something has happened."""
    over = threading.Event()

    def press() -> None:
        while not over.wait(0.005):
            if when():
                os.kill(os.getpid(), signal.SIGINT)
                return

    watcher = threading.Thread(target=press)
    watcher.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            asker.ask_all(asked)
    finally:
        over.set()
        watcher.join()


def batches(provider: Provider) -> int:
    """Return how many batches were made."""
    return len(provider.batches.batches)


def kinds(got: list[Answer | Failure]) -> list[str]:
    """Return what each outcome is: an answer, or a failure for a reason."""
    return [each.reason if isinstance(each, Failure) else "answer" for each in got]


def request(line: int, key: str, asked: Question) -> Asked:
    """Return one request of a job, to one question."""
    return Asked(line, ((key, asked),), {}, Size(9, 2))
