"""Run the stages in order: plan, map over the shards, publish; finish a build under a name made of its content."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from extractors.llm.session import Askers
from kg.build.builds import Builds
from kg.build.encoding import open_embedder
from kg.build.executors import Executor, LocalProcesses, LocalThreads
from kg.build.manifest import Manifest, publish, read_manifest
from kg.build.report import BuildReport, Reporter, StageReport, cost_of
from kg.build.settings import Workspace
from kg.build.stages.base import Artefacts, Stage
from kg.build.stages.catalog import CatalogStage
from kg.build.stages.curate import CurateStage
from kg.build.stages.enrich import EnrichStage
from kg.build.stages.extract import ExtractStage
from kg.build.stages.graph import GraphStage
from kg.build.stages.link import LinkStage
from kg.build.stages.project import ProjectStage
from kg.build.stages.tag import TagStage
from kg.errors import ArtefactError

__all__ = ["STAGES", "Range", "limited", "run_build", "run_stage"]

STAGES = ("catalog", "tag", "extract", "link", "curate", "graph", "enrich", "project")
"""The stages of a build, in order. Loading the graph comes after them and makes no artefact."""


@dataclass(frozen=True, slots=True)
class Range:
    """Which stages to run. Those before ``start`` are taken as the last build left them; ``start`` is run anew."""

    start: str | None = None
    stop: str = STAGES[-1]

    def before(self) -> Sequence[str]:
        """Return the stages that are taken as they are."""
        return STAGES[: STAGES.index(self.start)] if self.start else ()

    def runs(self) -> Sequence[str]:
        """Return the stages to run."""
        first = STAGES.index(self.start) if self.start else 0
        return STAGES[first : STAGES.index(self.stop) + 1]


def limited(workspace: Workspace, limit: int | None) -> Workspace:
    """Return the workspace with at most ``limit`` intents, product types and products asked about."""
    if limit is None:
        return workspace
    extraction = workspace.settings.extraction
    smaller = extraction.model_copy(
        update={"max_types": min(limit, extraction.max_types), "max_intents": min(limit, extraction.max_intents)}
    )
    attributes = workspace.settings.attributes
    fewer = attributes.model_copy(update={"max_products": min(limit, attributes.max_products)})
    update = {"extraction": smaller, "attributes": fewer}
    return replace(workspace, settings=workspace.settings.model_copy(update=update))


def run_build(workspace: Workspace, askers: Askers, reporter: Reporter, stages: Range | None = None) -> BuildReport:
    """Run the stages and, after the last one, name the build by its content. Nothing is loaded here.

    Raises:
        KgError: a stage cannot go on; what is finished is kept and not done again by the next run.
    """
    stages = stages or Range()
    builds = Builds(workspace.builds)
    with builds.lock():
        folder = builds.start(carry=stages.before())
        manifests: dict[str, Manifest] = {name: _taken(folder, name) for name in stages.before()}
        reports: list[StageReport] = []
        for name in stages.runs():
            stage = _stage(workspace, askers, name)
            before = Artefacts(folder, manifests)
            report, manifests[name] = run_stage(stage, before, builds.pool, workspace, reporter, name == stages.start)
            reports.append(report)
        build = builds.finish(manifests) if len(manifests) == len(STAGES) else ""
    cost = cost_of(manifests, askers.stats, workspace.settings.models)
    return BuildReport(build, tuple(reports), askers.stats, gates=tuple(_gates(workspace, askers)), cost=cost)


def _stage(workspace: Workspace, askers: Askers, name: str) -> Stage:
    settings = workspace.settings
    made: dict[str, Callable[[], Stage]] = {
        "catalog": lambda: CatalogStage(workspace),
        "tag": lambda: TagStage(workspace.vocabulary(), settings.attributes, askers),
        "extract": lambda: ExtractStage(settings.extraction, askers),
        "link": lambda: LinkStage(settings.linking, open_embedder(workspace)),
        "curate": lambda: CurateStage(workspace),
        "graph": lambda: GraphStage(settings.checks),
        "enrich": lambda: EnrichStage(settings.extraction, askers),
        "project": lambda: ProjectStage(settings.projection, workspace.vocabulary()),
    }
    return made[name]()


def run_stage(
    stage: Stage, before: Artefacts, pool: Path, workspace: Workspace, reporter: Reporter, force: bool = False
) -> tuple[StageReport, Manifest]:
    """Run one stage's shards into ``pool`` and publish them in the folder of ``before``; ``force``: finished ones too.

    Raises:
        KgError: the stage cannot go on.
    """
    started = time.monotonic()
    shards = stage.plan(before)
    settings = workspace.settings
    # One after the other for the embedded model: its few slots keep the beginning of one prompt, and would lose it.
    waiting = LocalThreads(1 if settings.models.is_embedded else settings.extraction.shards_at_once)
    executor: Executor = waiting if stage.waits else LocalProcesses(settings.build.workers)
    reporter.started(stage.name, 0)
    results = executor.map(stage, shards, pool, force=force, progress=reporter.advance)
    manifest = publish(pool, shards, [outcome for outcome, _ in results], before.folder / stage.name)
    report = StageReport(
        name=stage.name,
        counts=manifest.counts,
        seconds=round(time.monotonic() - started, 3),
        shards=len(shards),
        reused=sum(1 for _, reused in results if reused),
        details=manifest.details,
    )
    if not report.counts.balanced:
        raise ArtefactError(f"the stage {stage.name} lost count of its input: {report.counts}")
    reporter.finished(report)
    return report, manifest


def _taken(folder: Path, name: str) -> Manifest:
    manifest = read_manifest(folder / name)
    if manifest is None:
        raise ArtefactError(f"the stage {name!r} has not been run yet", remedy="run 'kg build' without --from first")
    return manifest


def _gates(workspace: Workspace, askers: Askers) -> list[str]:
    """Return what was missed, in words; each makes the run exit with 3."""
    stats = askers.stats
    if stats.budget:
        return [f"{stats.unasked:,} of {stats.asked:,} questions were not asked: {stats.budget}"]
    if stats.unavailable:
        return [f"{stats.failed:,} of {stats.asked:,} questions have no answer: {stats.unavailable}"]
    share = stats.failed / stats.asked if stats.asked else 0.0
    allowed = workspace.settings.build.max_failed_share
    if share > allowed:
        return [f"{stats.failed:,} of {stats.asked:,} questions failed; build.max_failed_share allows {allowed:.1%}"]
    return []
