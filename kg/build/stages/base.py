"""What every stage is: a name, a plan, and work that is pure over files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from kg.build.manifest import Manifest
from kg.build.shards import Outcome, Progress, Shard
from kg.errors import ArtefactError
from kg.records import read_jsonl

__all__ = ["Artefacts", "Stage", "records"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Artefacts:
    """What the stages before this one published: manifests by stage, and the build's folder."""

    folder: Path
    manifests: Mapping[str, Manifest]

    def files(self, stage: str, name: str) -> list[Path]:
        """Return the parts of an artefact; none for a stage that had nothing to do (no subject to ask about).

        Raises:
            ArtefactError: the stage has not been run, or does not publish ``name``.
        """
        manifest = self.manifests.get(stage)
        parts = [] if manifest is None else manifest.files(self.folder / stage, name)
        if manifest is None or (manifest.shards and not parts):
            raise ArtefactError(f"the stage {stage!r} has published no {name}", remedy=f"run 'kg build --from {stage}'")
        return parts

    def file(self, stage: str, name: str) -> Path:
        """Return the one file of an artefact that is never split."""
        return self.files(stage, name)[0]

    def sha256(self, stage: str, name: str) -> list[str]:
        """Return the hashes of an artefact's parts: what a shard's key depends on."""
        self.files(stage, name)
        return self.manifests[stage].sha256(name)


class Stage(Protocol):
    """One stage. ``waits`` says that it waits for a model rather than computes, and so runs in this process."""

    @property
    def name(self) -> str:
        """The stage's name, and that of its folder."""
        ...

    @property
    def waits(self) -> bool:
        """Whether the work is waiting (a model's answers) rather than computing."""
        ...

    def plan(self, before: Artefacts) -> list[Shard]:
        """Return the shards; cheap, and the same for the same inputs and settings."""
        ...

    def __call__(self, shard: Shard, out: Path, progress: Progress | None = None) -> Outcome:
        """Do one shard's work."""
        ...


def records(paths: list[Path], kind: type[R]) -> Iterator[R]:
    """Yield the records of an artefact, all its parts in order."""
    for path in paths:
        yield from read_jsonl(path, kind)
