"""Ask two models the same questions, take both through the same pipeline, and report where they differ.

::

    builds/compare/<comparison>/a/, b/          the stages of each model, down to the graph of product types
    builds/compare/<comparison>/asked.json      what was asked live, added up over the runs
    builds/compare/<comparison>/comparison.json, differences.csv

Human decisions are left out: they would make the models alike.
"""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TypeVar

from extractors.llm.asker import Asker
from extractors.llm.options import EMBEDDED, MAIN, ModelOptions
from extractors.llm.replies import Usage
from extractors.llm.session import Askers, FetchWeights, open_askers
from kg.build.beside import aside, missed, read_catalogue
from kg.build.builds import Builds
from kg.build.fixed_questions import FixedQuestions, judge
from kg.build.pipeline import run_stage
from kg.build.report import Quiet, Reporter, StageReport, prices_of
from kg.build.settings import Workspace
from kg.build.stages.base import Artefacts, Stage, records
from kg.build.stages.curate import CurateStage
from kg.build.stages.extract import ExtractStage
from kg.build.stages.graph import GraphStage
from kg.build.stages.link import LinkedStatement, LinkStage
from kg.curation.decisions import safe_cell
from kg.errors import ConfigError
from kg.evaluate.differences import Difference, differences, in_a_sentence
from kg.evaluate.models import Agreement, Asking, Figures, Run, agreement, figures
from kg.model import Edge, Failure, ProductType, Relation, StageCounts, Statement, Verdict
from kg.records import atomic_path, digest, from_json, to_json

__all__ = ["Comparison", "Wanted", "compare_models"]

T = TypeVar("T")
_WORK = "compare"
_ALL_IN_ONE = 1_000_000  # subjects of a shard: a relation is one piece of work


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which models to compare, by the names that the roles use, and on what.

    ``subjects`` of each relation are asked about; no ``relations``: the configured ones. ``out`` is the folder for the
    report, by default that of the comparison.
    """

    a: str
    b: str
    subjects: int = 12
    relations: tuple[Relation, ...] = ()
    out: Path | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came out. ``folder`` holds the report and the artefacts; ``gates`` lists what was missed."""

    a: Figures
    b: Figures
    agreement: Agreement
    differences: tuple[Difference, ...]
    hint: str
    currency: str
    folder: Path
    gates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Live:
    """What a model was asked live, and how that went. See :class:`kg.evaluate.models.Asking`."""

    live: int = 0
    mended: int = 0
    buried: int = 0
    live_s: float = 0.0

    def __add__(self, other: _Live) -> _Live:
        return _Live(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass
class _Side:
    """One model on its way through the stages."""

    name: str
    asker: Asker
    folder: Path
    workspace: Workspace
    before: Artefacts
    asked: int = 0
    judged: dict[str, float] = field(default_factory=dict[str, float])

    def run(self, stage: Stage, reporter: Reporter, *, force: bool = False) -> StageCounts:
        """Run a stage; what it publishes joins ``before``."""
        pool = self.workspace.builds / "pool"
        report, manifest = run_stage(stage, self.before, pool, self.workspace, reporter, force)
        self.before = Artefacts(self.folder, {**self.before.manifests, stage.name: manifest})
        return report.counts

    def statements(self) -> list[Statement]:
        """Return what the model said."""
        return list(records(self.before.files("extract", "statements.jsonl"), Statement))


class _Advance(Quiet):
    """Passes on progress only, from several threads."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._lock = threading.Lock()

    def advance(self, count: int) -> None:
        """See :class:`Reporter`."""
        with self._lock:
            self._reporter.advance(count)


def compare_models(
    workspace: Workspace, wanted: Wanted, fetch_weights: FetchWeights, reporter: Reporter
) -> Comparison:
    """Ask two models the same questions and return where they differ; the report is written as well.

    Nothing is asked that the answer cache holds. Both are asked at the same time if they are at different endpoints.

    Raises:
        ConfigError: there is no model of that name, or both names mean the same one.
        KgError: a file cannot be used, or a model refuses everything; answers so far are kept.
    """
    beside = _beside(workspace, wanted)
    models = _models(beside.model_options(), wanted)
    per_prompt = beside.settings.extraction.concepts_per_prompt
    builds = Builds(beside.builds)
    recorded = workspace.recorded_answers()
    with (
        builds.lock(),
        open_askers(models, workspace.answers, recorded, fetch_weights, per_prompt=per_prompt) as askers,
    ):
        folder = builds.folder / _comparison(beside, models, wanted)
        sides: list[_Side] = []
        for name, letter, asker in ((wanted.a, "a", askers.propose), (wanted.b, "b", askers.verify)):
            # The catalogue is read once; for the second it is there already.
            before = read_catalogue(beside, folder / letter, Quiet() if sides else reporter)
            sides.append(_Side(name, asker, folder / letter, beside, before))
        live = _ask(sides, wanted, _apart(models, wanted), folder, reporter)
        for side in sides:
            settings = beside.settings
            for stage in (LinkStage(settings.linking), CurateStage(beside), GraphStage(settings.checks)):
                side.run(stage, Quiet())
        runs = [_run(side, models, each) for side, each in zip(sides, live, strict=True)]
        return _report(beside, wanted, (runs[0], runs[1]), sides, folder)


def _beside(workspace: Workspace, wanted: Wanted) -> Workspace:
    """Return the workspace of comparisons, without people's decisions."""
    beside = aside(workspace, _WORK)
    settings = beside.settings
    relations = wanted.relations or settings.extraction.relations
    extraction = settings.extraction.model_copy(update={"relations": relations, "shard_subjects": _ALL_IN_ONE})
    curation = settings.curation.model_copy(update={"decisions": None})
    return replace(beside, settings=settings.model_copy(update={"extraction": extraction, "curation": curation}))


def _models(models: ModelOptions, wanted: Wanted) -> ModelOptions:
    """Return the settings under which A proposes and B verifies: one asker for each, and one budget."""
    known = (MAIN, EMBEDDED, *sorted(models.others))
    for name in (wanted.a, wanted.b):
        if name not in known:
            raise ConfigError(f"no model is called {name!r}", remedy=f"there are: {', '.join(known)}; see models.others")
    if models.filed_as(wanted.a) == models.filed_as(wanted.b):
        raise ConfigError(
            f"{wanted.a!r} and {wanted.b!r} both mean the model {models.filed_as(wanted.a)!r}",
            remedy="answers are kept by the model's name: compare two that have different ones",
        )
    return models.model_copy(update={"propose": wanted.a, "verify": wanted.b, "explain": wanted.a})


def _apart(models: ModelOptions, wanted: Wanted) -> bool:
    """Whether the two models are at different endpoints, and so do not slow each other down."""
    a, b = ((each.provider, each.base_url, each.is_embedded) for each in map(models.named, (wanted.a, wanted.b)))
    return a != b


def _comparison(beside: Workspace, models: ModelOptions, wanted: Wanted) -> str:
    """Return the name of the comparison's folder, made of who is asked how much about what."""
    names = [models.filed_as(name) for name in (wanted.a, wanted.b)]
    return "c" + digest(names, wanted.subjects, beside.settings.extraction.relations)[:12]


def _ask(sides: Sequence[_Side], wanted: Wanted, apart: bool, folder: Path, reporter: Reporter) -> list[_Live]:
    """Ask both models about the same subjects, then each about what the other said."""
    extraction = sides[0].workspace.settings.extraction
    progress = _Advance(reporter)

    def extract(side: _Side) -> tuple[StageCounts, _Live]:
        askers = Askers(side.asker, side.asker, side.asker)
        file = folder / f"asked-{side.folder.name}.json"
        with _Watch(side.asker, file) as watch:
            counts = side.run(FixedQuestions(ExtractStage(extraction, askers), wanted.subjects), progress, force=True)
        side.asked = side.asker.stats.asked
        return counts, watch.total

    def cross(side: _Side) -> dict[str, float]:
        askers = Askers(side.asker, side.asker, side.asker)
        subjects = FixedQuestions(ExtractStage(extraction, askers), wanted.subjects).asked(side.before)
        own = {each.id: each.plausibility for each in said[side.name]}
        others = [each for name in said for each in said[name] if each.id not in own]
        judged = judge(side.asker, others, subjects, progress.advance)
        return judged | {name: yes for name, yes in own.items() if yes is not None}

    reporter.started("ask", 0)
    extracted = _both(extract, sides, apart)
    counts = extracted[0][0] + extracted[1][0]
    reporter.finished(StageReport("ask", counts, 0.0, 2, 0))
    said = {side.name: side.statements() for side in sides}
    for side, judged in zip(sides, _both(cross, sides, apart), strict=True):
        side.judged = judged
    return [live for _, live in extracted]


def _both(work: Callable[[_Side], T], sides: Sequence[_Side], apart: bool) -> list[T]:
    """Do the work for both sides, at the same time if they are ``apart``; an error waits for the other side."""
    if not apart:
        return [work(side) for side in sides]
    with ThreadPoolExecutor(len(sides), thread_name_prefix="side") as threads:
        return [each.result() for each in [threads.submit(work, side) for side in sides]]
