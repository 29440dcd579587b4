"""Work for shards that tests can send to other processes and count."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from kg.build.shards import Outcome, Progress, Shard
from kg.errors import InputError
from kg.model import StageCounts
from kg.records import digest, write_jsonl

__all__ = ["Squares", "shards"]


@dataclass(frozen=True)
class Squares:
    """Writes the squares of the payload's numbers, and notes in ``log`` that it ran, and where."""

    log: Path
    complete: bool = True
    fails_on: int | None = None

    def __call__(self, shard: Shard, out: Path, progress: Progress | None = None) -> Outcome:
        """Do it."""
        with self.log.open("a") as handle:
            handle.write(f"{shard.number} {os.getpid()}\n")
        write_jsonl(out / "squares.jsonl", ({"n": n, "square": n * n} for n in shard.payload))
        if shard.number == self.fails_on:
            raise InputError("no number", file="a.csv", line=7, field="price", remedy="write 3.49")
        (out / "table.csv").write_text(",".join(map(str, shard.payload)))
        if progress:
            progress(shard.size)
        counts = StageCounts(len(shard.payload), kept=len(shard.payload))
        return Outcome(counts, {"numbers": len(shard.payload), "by_parity": {"odd": 1}, "last": "x"}, self.complete)

    def runs(self) -> list[int]:
        """Return the numbers of the shards that ran, sorted."""
        return sorted(int(line.split()[0]) for line in self.log.read_text().splitlines()) if self.log.exists() else []


def shards(numbers: list[int], size: int, stage: str = "squares") -> list[Shard]:
    """Return the numbers cut into shards of ``size``."""
    chunks = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    return [Shard(stage, n, digest(stage, chunk), payload=chunk, size=len(chunk)) for n, chunk in enumerate(chunks)]
