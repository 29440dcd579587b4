"""``kg propose-intents``: new intents for a person to review, and the way of those that are accepted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from kg.build.propose import ProposalReport, Wanted, accept_intents
from kg.build.propose import propose_intents as propose
from kg.build.report import Quiet, Reporter
from kg.build.settings import Workspace
from kg.cli.build import fetch_weights
from kg.cli.progress import TerminalReporter
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.cli.tables import table
from kg.errors import QualityGateError

__all__ = ["propose_intents"]

_SHOWN = 20


@click.command("propose-intents")
@with_session
@click.option(
    "--query-log",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Propose from what shoppers typed: CSV, TSV or JSON lines with the columns query and count.",
)
@click.option(
    "--top", type=click.IntRange(min=1), default=5000, show_default=True, help="Look at the N most frequent queries."
)
@click.option(
    "--from-types",
    type=click.IntRange(min=1),
    metavar="N",
    help="Ask the model what the buyers of the first N product types, by reach, are about to do.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("proposed_intents.csv"),
    show_default=True,
    help="The table for review; lines that are there stay.",
)
@click.option(
    "--accept",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Append what is marked 'accept' in FILE to the configured file of intents.",
)
@json_option
def propose_intents(
    session: Session,
    query_log: Path | None,
    top: int,
    from_types: int | None,
    out: Path,
    accept: Path | None,
    as_json: bool,
) -> None:
    """Propose new intents, for review: from product types, from a query log, or both.

    What is an intent already, names a product or a brand, or is no plain name is left out; names that are equal or
    spelled alike become one. The proposals go to a table. Write accept or reject into its column decision, correct
    what you like, and give it back with --accept. Nothing enters the graph by itself: the next 'kg build' asks about
    the intents you accepted. Running it again adds only what is new to the table.

    \b
      kg propose-intents --query-log sample/queries.csv
      kg propose-intents --from-types 50
      kg propose-intents --accept proposed_intents.csv
    """
    if accept is not None:
        if query_log or from_types:
            raise click.UsageError("--accept goes without --query-log and --from-types")
        _accept(session.workspace, accept, as_json)
        return
    if not (query_log or from_types):
        raise click.UsageError("say what to propose from: --query-log FILE, --from-types N, or both")
    reporter: Reporter = Quiet() if session.verbosity < 0 else TerminalReporter()
    report = propose(session.workspace, Wanted(out, from_types or 0, query_log, top), fetch_weights, reporter)
    if as_json:
        echo_json(report)
    else:
        _print(report)
    if report.gates:
        raise QualityGateError("; ".join(report.gates))


def _accept(workspace: Workspace, file: Path, as_json: bool) -> None:
    found = accept_intents(workspace, file)
    if as_json:
        echo_json(found)
        return
    intents = workspace.path(workspace.settings.intents.file)
    click.echo(
        f"{len(found.intents):,} intents added to {intents}; {found.known:,} were there already, "
        f"{found.rejected:,} are rejected, {found.undecided:,} undecided"
    )


def _print(report: ProposalReport) -> None:
    done = report.proposed
    rows = [
        (each.name, each.kind.value if each.kind else "?", each.searches, len(each.types), ", ".join(each.types[:3]))
        for each in done.proposals[:_SHOWN]
    ]
    if rows:
        click.echo(table(("proposal", "kind", "searches", "types", "for example"), rows))
    if len(done.proposals) > _SHOWN:
        click.echo(f"... and {len(done.proposals) - _SHOWN:,} more")
    if report.queries is not None:
        counts = report.queries.counts
        click.echo(f"{counts.kept:,} of {counts.taken:,} rows of the query log were read, {counts.dropped:,} refused")
    rules = ", ".join(f"{count:,} {rule}" for rule, count in Counter(each.rule for each in done.drops).most_common())
    click.echo(f"{done.counts.taken:,} names: {done.counts.kept:,} are in proposals; left out: {rules or 'none'}")
    if done.failures:
        click.echo(f"{len(done.failures):,} questions have no answer")
    click.echo(f"left out, one by one: {report.drops}")
    if done.proposals:
        click.echo(f"{len(done.proposals):,} proposals to decide on: {report.file}")
    else:
        click.echo("nothing new to propose")
