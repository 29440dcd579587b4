"""``kg cache``: the answers that were paid for."""

from __future__ import annotations

from pathlib import Path

import click

from extractors.llm.cache import AnswerCache
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.cli.tables import table
from kg.records import write_jsonl

__all__ = ["cache"]


@click.group()
def cache() -> None:
    """Count, export and import the model's answers. They are what a build costs: keep them."""


@cache.command()
@with_session
@json_option
def stats(session: Session, as_json: bool) -> None:
    """Count the answers and their tokens, for each model."""
    answers = AnswerCache(session.workspace.answers)
    rows = answers.stats()
    answers.close()
    if as_json:
        echo_json(rows)
    else:
        head = ("model", "answers", "recorded", "prompt tokens", "completion tokens")
        click.echo(table(head, [(r.model, r.answers, r.recorded, r.prompt_tokens, r.completion_tokens) for r in rows]))


@cache.command("export")
@with_session
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--without", multiple=True, metavar="SUBJECT", help="Leave out the answers about SUBJECT; may be repeated."
)
def export_answers(session: Session, file: Path, without: tuple[str, ...]) -> None:
    """Write the answers to FILE as JSON lines, in an order that can be diffed."""
    answers = AnswerCache(session.workspace.answers)
    left_out = frozenset(without)
    count = write_jsonl(file, (record for record in answers.export() if _subject(record.item) not in left_out))
    answers.close()
    session.say(f"{count:,} answers written to {file}")


@cache.command("import")
@with_session
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_answers(session: Session, file: Path) -> None:
    """Add the answers of FILE that are not there yet."""
    answers = AnswerCache(session.workspace.answers)
    count = answers.import_file(file)
    answers.close()
    session.say(f"{count:,} new answers from {file}")


def _subject(item: str) -> str:
    """Return the subject named in an answer's item: ``SATISFIED_BY: insomnia -> tea [names]`` -> ``insomnia``."""
    return item.partition(": ")[2].rpartition(" [")[0].partition(" -> ")[0]
