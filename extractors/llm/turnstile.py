"""Threads pass one at a time, in the order they came, each when there is room for it."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable

__all__ = ["Turnstile", "Wait"]

Wait = Callable[[threading.Condition, float], object]
"""Blocks on a condition whose lock is held, for at most so many seconds."""

_LOOK_FIRST_S = 0.1
_LOOK_OTHERS_S = 1.0


def _wait(condition: threading.Condition, seconds: float) -> object:
    return condition.wait(seconds)


class Turnstile:
    """A lock with a queue. Use it as a context manager to hold the lock.

    Only the first in the queue looks at the clock, and at its ``stop`` every tenth of a second; when it leaves, it
    wakes the next. The others look once a second, in case theirs is another ``stop``.
    """

    def __init__(self, wait: Wait | None = None) -> None:
        self._lock = threading.Lock()
        self._queue: deque[threading.Condition] = deque()
        self._wait = wait or _wait

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def pass_when(self, room_in_s: Callable[[], float], stop: threading.Event) -> bool:
        """Wait, with the lock held, until ``room_in_s`` gives 0; ``False`` once ``stop`` is set.

        ``room_in_s`` gives the seconds after which to look again, infinite when only :meth:`changed` can help.
        """
        if stop.is_set():
            return False
        if not self._queue and room_in_s() <= 0:
            return True
        turn = threading.Condition(self._lock)
        self._queue.append(turn)
        try:
            while not stop.is_set():
                first = self._queue[0] is turn
                seconds = room_in_s() if first else math.inf
                if seconds <= 0:
                    return True
                self._wait(turn, min(seconds, _LOOK_FIRST_S if first else _LOOK_OTHERS_S))
            return False
        finally:
            self._queue.remove(turn)
            self.changed()

    @property
    def waiting(self) -> int:
        """How many are in the queue."""
        return len(self._queue)

    def changed(self) -> None:
        """Have the first in the queue look again; with the lock held."""
        if self._queue:
            self._queue[0].notify()
