"""Finished builds made of plain worlds or of files, as ``kg build`` leaves them."""

from __future__ import annotations

from pathlib import Path

from kg.build.builds import Builds
from kg.build.manifest import Artefact, Manifest
from kg.model import StageCounts
from kg.records import file_digest, to_json
from tests.servers.graph_files import World, write_world

__all__ = ["adopt", "finish"]

_STAGES = {
    "products.parquet": "catalog",
    "product_types.jsonl": "catalog",
    "intents.jsonl": "catalog",
    "edges.jsonl": "enrich",
    "themes.jsonl": "enrich",
    "product_edges.parquet": "project",
}


def finish(builds: Builds, build: str, world: World) -> None:
    """Put ``world`` into ``builds`` as the finished build of that name, and make it the latest."""
    write_world(builds.folder / build, world)
    adopt(builds, build)


def adopt(builds: Builds, build: str) -> None:
    """Make the graph's files that lie in the folder ``build`` of ``builds`` a finished build, the latest."""
    folder = builds.folder / build
    published: dict[str, list[Artefact]] = {"tag": []}
    for name, stage in _STAGES.items():
        file = folder / stage / name
        file.parent.mkdir(exist_ok=True)
        (folder / name).rename(file)
        published.setdefault(stage, []).append(Artefact(name, name, file_digest(file), file.stat().st_size))
    for stage, artefacts in published.items():
        _manifest(folder / stage, artefacts)
    (builds.folder / "LATEST").write_text(f"{build}\n", encoding="utf-8")


def _manifest(folder: Path, artefacts: list[Artefact]) -> None:
    folder.mkdir(exist_ok=True)
    shards = ("0" * 16,) if artefacts else ()
    manifest = Manifest(folder.name, shards, tuple(artefacts), StageCounts())
    (folder / "manifest.json").write_bytes(to_json(manifest))
