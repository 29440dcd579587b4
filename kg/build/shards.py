"""A shard: one piece of a stage's work, pure over its inputs, kept under a key that names all of them.

``run_shard`` writes into a temporary folder, makes it durable and renames it: a shard is there whole or
not at all, after ``kill -9`` too. A shard that is there is never run again, unless it is marked incomplete
(some answers were missing) or the caller insists.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from kg.errors import ArtefactError
from kg.model import StageCounts
from kg.records import from_json, fsync_folder, to_json

__all__ = ["Outcome", "RunShard", "Shard", "finished", "run_shard", "shard_folder"]

_OUTCOME = "outcome.json"
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Shard:
    """What to do. ``key`` is the sha256 over all that decides the output; ``size`` is its share of the progress."""

    stage: str
    number: int
    key: str
    payload: Any
    size: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a shard did: its counts, figures for the report, and whether a rerun could do better."""

    counts: StageCounts
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    complete: bool = True


class RunShard(Protocol):
    """The work itself: writes artefact files into ``out``, which exists and is empty."""

    def __call__(self, shard: Shard, out: Path, progress: Progress | None = None) -> Outcome:
        """Do the shard's work."""
        ...


def shard_folder(pool: Path, shard: Shard) -> Path:
    """Return where the shard's output is, or will be."""
    return pool / shard.stage / shard.key[:32]


def finished(pool: Path, shard: Shard) -> Outcome | None:
    """Return the outcome of a shard that is there and complete; ``None`` when it has to be run.

    Raises:
        ArtefactError: the outcome was damaged after it was written.
    """
    file = shard_folder(pool, shard) / _OUTCOME
    if not file.is_file():
        return None
    try:
        outcome = from_json(file.read_bytes(), Outcome)
    except ArtefactError as error:
        raise ArtefactError(f"{file}: {error}", remedy=f"remove {file.parent} and run the command again") from error
    return outcome if outcome.complete else None


def run_shard(
    run: RunShard, shard: Shard, pool: Path, *, force: bool = False, progress: Progress | None = None
) -> tuple[Outcome, bool]:
    """Return the shard's outcome and whether it was already there."""
    final = shard_folder(pool, shard)
    if not force and (done := finished(pool, shard)) is not None:
        if progress:
            progress(shard.size)
        return done, True
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
    try:
        outcome = run(shard, temporary, progress)
        (temporary / _OUTCOME).write_bytes(to_json(outcome))
        _make_durable(temporary)
        _replace(temporary, final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return outcome, False


def _make_durable(folder: Path) -> None:
    """Flush every file, and make it read-only: builds share it, so saving over it in place would change them all."""
    for file in sorted(folder.iterdir()):
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
        file.chmod(0o444)
    fsync_folder(folder)


def _replace(temporary: Path, final: Path) -> None:
    """Rename into place; an older, incomplete output is moved away first. A kill in between costs a rerun only."""
    if final.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
        final.rename(old / "old")
        temporary.rename(final)
        shutil.rmtree(old, ignore_errors=True)
    else:
        temporary.rename(final)
    fsync_folder(final.parent)
