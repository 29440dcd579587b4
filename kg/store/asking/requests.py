"""What a question asks of whoever runs it. A question does no input or output itself, so one text serves all callers.

A :data:`Question` is a generator: it yields requests, is sent what they gave, and returns its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kg.store.driver import Row

__all__ = ["Question", "Read", "Request", "Work", "read", "work"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Read:
    """The rows of ``cypher/<name>.cypher``."""

    name: str
    parameters: Row = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Work:
    """What ``run`` returns: it takes long enough, once a process, to keep it off an event loop."""

    run: Callable[[], object]


Request = Read | Work
Question = Generator[Request, Any, T]


def read(name: str, **parameters: object) -> Question[list[Row]]:
    """Return the rows of the look-up ``name``."""
    rows: list[Row] = yield Read(f"lookup/{name}", parameters)
    return rows


def work(run: Callable[[], T]) -> Question[T]:
    """Return what ``run`` returns."""
    done: T = yield Work(run)
    return done
