"""A process that asks a provider a list of questions through the real asker; :mod:`bench.extraction` starts it.

Run with ``python -m bench.asking JSON``; prints what came of it as one JSON line.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractors.llm.options import ModelOptions
from extractors.llm.questions import Question
from extractors.llm.session import open_asker
from kg.model import Failure

__all__ = ["Asked", "main", "questions"]

_SYSTEM = "You know what shops sell. You answer with short generic product names as JSON: no brands, no explanations."
_AT_ONCE = 2_000  # what a shard of the extraction asks in one step


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be asked: ``count`` distinct questions from number ``first`` on, with which model options."""

    answers: str
    count: int
    options: dict[str, Any]
    first: int = 0


def questions(first: int, count: int) -> list[Question]:
    """Return distinct questions about invented products."""
    return [
        Question(
            item=f"COMPLEMENTS: product {number} [names]",
            reply="names",
            messages=(("system", _SYSTEM), ("user", f"A shopper has product {number} in the cart. What is missing?")),
            max_tokens=160,
        )
        for number in range(first, first + count)
    ]


def main() -> None:
    """Ask, and print wall and CPU seconds of the asking, peak memory, and the counts."""
    asked = Asked(**json.loads(sys.argv[1]))
    failed = 0
    with open_asker(ModelOptions.model_validate(asked.options), Path(asked.answers)) as asker:
        asker.endpoint.ready()  # importing and connecting cost the same whatever is asked
        asker.ask_all(questions(10**9 + asked.first, 1))
        wall, cpu = time.perf_counter(), time.process_time()
        for start in range(0, asked.count, _AT_ONCE):
            batch = questions(asked.first + start, min(_AT_ONCE, asked.count - start))
            failed += sum(isinstance(each, Failure) for each in asker.ask_all(batch))
        took = time.perf_counter() - wall, time.process_time() - cpu
        stats = asker.stats
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
    counts = {"live": stats.live, "cached": stats.cached, "failed": failed, "requests": stats.requests}
    print(json.dumps({"wall_s": took[0], "cpu_s": took[1], "rss_mb": peak, **counts}))


if __name__ == "__main__":
    main()
