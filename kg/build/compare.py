"""Ask two models the same questions, take both through the same pipeline, and report where they differ.

::

    builds/compare/<comparison>/a/, b/       the stages of each model, down to the graph of product types
    builds/compare/<comparison>/asked-*      what was asked live, added up over the runs
    builds/compare/<comparison>/comparison.json, differences.csv

Human decisions are left out: they would make the models alike.
"""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from extractors.llm.asker import Asker
from extractors.llm.options import EMBEDDED, MAIN, ModelOptions
from extractors.llm.replies import Usage
from extractors.llm.session import Askers, FetchWeights, open_askers
from kg.build.beside import aside, missed, read_catalogue
from kg.build.builds import Builds
from kg.build.encoding import open_embedder
from kg.build.fixed_questions import FixedQuestions, judge
from kg.build.live import read_live, watched
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
from kg.records import atomic_path, digest, to_json
from kg.text import clean

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
    """What came out. ``folder`` is where the report was written; ``gates`` lists what was missed."""

    a: Figures
    b: Figures
    agreement: Agreement
    differences: tuple[Difference, ...]
    hint: str
    currency: str
    folder: str
    gates: tuple[str, ...]


@dataclass
class _Side:
    """One model on its way through the stages. ``asked`` are its questions but for the cross-check."""

    name: str
    asker: Asker
    folder: Path
    workspace: Workspace
    before: Artefacts
    asked: int = 0
    judged: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def live(self) -> Path:
        """Where it is kept what was asked live."""
        return self.folder.with_name(f"asked-{self.folder.name}.json")

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
    """Passes on progress and nothing else, from several threads."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._lock = threading.Lock()

    def advance(self, count: int) -> None:
        """See :class:`Reporter`."""
        with self._lock:
            self._reporter.advance(count)


def compare_models(workspace: Workspace, wanted: Wanted, fetch_weights: FetchWeights, reporter: Reporter) -> Comparison:
    """Ask two models the same questions and return where they differ; the report is written as well.

    Nothing is asked that the answer cache holds. Both are asked at the same time if they are at different endpoints.

    Raises:
        ConfigError: there is no model of that name, or both names mean the same one.
        KgError: a file cannot be used, or a model refuses everything; answers so far are kept.
    """
    beside = _beside(workspace, wanted)
    settings, builds = beside.settings, Builds(beside.builds)
    models = _models(beside.model_options(), wanted)
    folder = builds.folder / _name(beside, models, wanted)
    per_prompt = settings.extraction.concepts_per_prompt
    with builds.lock():
        recorded = workspace.recorded_answers()
        with open_askers(models, workspace.answers, recorded, fetch_weights, per_prompt=per_prompt) as askers:
            sides: list[_Side] = []
            for name, letter, asker in ((wanted.a, "a", askers.propose), (wanted.b, "b", askers.verify)):
                before = read_catalogue(beside, folder / letter, Quiet() if sides else reporter)
                sides.append(_Side(name, asker, folder / letter, beside, before))
            _ask(sides, wanted, _apart(models, wanted), reporter)
        for side in sides:
            for stage in (
                LinkStage(settings.linking, open_embedder(beside)),
                CurateStage(beside),
                GraphStage(settings.checks),
            ):
                side.run(stage, Quiet())
        done = _compared(beside, models, sides, wanted.out or folder)
        _write(done)
    return done


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
            raise ConfigError(
                f"no model is called {name!r}", remedy=f"there are: {', '.join(known)}; see models.others"
            )
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


def _name(beside: Workspace, models: ModelOptions, wanted: Wanted) -> str:
    """Return the name of the comparison's folder, made of who is asked how much about what."""
    names = [models.filed_as(name) for name in (wanted.a, wanted.b)]
    return "c" + digest(names, wanted.subjects, beside.settings.extraction.relations)[:12]


def _ask(sides: Sequence[_Side], wanted: Wanted, apart: bool, reporter: Reporter) -> None:
    """Ask both models about the same subjects, then each about what only the other said."""
    progress, started = _Advance(reporter), time.monotonic()

    def stage(side: _Side) -> FixedQuestions:
        askers = Askers(side.asker, side.asker, side.asker)
        return FixedQuestions(ExtractStage(side.workspace.settings.extraction, askers), wanted.subjects)

    def extract(side: _Side) -> StageCounts:
        with watched(side.asker, side.live):
            counts = side.run(stage(side), progress, force=True)
        side.asked = side.asker.stats.asked
        return counts

    def judged(side: _Side) -> Mapping[str, float]:
        own = {each.id: each.plausibility for each in side.statements()}
        others = [each for other in sides for each in other.statements() if each.id not in own]
        said = judge(side.asker, others, stage(side).asked(side.before), progress.advance)
        return said | {name: yes for name, yes in own.items() if yes is not None}

    reporter.started("ask", 0)
    counts = _both(extract, sides, apart)
    for side, found in zip(sides, _both(judged, sides, apart), strict=True):
        side.judged = found
    seconds = round(time.monotonic() - started, 3)
    reporter.finished(StageReport("ask", sum(counts, StageCounts()), seconds, len(sides), 0))


def _both(work: Callable[[_Side], T], sides: Sequence[_Side], apart: bool) -> list[T]:
    """Do the work for both sides, at the same time if they are ``apart``; an error waits for the other side."""
    if not apart:
        return [work(side) for side in sides]
    with ThreadPoolExecutor(len(sides), thread_name_prefix="side") as threads:
        return [each.result() for each in [threads.submit(work, side) for side in sides]]


def _compared(beside: Workspace, models: ModelOptions, sides: Sequence[_Side], out: Path) -> Comparison:
    a, b = (_run(side, models) for side in sides)
    settings, currency = beside.settings, models.prices.currency
    relations = settings.extraction.relations
    thresholds = {relation: settings.curation.of(relation).plausibility.keep for relation in relations}
    agreed = agreement(a, b, thresholds, relations)
    of_a, of_b = figures(a), figures(b)
    types = records(sides[0].before.files("catalog", "product_types.jsonl"), ProductType)
    return Comparison(
        a=of_a,
        b=of_b,
        agreement=agreed,
        differences=tuple(differences(a, b, {each.id: each.name for each in types})),
        hint=in_a_sentence(of_a, of_b, agreed, currency),
        currency=currency,
        folder=str(out),
        gates=tuple(f"{side.name}: {gate}" for side in sides for gate in missed(side.asker.stats)),
    )


def _run(side: _Side, models: ModelOptions) -> Run:
    """Return one model's artefacts."""
    before, model = side.before, side.asker.model
    details = before.manifests["extract"].details
    tokens = details.get("tokens", {}).get(model, {})
    usage = Usage(tokens.get("prompt", 0), tokens.get("completion", 0))
    asking = Asking(
        subjects=details.get("subjects", 0),
        questions=side.asked,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        money=prices_of(models).cost(model, usage, batch=models.batch.enabled),
        **asdict(read_live(side.live)),
    )
    return Run(
        name=side.name,
        model=model,
        asking=asking,
        statements=side.statements(),
        links={each.statement_id: each.link for each in records(before.files("link", "links.jsonl"), LinkedStatement)},
        verdicts={each.statement_id: each for each in records(before.files("curate", "verdicts.jsonl"), Verdict)},
        edges=list(records(before.files("graph", "edges.jsonl"), Edge)),
        failures=list(records(before.files("extract", "failures.jsonl"), Failure)),
        judged=side.judged,
    )


def _write(done: Comparison) -> None:
    folder = Path(done.folder)
    with atomic_path(folder / "comparison.json") as temporary:
        temporary.write_bytes(to_json(done) + b"\n")
    with (
        atomic_path(folder / "differences.csv") as temporary,
        temporary.open("w", encoding="utf-8-sig", newline="") as handle,
    ):
        writer = csv.writer(handle, lineterminator="\r\n")
        writer.writerow(Difference.__slots__)
        for each in done.differences:
            values = ("" if value is None else str(value) for value in asdict(each).values())
            writer.writerow([safe_cell(clean(value)) for value in values])
