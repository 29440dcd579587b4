"""Answers, dead letters and a clock for the tests of the answer cache, and processes that use it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

from extractors.llm.cache import DeadLetter, RecordedAnswer
from extractors.llm.questions import Answer

__all__ = ["DAY_S", "MILK", "SURE", "Clock", "go", "letter", "python", "recorded"]

ROOT = Path(__file__).parents[2]
MILK = Answer(names=("milk", "crème fraîche"), prompt_tokens=7, completion_tokens=3)
SURE = Answer(yes=0.9731, prompt_tokens=5, completion_tokens=1)
DAY_S = 86_400
_IMPORTS = """
import os, sys, time
from pathlib import Path
from extractors.llm.cache import AnswerCache, DeadLetter, RecordedAnswer
from extractors.llm.leases import owner_name
from extractors.llm.questions import Answer
from extractors.llm.replies import Usage
"""


@dataclass
class Clock:
    """Seconds since 1970, moved by hand."""

    now: float = 20_000.0 * DAY_S

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def recorded(key: str, answer: Answer = MILK, item: str = "tea", model: str = "m") -> RecordedAnswer:
    """Return an answer as it is exported."""
    return RecordedAnswer(key, model, item, answer)


def letter(key: str, reply: str = "{", model: str = "m") -> DeadLetter:
    """Return a question without an answer."""
    return DeadLetter(key, model, f"item of {key}", "bad reply", "not the schema", reply, 2)


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a process of ours with ``code``; the names of the cache's rooms are imported."""
    command = [sys.executable, "-c", _IMPORTS + textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, cwd=ROOT)


def go(process: subprocess.Popen[str]) -> None:
    """Send a process that waits for a line its sign."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
