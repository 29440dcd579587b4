"""What ``kg build`` and ``kg status`` print about a run."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click

from kg.build.report import BuildReport, CostReport, WriteReport
from kg.cli.tables import table

__all__ = ["money_text", "price_line", "print_load", "print_summary"]

_HEAD = ("stage", "in", "kept", "review", "dropped", "failed", "seconds")


def print_summary(report: BuildReport, builds: Path, *, dry_run: bool = False) -> None:
    """Print the stages' counts (in = kept + review + dropped + failed), the answers' origin, the load, what to read.

    ``builds`` is the folder of builds, to name files in.
    """
    rows = [
        (s.name, s.counts.taken, s.counts.kept, s.counts.review, s.counts.dropped, s.counts.failed, s.seconds)
        for s in report.stages
    ]
    if rows:
        click.echo(table(_HEAD, rows))
        for line in [*_answers(report), *_cost(report.cost)]:
            click.echo(line)
    if report.load is not None:
        print_load(report.load, dry_run=dry_run)
    for line in _to_read(report, builds):
        click.echo(line)
    click.echo(f"build {report.build or '(unfinished)'}, {report.seconds:.1f} s in all")


def print_load(load: WriteReport, *, dry_run: bool = False) -> None:
    """Print what a load wrote, what readers see since, and what was removed."""
    would = "the load would write" if dry_run else "the load wrote"
    click.echo(
        f"{would} {load.writes:,} changes to the {load.store} graph: {load.created:,} created, "
        f"{load.updated:,} updated, {load.deleted:,} deleted; {load.unchanged:,} were as they should be "
        f"({load.seconds:.1f} s)"
    )
    if load.generation:
        before = f" instead of {load.before}" if load.before not in {"", load.build} else ""
        click.echo(f"readers see {load.build}{before} (switched in {load.switch_seconds * 1000:.0f} ms)")
    if load.kept:
        click.echo(f"{load.kept:,} nodes and edges that are gone stay: something of yours is on them")
    if load.left:
        click.echo(f"{load.left:,} batches of what only older builds show are left for the next load")


def money_text(money: Decimal | None, currency: str) -> str:
    """Return an amount for people: to the cent, small ones to three digits; unknown ones say so."""
    if money is None:
        return "unknown cost"
    if money == 0:
        return f"0 {currency}"
    return f"{money:,.2f} {currency}" if money >= 10 else f"{money:.3g} {currency}"


def price_line(model: str, currency: str) -> str:
    """Return what to write into the configuration so that the cost of a model is known."""
    return f'models.prices.models: {{"{model}": {{prompt: 0.00, completion: 0.00}}}}  # {currency} a million tokens'


def _answers(report: BuildReport) -> list[str]:
    """Return where the answers came from, and what was sent for them."""
    answers = report.answers
    if not answers.asked:
        return ["no questions: every answer needed is in finished work already"]
    lines = [
        f"{answers.asked:,} questions: {answers.recorded:,} answered from the recorded answers, "
        f"{answers.cached:,} from earlier runs, {answers.live:,} live by the model, {answers.failed:,} failed"
        + (f" ({answers.unasked:,} of these were not asked: the budget)" if answers.unasked else "")
    ]
    if answers.requests:
        money = money_text(answers.money, report.cost.currency if report.cost else "")
        lines.append(
            f"{answers.requests:,} requests were sent, {answers.repeated:,} of them repeats: {answers.prompt_tokens:,} "
            f"prompt and {answers.completion_tokens:,} completion tokens, {money.strip()}"
        )
    return lines


def _cost(cost: CostReport | None) -> list[str]:
    """Return what the answers in the build have cost, whoever paid for them."""
    if cost is None or not cost.tokens:
        return []
    answers = sum(counts["answers"] for counts in cost.tokens.values())
    tokens = sum(counts["prompt"] + counts["completion"] for counts in cost.tokens.values())
    line = f"all answers in it: {answers:,}, of {tokens:,} tokens, {money_text(cost.knowledge, cost.currency)}"
    if cost.per_edge is not None:
        line += f"; {money_text(cost.per_edge, cost.currency)} for each of the {cost.edges:,} kept edges"
    return [line, *(f"  to know the cost: {price_line(model, cost.currency)}" for model in cost.unpriced)]


def _to_read(report: BuildReport, builds: Path) -> list[str]:
    """Return where a person should look: claims that wait, decisions and shapes that were warned about."""
    folder = builds / (report.build or "next")
    lines: list[str] = []
    for stage in report.stages:
        if stage.name == "curate" and stage.counts.review:
            lines.append(f"{stage.counts.review:,} claims wait for a person: {folder / 'curate' / 'review.csv'}")
        if warnings := stage.details.get("warnings"):
            lines.append(f"{warnings:,} warnings of {stage.name}: {folder / stage.name / 'warnings.jsonl'}")
    return lines
