"""What a comparison has asked a model live, and how that went: added up over its runs, as nothing is asked twice."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from extractors.llm.asker import Asker
from kg.records import atomic_path, from_json, to_json

__all__ = ["Live", "read_live", "watched"]


@dataclass(frozen=True, slots=True)
class Live:
    """Questions: ``live`` were answered, ``mended`` of them at the second asking; ``buried`` became dead letters.

    ``live_s``: seconds spent waiting for the model, all threads together.
    """

    live: int = 0
    mended: int = 0
    buried: int = 0
    live_s: float = 0.0


def read_live(file: Path) -> Live:
    """Return what was added up so far."""
    return from_json(file.read_bytes(), Live) if file.is_file() else Live()


@contextmanager
def watched(asker: Asker, file: Path) -> Generator[None]:
    """Add what is asked inside the block to ``file``, also when the block ends in an error. Nobody else may ask."""
    before, buried = _now(asker), _buried(asker)
    try:
        yield
    finally:
        now, letters = _now(asker), _buried(asker)
        new = [reason for key, reason in letters.items() if key not in buried]
        # Every letter but a refusal was asked for a second time.
        mended = max(0, now.mended - before.mended - sum(1 for reason in new if reason != "refused"))
        total = read_live(file)
        more = Live(
            total.live + now.live - before.live,
            total.mended + mended,
            total.buried + len(new),
            round(total.live_s + now.live_s - before.live_s, 3),
        )
        with atomic_path(file) as temporary:
            temporary.write_bytes(to_json(more))


def _now(asker: Asker) -> Live:
    stats = asker.stats
    return Live(stats.live, stats.repaired, 0, stats.live_s)


def _buried(asker: Asker) -> dict[str, str]:
    return {key: each.reason for key, each in asker.cache.dead().items() if each.model == asker.model}
