"""What ``kg build`` and ``kg status`` print about a run."""

from __future__ import annotations

from pathlib import Path

import click

from kg.build.report import BuildReport
from kg.cli.tables import table

__all__ = ["print_summary"]

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
        click.echo(_answers(report))
    if report.load is not None:
        load = report.load
        would = "the load would write" if dry_run else "the load wrote"
        click.echo(
            f"{would} {load.writes:,} changes to the {load.store} graph: {load.created:,} created, "
            f"{load.updated:,} updated, {load.deleted:,} deleted; {load.unchanged:,} were as they should be "
            f"({load.seconds:.1f} s)"
        )
    for line in _to_read(report, builds):
        click.echo(line)
    click.echo(f"build {report.build or '(unfinished)'}, {report.seconds:.1f} s in all")


def _answers(report: BuildReport) -> str:
    answers = report.answers
    if not answers.asked:
        return "no questions: every answer needed is in finished work already"
    line = (
        f"{answers.asked:,} questions: {answers.recorded:,} answered from the recorded answers, "
        f"{answers.cached:,} from earlier runs, {answers.live:,} live by the model, {answers.failed:,} failed"
    )
    tokens = answers.prompt_tokens + answers.completion_tokens
    return f"{line}; {tokens:,} tokens used" if tokens else line


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
