"""``kg cache``: the answers that were paid for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from extractors.llm.cache import AnswerCache, CacheStats, Selection
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.cli.tables import table
from kg.records import write_jsonl

__all__ = ["cache"]


@click.group()
def cache() -> None:
    """Count, export, import and prune the model's answers. They are what a build costs: keep them.

    Every answer is kept under its question: the model, its parameters and all the words of the prompt. What was asked
    once is never paid for again, by any build that shares the file (extraction.answers in the configuration), also
    while other builds are running. A question that got no usable answer is kept as a dead letter, with the reason.
    """


@cache.command()
@with_session
@json_option
def stats(session: Session, as_json: bool) -> None:
    """Count the answers, what they cost, and the dead letters, for each model.

    Tokens are those the answers were made with. Billed tokens are those of every reply, of replies that could not be
    used as well; recorded answers came with an import and cost nothing here.
    """
    with _opened(session) as answers:
        rows, leased, jobs = answers.stats(), answers.leased(), answers.jobs()
    if as_json:
        echo_json(rows)
        return
    click.echo(_stats_table(rows))
    if leased:
        click.echo(f"\n{leased:,} questions are being asked right now")
    for job in jobs:
        day = dt.datetime.fromtimestamp(job.since, tz=dt.UTC).isoformat(timespec="minutes")
        click.echo(f"batch {job.batch or job.id} of {job.model}, since {day}: {job.status}, {job.questions:,} open")


@cache.command("export")
@with_session
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--model", "models", multiple=True, metavar="NAME", help="Only the answers of NAME; may be repeated.")
@click.option(
    "--without", multiple=True, metavar="SUBJECT", help="Leave out the answers about SUBJECT; may be repeated."
)
def export_answers(session: Session, file: Path, models: tuple[str, ...], without: tuple[str, ...]) -> None:
    """Write the answers to FILE as JSON lines, in an order that can be diffed.

    Another machine takes them in with 'kg cache import', or starts every build from them when its configuration names
    the file in extraction.recorded_answers.
    """
    with _opened(session) as answers:
        count = write_jsonl(file, answers.export(_known(answers, models), frozenset(without)))
    session.say(f"{count:,} answers written to {file}")


@cache.command("import")
@with_session
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_answers(session: Session, file: Path) -> None:
    """Add the answers of FILE that are not there yet.

    FILE is what 'kg cache export' writes. All of it is checked first: if a line is wrong, it is named and nothing is
    added. An answer that is there already stays.
    """
    with _opened(session) as answers:
        count = answers.import_file(file)
    session.say(f"{count:,} new answers from {file}")


@cache.command()
@with_session
@click.option("--model", "models", multiple=True, metavar="NAME", help="What NAME has answered; may be repeated.")
@click.option(
    "--keep-model",
    "keep_models",
    multiple=True,
    metavar="NAME",
    help="Nothing that NAME has answered; may be repeated.",
)
@click.option(
    "--older-than", "days", type=click.IntRange(min=1), metavar="DAYS", help="What no build has used for DAYS days."
)
@click.option("--dead", is_flag=True, help="The dead letters instead of the answers: the next build asks them again.")
@click.option("--yes", is_flag=True, help="Delete; without it, only show what would go.")
@json_option
def prune(
    session: Session,
    models: tuple[str, ...],
    keep_models: tuple[str, ...],
    days: int | None,
    dead: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Delete answers that are of no more use. Shows what would go; deletes it with --yes.

    What goes fits every selector that is given, and at least one must be. A question whose answer is gone is asked,
    and paid for, again when a build needs it: 'kg cache export' first, if in doubt. Use is noted once a week, so an
    answer may stay up to six days longer than DAYS; it never goes earlier.

    \b
      kg cache prune --older-than 180         answers that half a year of builds did not need
      kg cache prune --keep-model NAME --yes  all answers of the models used before NAME
      kg cache prune --dead --yes             give unanswered questions another chance
    """
    if not (models or keep_models or days or dead):
        raise click.UsageError("say what may go: --model, --keep-model, --older-than or --dead")
    with _opened(session) as answers:
        selection = Selection(_known(answers, models), _known(answers, keep_models), days, dead)
        rows = answers.prunable(selection)
        gone = answers.prune(selection) if yes else 0
        if gone:
            answers.vacuum()
    if as_json:
        echo_json({"selected": rows, "deleted": gone})
    else:
        _tell(rows, yes, gone)


def _tell(rows: Sequence[CacheStats], yes: bool, gone: int) -> None:
    """Print what was selected, and what became of it."""
    if not rows:
        click.echo("nothing is selected")
        return
    head = ("model", "answers", "dead letters", "prompt tokens", "completion tokens")
    click.echo(table(head, [(r.model, r.answers, r.dead_letters, r.prompt_tokens, r.completion_tokens) for r in rows]))
    click.echo(f"\n{gone:,} deleted" if yes else "\nnothing is deleted yet: add --yes to do it")


def _stats_table(rows: Sequence[CacheStats]) -> str:
    head = (
        "model", "answers", "recorded", "prompt tokens", "completion tokens", "dead letters", "calls billed",
        "prompt billed", "completion billed",
    )  # fmt: skip
    cells = [
        (
            row.model, row.answers, row.recorded, row.prompt_tokens, row.completion_tokens, row.dead_letters,
            row.billed_calls, row.billed_prompt_tokens, row.billed_completion_tokens,
        )
        for row in rows
    ]  # fmt: skip
    return table(head, cells)


def _known(answers: AnswerCache, named: Sequence[str]) -> frozenset[str]:
    """Return the names given; a slip in one must not select everything, or nothing."""
    models = [row.model for row in answers.stats()] if named else []
    for name in named:
        if name not in models:
            raise click.UsageError(f"nothing is kept of a model {name!r}; known: {', '.join(models) or 'none'}")
    return frozenset(named)


@contextmanager
def _opened(session: Session) -> Generator[AnswerCache]:
    answers = AnswerCache(session.workspace.answers)
    try:
        yield answers
    finally:
        answers.close()
