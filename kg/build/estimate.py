"""What asking will cost, before anything is spent: the stages' own plans, walked with askers that never ask."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

from extractors.estimate import Plan, planning
from extractors.extract import Extractor
from extractors.forecast import Figures, Row, forecast
from extractors.history import History
from extractors.llm.options import ModelOptions
from extractors.llm.session import Askers, open_askers
from extractors.prompts import load_prompt
from extractors.specs import step_of
from extractors.tags import ask_tags
from kg.build.builds import Builds
from kg.build.pipeline import run_stage
from kg.build.report import Reporter, prices_of
from kg.build.settings import Workspace
from kg.build.shards import finished
from kg.build.stages.base import Artefacts
from kg.build.stages.catalog import CatalogStage
from kg.build.stages.extract import ExtractStage
from kg.build.stages.tag import TagStage

__all__ = ["Estimate", "WallTime", "make_estimate"]


@dataclass(frozen=True, slots=True)
class WallTime:
    """The least time that asking takes, in seconds, by each limit that is known, of the model that takes longest.

    ``seconds`` is the largest of them and ``bound_by`` says which one that is, or why nothing is known.
    """

    seconds: float | None
    bound_by: str
    requests_s: float | None = None
    tokens_s: float | None = None
    latency_s: float | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rows by relation and step, their sums, and what holds for all of them.

    ``subjects`` are the concepts asked about, once for each relation. ``unpriced`` are the models that will be asked
    and have no price, ``notes`` say what is not in the figures.
    """

    rows: tuple[Row, ...]
    subjects: int
    questions: int
    answered: int
    dead: int
    expected: Figures
    low: Figures
    high: Figures
    time: WallTime
    currency: str
    batch: bool
    unpriced: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def is_free(self) -> bool:
        """Whether nothing is to be asked, or only of models that are known to cost nothing."""
        return not self.high.calls or self.high.money == 0


def make_estimate(workspace: Workspace, reporter: Reporter, *, retry_dead: bool = False) -> Estimate:
    """Return what the stages up to ``extract`` will ask and what that costs; nothing is asked.

    The catalogue is read if it has changed; no build is touched. ``retry_dead``: dead letters are asked again.

    Raises:
        KgError: the catalogue or the answer cache cannot be used, or a build is under way.
    """
    models = workspace.model_options()
    unlimited = models.model_copy(update={"budget": type(models.budget)()})
    per_prompt = workspace.settings.extraction.concepts_per_prompt
    recorded = workspace.recorded_answers()
    with (
        open_askers(unlimited, workspace.answers, recorded, per_prompt=per_prompt, retry_dead=retry_dead) as askers,
        _catalogue(workspace, reporter) as catalogue,
    ):
        plan = Plan(workspace.settings.extraction.agreed_from())
        subjects = _walk(workspace, planning(askers, plan), plan, catalogue, reporter)
        history = History(askers.propose.cache, workspace.settings.extraction.explain_from)
        prices, batch = prices_of(models), models.batch.enabled
        rows = forecast(plan, history, lambda model, usage: prices.cost(model, usage, batch=batch))
    return _summed(workspace, rows, subjects)


@contextmanager
def _catalogue(workspace: Workspace, reporter: Reporter) -> Generator[Artefacts]:
    """Yield the catalogue's artefacts from the pool of finished work, published beside the builds for the while."""
    builds = Builds(workspace.builds)
    with builds.lock():
        folder = Path(tempfile.mkdtemp(prefix=".estimate.", suffix=".tmp", dir=builds.folder))  # swept after a kill
        try:
            stage = CatalogStage(workspace)
            _, manifest = run_stage(stage, Artefacts(folder, {}), builds.pool, workspace, reporter)
            yield Artefacts(folder, {"catalog": manifest})
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _walk(workspace: Workspace, askers: Askers, plan: Plan, before: Artefacts, reporter: Reporter) -> int:
    """Go through all that will be asked; return the number of subjects."""
    settings, pool = workspace.settings, Builds(workspace.builds).pool
    reporter.started("estimate", 0)
    if settings.attributes.max_products:
        tagging = TagStage(workspace.vocabulary(), settings.attributes, askers)
        asker = askers.of(step_of("attributes", "choose").role)
        for shard in tagging.plan(before):
            if not isinstance(shard.payload, Path):
                plan.finished = finished(pool, shard) is not None
                chars = settings.attributes.description_chars
                ask_tags(asker, tagging.vocabulary, shard.payload, chars, reporter.advance)
    subjects = 0
    for shard in ExtractStage(settings.extraction, askers).plan(before):
        plan.finished = finished(pool, shard) is not None
        relation, (chunk, _) = shard.payload
        Extractor(load_prompt(relation), askers, settings.extraction, reporter.advance).extract(chunk)
        subjects += len(chunk)
    return subjects


def _summed(workspace: Workspace, rows: Sequence[Row], subjects: int) -> Estimate:
    models = workspace.settings.models
    prices = prices_of(models)
    asked = [row for row in rows if row.high.calls]
    return Estimate(
        rows=tuple(rows),
        subjects=subjects,
        questions=sum(row.questions for row in rows),
        answered=sum(row.answered for row in rows),
        dead=sum(row.dead for row in rows),
        expected=_total(row.expected for row in rows),
        low=_total(row.low for row in rows),
        high=_total(row.high for row in rows),
        time=_time(workspace, asked),
        currency=prices.currency,
        batch=models.batch.enabled,
        unpriced=tuple(sorted({row.model for row in asked if prices.price(row.model) is None})),
        notes=tuple(_notes(workspace)),
    )


def _total(figures: Iterable[Figures]) -> Figures:
    return reduce(add, figures, Figures())


def _notes(workspace: Workspace) -> Generator[str]:
    extraction = workspace.settings.extraction
    if extraction.themes:
        yield "themes are asked about after curation, at most one question an intent: they are not in these figures"
    if extraction.contexts.values():
        yield "contexts are asked about after curation, one question an edge: they are not in these figures"


def _time(workspace: Workspace, rows: Sequence[Row]) -> WallTime:
    models = workspace.settings.models
    if not rows:
        return WallTime(0.0, "nothing to ask")
    if models.batch.enabled:
        return WallTime(None, f"the Batch API, which has {models.batch.window}")
    latency_s = _latency_s(workspace)
    times = [
        _model_time(models, name, _total(row.expected for row in rows if row.model == models.filed_as(name)), latency_s)
        for name in dict.fromkeys((models.propose, models.verify, models.explain))
    ]
    return max(times, key=lambda time: time.seconds or 0.0)


def _model_time(models: ModelOptions, name: str, figures: Figures, latency_s: float | None) -> WallTime:
    of = models.named(name)
    rpm, tpm = of.limits.requests_per_minute, of.limits.tokens_per_minute
    requests_s = 60 * figures.calls / rpm if rpm else None
    tokens_s = 60 * figures.tokens / tpm if tpm else None
    waiting_s = figures.calls * latency_s / of.max_concurrency if latency_s else None
    known = {"requests per minute": requests_s, "tokens per minute": tokens_s, "latency and max_concurrency": waiting_s}
    found = {what: seconds for what, seconds in known.items() if seconds is not None}
    if not found:
        return WallTime(None, "unknown: no limits are set, and the last run has asked nothing")
    longest = max(found, key=lambda what: found[what])
    return WallTime(found[longest], longest, requests_s, tokens_s, waiting_s)


def _latency_s(workspace: Workspace) -> float | None:
    """Return the mean seconds that the last run waited for a reply, if it did."""
    last = Builds(workspace.builds).last_run()
    replies = last.answers.requests - last.answers.repeated if last else 0
    return last.answers.live_s / replies if last and replies > 0 and last.answers.live_s else None
