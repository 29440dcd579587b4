"""What a stage published: its files with their hashes and its counts. Readers go through manifests only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg.build.shards import Outcome, Shard, shard_folder
from kg.errors import ArtefactError
from kg.model import StageCounts
from kg.records import atomic_path, digest, file_digest, from_json, to_json

__all__ = ["Artefact", "Manifest", "hard_link", "publish", "read_manifest", "unpublish"]

_MANIFEST = "manifest.json"
_OUTCOME = "outcome.json"


@dataclass(frozen=True, slots=True)
class Artefact:
    """One published file. ``name`` is the artefact it is a part of; ``file`` is relative to the stage's folder."""

    name: str
    file: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One stage of one build. Holds nothing that differs between equal runs: no times, no paths."""

    stage: str
    shards: tuple[str, ...]
    artefacts: tuple[Artefact, ...]
    counts: StageCounts
    complete: bool = True
    details: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def digest(self) -> str:
        """The sha256 over what the stage produced."""
        return digest(self.stage, [(a.name, a.sha256) for a in self.artefacts])

    def files(self, folder: Path, name: str) -> list[Path]:
        """Return the parts of an artefact, in order; ``folder`` is the stage's folder."""
        return [folder / artefact.file for artefact in self.artefacts if artefact.name == name]

    def sha256(self, name: str) -> list[str]:
        """Return the hashes of the parts of an artefact, in order: what the next stage's keys depend on."""
        return [artefact.sha256 for artefact in self.artefacts if artefact.name == name]


def publish(pool: Path, shards: Sequence[Shard], outcomes: Sequence[Outcome], folder: Path) -> Manifest:
    """Link the shards' files into the stage's ``folder`` under readable names, and write its manifest last."""
    unpublish(folder)
    folder.mkdir(parents=True)
    artefacts: list[Artefact] = []
    for shard in shards:
        for source in sorted(shard_folder(pool, shard).iterdir()):
            if source.name != _OUTCOME:
                target = folder / (
                    source.name if len(shards) == 1 else f"{source.stem}-{shard.number:04}{source.suffix}"
                )
                hard_link(source, target)
                artefacts.append(Artefact(source.name, target.name, file_digest(source), source.stat().st_size))
    manifest = Manifest(
        stage=folder.name,
        shards=tuple(shard.key for shard in shards),
        artefacts=tuple(sorted(artefacts, key=lambda a: (a.name, a.file))),
        counts=sum((outcome.counts for outcome in outcomes), StageCounts()),
        complete=all(outcome.complete for outcome in outcomes),
        details=_merged([outcome.details for outcome in outcomes]),
    )
    with atomic_path(folder / _MANIFEST) as temporary:
        temporary.write_bytes(to_json(manifest))
    return manifest


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a published stage, ``None`` when there is none."""
    file = folder / _MANIFEST
    if not file.is_file():
        return None
    try:
        return from_json(file.read_bytes(), Manifest)
    except ArtefactError as error:
        raise ArtefactError(f"{file}: {error}", remedy="remove the folder and run 'kg build' again") from error


def unpublish(folder: Path) -> None:
    """Remove a stage's folder, its manifest first: what is half removed counts as not there."""
    (folder / _MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def hard_link(source: Path, target: Path) -> None:
    """Hard-link, so that builds share unchanged files; copy where the file system cannot."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _merged(details: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Add up numbers, and tables of numbers, of the same name; otherwise the last one stands."""
    out: dict[str, Any] = {}
    for detail in details:
        for name, value in detail.items():
            if isinstance(value, dict) and isinstance(out.get(name), dict):
                out[name] = _merged([out[name], value])  # pyright: ignore[reportUnknownArgumentType]
            elif isinstance(value, int | float) and isinstance(out.get(name), int | float):
                out[name] += value
            else:
                out[name] = value
    return out
