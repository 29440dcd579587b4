"""``kg extract``: the catalogue and the questions, within a budget."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from extractors.llm.budget import Spent
from extractors.llm.options import ModelOptions
from extractors.llm.session import open_askers
from kg.build.builds import Builds
from kg.build.estimate import make_estimate
from kg.build.pipeline import Range, limited, run_build
from kg.build.report import BuildReport, Quiet, Reporter
from kg.build.settings import Workspace
from kg.build.stages.base import records
from kg.cli.build import fetch_weights
from kg.cli.estimate import estimate_lines
from kg.cli.progress import TerminalReporter
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.cli.summary import money_text, print_summary
from kg.errors import QualityGateError
from kg.model import Failure

__all__ = ["extract"]


_MOST = 10**12  # of whatever money: an amount beyond is a slip


class _Money(click.ParamType[Decimal]):
    """An exact amount."""

    name = "money"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:  # noqa: ANN401
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = Decimal(-1)
        if not amount.is_finite() or not 0 <= amount < _MOST:
            self.fail(f"{value!r} is no amount of money; write it like 12.50", param, ctx)
        return amount


@click.command()
@with_session
@click.option("--limit", type=click.IntRange(min=0), help="Ask about at most N intents, product types and products.")
@click.option("--retry-failed", is_flag=True, help="Ask again what got no usable answer before.")
@click.option("--budget", type=_Money(), metavar="MONEY", help="Spend at most MONEY, in the price table's currency.")
@click.option("--max-calls", type=click.IntRange(min=0), metavar="N", help="Make at most N calls.")
@click.option("--max-tokens", type=click.IntRange(min=0), metavar="N", help="Use at most N tokens.")
@click.option("--batch/--no-batch", default=None, help="Use the provider's Batch API, or do not.")
@click.option("--yes", is_flag=True, help="Do not ask whether to go on.")
@json_option
def extract(
    session: Session,
    limit: int | None,
    retry_failed: bool,
    budget: Decimal | None,
    max_calls: int | None,
    max_tokens: int | None,
    batch: bool | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Read the catalogue and ask the model all that is not answered yet; 'kg build' goes on from there.

    On a terminal the estimate is shown first, and you are asked before money is spent. A run stops before it would
    exceed its budget; the options here take the place of models.budget in the configuration. Every answer is kept: the
    same command with a larger budget goes on where this one stopped, and pays for nothing twice.

    \b
    Examples:
      kg extract --limit 50          a pilot: 'kg estimate' then knows what the rest will cost
      kg extract --budget 20         as much as 20 buys
      kg extract --retry-failed      questions that got no usable answer, once more
    """
    workspace = limited(session.workspace, limit)
    workspace = _with_models(workspace, _limited(workspace.settings.models, (budget, max_calls, max_tokens), batch))
    reporter: Reporter = Quiet() if session.verbosity < 0 else TerminalReporter()
    if not (yes or as_json) and _on_terminal() and not _agreed(workspace, reporter, retry_failed):
        session.say("nothing was asked")
        return
    report, spent = _run(workspace, reporter, retry_failed)
    summary = _summary(workspace, report, spent)
    if as_json:
        echo_json(summary)
    else:
        print_summary(report, workspace.builds)
        _print(summary)
    if report.gates:
        raise QualityGateError("; ".join(report.gates))


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left of each limit; ``None``: there is no such limit, or the money spent is not known."""

    money: Decimal | None
    tokens: int | None
    calls: int | None


@dataclass(frozen=True, slots=True)
class _Summary:
    """``asked = answered + failed``; ``failures`` counts by reason, and ``files`` list them one by one."""

    report: BuildReport
    asked: int
    answered: int
    failed: int
    failures: dict[str, int]
    files: tuple[str, ...]
    spent: Spent
    left: _Left


def _limited(
    models: ModelOptions, limits: tuple[Decimal | None, int | None, int | None], batch: bool | None
) -> ModelOptions:
    """Return the models' settings with those of the options that were given."""
    given = {name: value for name, value in zip(("money", "calls", "tokens"), limits, strict=True) if value is not None}
    update: dict[str, Any] = {"budget": models.budget.model_copy(update=given)}
    if batch is not None:
        update["batch"] = models.batch.model_copy(update={"enabled": batch})
    return models.model_copy(update=update)


def _with_models(workspace: Workspace, models: ModelOptions) -> Workspace:
    return replace(workspace, settings=workspace.settings.model_copy(update={"models": models}))


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _agreed(workspace: Workspace, reporter: Reporter, retry_failed: bool) -> bool:
    """Show the estimate; ask whether to go on, if that may cost money."""
    found = make_estimate(workspace, reporter, retry_dead=retry_failed)
    if found.is_free:
        return True
    for line in estimate_lines(found):
        click.echo(line, err=True)
    return click.confirm("go on?", err=True)


def _run(workspace: Workspace, reporter: Reporter, retry_failed: bool) -> tuple[BuildReport, Spent]:
    models, recorded = workspace.model_options(), workspace.recorded_answers()
    per_prompt = workspace.settings.extraction.concepts_per_prompt
    with open_askers(
        models, workspace.answers, recorded, fetch_weights, per_prompt=per_prompt, retry_dead=retry_failed
    ) as askers:
        report = run_build(workspace, askers, reporter, Range(stop="extract"))
        spent = askers.propose.endpoint.budget.spent()
    Builds(workspace.builds).write_last_run(report)
    return report, spent


def _summary(workspace: Workspace, report: BuildReport, spent: Spent) -> _Summary:
    stats, budget = report.answers, workspace.settings.models.budget
    made = Builds(workspace.builds).in_progress()
    files = [path for stage in ("tag", "extract") for path in made.files(stage, "failures.jsonl")] if made else []
    reasons = Counter(failure.reason for failure in records(files, Failure))
    money = None if budget.money is None or spent.money is None else max(Decimal(), budget.money - spent.money)
    return _Summary(
        report=report,
        asked=stats.asked,
        answered=stats.asked - stats.failed,
        failed=stats.failed,
        failures=dict(sorted(reasons.items())),
        files=tuple(str(path) for path in files if path.stat().st_size),
        spent=spent,
        left=_Left(
            money,
            None if budget.tokens is None else max(0, budget.tokens - spent.tokens),
            None if budget.calls is None else max(0, budget.calls - spent.calls),
        ),
    )


def _print(summary: _Summary) -> None:
    """Print what the build's own summary has not: failures by reason, and what is left to spend."""
    click.echo(f"{summary.answered:,} answered + {summary.failed:,} failed = {summary.asked:,} asked")
    if summary.files:
        first, *others = summary.files
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in summary.failures.items())
        more = f" and {len(others):,} more files beside it" if others else ""
        click.echo(f"without an answer: {reasons}: {first}{more}")
    left, cost = summary.left, summary.report.cost
    currency = cost.currency if cost else ""
    parts = [f"{left.tokens:,} tokens"] if left.tokens is not None else []
    parts += [f"{left.calls:,} calls"] if left.calls is not None else []
    parts += [money_text(left.money, currency)] if left.money is not None else []
    if parts:
        click.echo(f"left of the budget: {', '.join(parts)}")
