"""The refused input rows of the latest catalogue stage."""

from __future__ import annotations

from kg.build.builds import Builds
from kg.build.stages.base import records
from kg.errors import ArtefactError
from kg.model import Reject

__all__ = ["read_rejects"]

_FILES = ("rejects.jsonl", "intents_rejects.jsonl", "engagement_rejects.jsonl")


def read_rejects(builds: Builds) -> list[Reject]:
    """Return every refused row: of a last run that they stopped, else of the build in progress or the latest one.

    Raises:
        ArtefactError: there is no build yet.
    """
    if stopped := sorted(builds.refused.glob("*.jsonl")):
        return list(records(stopped, Reject))
    artefacts = builds.in_progress() or ((latest := builds.latest()) and builds.artefacts(latest))
    if not artefacts or "catalog" not in artefacts.manifests:
        raise ArtefactError(f"there is no build in {builds.folder} yet", remedy="run 'kg build' first")
    manifest = artefacts.manifests["catalog"]
    found = [r for name in _FILES for r in records(manifest.files(artefacts.folder / "catalog", name), Reject)]
    return sorted(found, key=lambda reject: (reject.file, reject.line))
