"""``kg estimate``: what asking the model will cost, before anything is spent."""

from __future__ import annotations

import click

from extractors.forecast import Figures, Row
from kg.build.estimate import Estimate, make_estimate
from kg.build.pipeline import limited
from kg.build.report import Quiet, Reporter
from kg.cli.progress import TerminalReporter
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.cli.summary import money_text, price_line
from kg.cli.tables import table

__all__ = ["estimate", "estimate_lines"]

_HEAD = ("relation", "step", "model", "questions", "answered", "calls", "prompt", "completion", "money", "rests on")
_UNITS = ((3600.0, "h"), (60.0, "min"), (1.0, "s"))


@click.command()
@with_session
@click.option("--limit", type=click.IntRange(min=0), help="Ask about at most N intents, product types and products.")
@click.option("--retry-failed", is_flag=True, help="Count questions that got no usable answer: they are asked again.")
@json_option
def estimate(session: Session, limit: int | None, retry_failed: bool, as_json: bool) -> None:
    """Say how many calls, tokens and how much money and time 'kg extract' will take. Nothing is asked.

    Everything that is in the answer cache is followed as a build would. What is not known yet, how many names a
    subject will get and how many of them will pass their check, is taken from this model's answers so far: after a
    pilot ('kg extract --limit 50') the estimate is good to a few percent. The range holds if all guesses are off the
    same way. Repeats of calls that failed are not in it.

    \b
    What a row rests on:
      cache            everything is answered
      questions        all questions are known, and the replies are one word
      history          so many answers of this model to questions of this kind
      other relations  this model's answers about other relations
      other models     other models' answers in this cache
      prior            what the sample's recorded answers were like
    """
    reporter: Reporter = Quiet() if session.verbosity < 0 else TerminalReporter()
    found = make_estimate(limited(session.workspace, limit), reporter, retry_dead=retry_failed)
    if as_json:
        echo_json(found)
        return
    for line in estimate_lines(found):
        click.echo(line)


def estimate_lines(found: Estimate) -> list[str]:
    """Return an estimate as lines for people."""
    lines = [table(_HEAD, [_cells(row, found.currency) for row in found.rows])] if found.rows else []
    asked = found.questions - found.answered - found.dead
    line = f"{found.questions:,} questions about {found.subjects:,} subjects: {found.answered:,} answered already"
    if found.dead:
        line += f", {found.dead:,} without a usable answer (--retry-failed asks them again)"
    lines.append(f"{line}, {asked:,} to ask")
    if found.high.calls:
        at = " at the price of the Batch API" if found.batch else ""
        lines.append(f"expected: {_figures(found.expected, found.currency)}{at}")
        lines.append(f"at least: {_figures(found.low, found.currency)}")
        lines.append(f"at most:  {_figures(found.high, found.currency)}")
        lines.append(f"time:     {_time(found)}")
    lines += [f"to know the cost: {price_line(model, found.currency)}" for model in found.unpriced]
    return [*lines, *found.notes]


def _cells(row: Row, currency: str) -> tuple[object, ...]:
    figures = row.expected
    rests_on = (
        row.basis if row.basis in {"cache", "questions", "prior"} else f"{row.basis}, {row.basis_answers:,} answers"
    )
    return (
        row.relation, row.step, row.model, row.questions, row.answered, figures.calls, figures.prompt_tokens,
        figures.completion_tokens, money_text(figures.money, currency), rests_on,
    )  # fmt: skip


def _figures(figures: Figures, currency: str) -> str:
    tokens = f"{figures.prompt_tokens:,} prompt and {figures.completion_tokens:,} completion tokens"
    return f"{figures.calls:,} calls, {tokens}, {money_text(figures.money, currency)}"


def _time(found: Estimate) -> str:
    time = found.time
    return time.bound_by if time.seconds is None else f"{_duration(time.seconds)} or more, by {time.bound_by}"


def _duration(seconds: float) -> str:
    """Return seconds in the largest unit that makes one or more."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.1f} s"
