"""``kg build``: all stages, resumable, then the load."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from extractors.llm import weights
from extractors.llm.session import open_askers
from extractors.llm.stats import AskerStats
from kg.build.builds import Builds
from kg.build.pipeline import STAGES, Range, limited, run_build
from kg.build.publish import How, load_build
from kg.build.report import BuildReport, Quiet, Reporter
from kg.build.settings import Workspace
from kg.cli.progress import BytesProgress, TerminalReporter
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.cli.summary import print_summary
from kg.errors import ArtefactError, QualityGateError

__all__ = ["build", "fetch_weights"]

_STAGES = (*STAGES, "load")
_STAGE = click.Choice(_STAGES)


@click.command()
@with_session
@click.option("--from", "start", type=_STAGE, help="Start here, and do it anew; take earlier stages as they are.")
@click.option("--to", "stop", type=_STAGE, default="load", show_default=True, help="Stop after this stage.")
@click.option("--limit", type=click.IntRange(min=0), help="Ask about at most N intents, product types and products.")
@click.option("--dry-run", is_flag=True, help="Do all but the load; say what the load would change in the graph.")
@json_option
def build(session: Session, start: str | None, stop: str, limit: int | None, dry_run: bool, as_json: bool) -> None:
    """Build the graph: read the catalogue, ask the model, link, curate, project, load.

    A build can be stopped at any moment; the same command goes on where it stopped, and asks the model
    nothing twice. Running it again with nothing changed changes nothing.

    \b
    The stages, in order:
      catalog   read and check the files in catalog.files
      tag       read attributes of products: diet, audience, scent and so on
      extract   ask the model what belongs to what, and why
      link      tie every name it gave to a product type of the catalogue, or to nothing
      curate    throw out what is wrong; your decisions file has the last word
      graph     check the graph of product types as a whole
      enrich    themes and contexts of what passed, where they are switched on
      project   bring it down to catalogue ids
      load      write what changed to the graph
    """
    if start and _STAGES.index(start) > _STAGES.index(stop):
        raise click.UsageError(f"--to {stop} comes before --from {start}")
    workspace = limited(session.workspace, limit)
    reporter: Reporter = Quiet() if session.verbosity < 0 else TerminalReporter()
    report = _run(workspace, reporter, start, stop, dry_run)
    Builds(workspace.builds).write_last_run(report)
    if as_json:
        echo_json(report)
    else:
        print_summary(report, workspace.builds, dry_run=dry_run)
    if report.gates:
        raise QualityGateError("; ".join(report.gates))


def _run(workspace: Workspace, reporter: Reporter, start: str | None, stop: str, dry_run: bool) -> BuildReport:
    if start == "load":
        report = _loaded_only(workspace)
    else:
        stages = Range(start, STAGES[-1] if stop == "load" else stop)
        models, recorded = workspace.model_options(), workspace.recorded_answers()
        per_prompt = workspace.settings.extraction.concepts_per_prompt
        with open_askers(models, workspace.answers, recorded, fetch_weights, per_prompt=per_prompt) as askers:
            report = run_build(workspace, askers, reporter, stages)
    if stop != "load" or not report.build:
        return report
    loaded = load_build(workspace, report.build, reporter, How(dry_run=dry_run))
    return replace(report, load=loaded)


def _loaded_only(workspace: Workspace) -> BuildReport:
    builds = Builds(workspace.builds)
    latest = builds.latest()
    if latest is None:
        raise ArtefactError("there is no finished build to load", remedy="run 'kg build' without --from")
    last = builds.last_run()
    return BuildReport(latest, (), last.answers, cost=last.cost) if last else BuildReport(latest, (), AskerStats())


def fetch_weights(name: str) -> Path:
    """Fetch the weights of the embedded model, showing progress."""
    known = weights.MODELS.get(name)
    progress = BytesProgress(f"fetching {name}", known.size) if known else None
    return weights.fetch(name, progress=progress)
