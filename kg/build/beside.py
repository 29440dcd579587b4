"""Work beside the builds: a folder of its own within theirs, so that no build is touched or kept waiting.

::

    builds/<work>/pool/<stage>/<key>/    its own shards
    builds/<work>/...                    what it makes
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from extractors.llm.stats import AskerStats
from kg.build.pipeline import run_stage
from kg.build.report import Reporter
from kg.build.settings import Workspace
from kg.build.shards import finished
from kg.build.stages.base import Artefacts
from kg.build.stages.catalog import CatalogStage

__all__ = ["aside", "missed", "read_catalogue"]


def aside(workspace: Workspace, work: str) -> Workspace:
    """Return the workspace with ``work``, a folder in its folder of builds, as that folder, and one worker."""
    settings = workspace.settings
    build = settings.build.model_copy(update={"folder": f"{settings.build.folder}/{work}", "workers": 1})
    return replace(workspace, settings=settings.model_copy(update={"build": build}))


def read_catalogue(workspace: Workspace, folder: Path, reporter: Reporter) -> Artefacts:
    """Return the artefacts of the catalogue in ``folder``: as a build has read it, else read now.

    ``workspace`` is that of :func:`aside`.

    Raises:
        InputError: a file cannot be used.
    """
    stage, before = CatalogStage(workspace), Artefacts(folder, {})
    builds, own = workspace.builds.parent / "pool", workspace.builds / "pool"
    known = all(finished(builds, shard) is not None for shard in stage.plan(before))
    _, manifest = run_stage(stage, before, builds if known else own, workspace, reporter)
    return Artefacts(folder, {stage.name: manifest})


def missed(stats: AskerStats) -> tuple[str, ...]:
    """Return why questions were left unasked or unanswered, in words; each reason makes a command exit with 3."""
    if stats.budget:
        return (f"{stats.unasked:,} of {stats.asked:,} questions were not asked: {stats.budget}",)
    if stats.unavailable:
        return (f"{stats.failed:,} of {stats.asked:,} questions have no answer: {stats.unavailable}",)
    return ()
