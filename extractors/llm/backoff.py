"""How long to wait before the next try.

Full jitter: a pause drawn evenly from nothing to a ceiling that doubles with every try, so that clients which failed
together do not come back together. Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (2015).
"""

from __future__ import annotations

import random
from collections.abc import Callable

from extractors.llm.limits_options import LimitOptions

__all__ = ["next_try_s", "pause_s"]

_MAX_DOUBLINGS = 30


def pause_s(
    options: LimitOptions,
    failures: int,
    retry_after_s: float | None = None,
    draw: Callable[[], float] = random.random,
) -> float:
    """Return the seconds to wait after ``failures`` (1 or more) failed tries.

    What the endpoint asked for (``retry_after_s``) is the least, however long it is; ``max_pause_s`` caps only what
    doubling leads to. ``draw`` gives numbers in [0, 1).
    """
    ceiling = min(options.max_pause_s, options.pause_s * 2.0 ** min(failures - 1, _MAX_DOUBLINGS))
    return max(draw() * ceiling, retry_after_s or 0.0)


def next_try_s(
    options: LimitOptions,
    failures: int,
    since_first_s: float,
    retry_after_s: float | None = None,
    draw: Callable[[], float] = random.random,
) -> float | None:
    """Return the seconds until a question may be tried again, ``None`` when that would be after its deadline.

    ``since_first_s`` are the seconds since the question was first sent (0 or more).
    """
    pause = pause_s(options, failures, retry_after_s, draw)
    return pause if since_first_s + pause < options.deadline_s else None
