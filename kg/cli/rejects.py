"""``kg rejects``: the input rows that were refused."""

from __future__ import annotations

from collections import Counter

import click

from kg.build.builds import Builds
from kg.build.rejects import read_rejects
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.text import clean

__all__ = ["rejects"]


@click.command()
@with_session
@click.option("-n", "--number", type=click.IntRange(min=0), default=20, show_default=True, help="How many to show.")
@json_option
def rejects(session: Session, number: int, as_json: bool) -> None:
    """List the rows of catalogue, intents and engagement that were refused, each with reason and remedy."""
    found = read_rejects(Builds(session.workspace.builds))
    if as_json:
        echo_json(found)
        return
    for reject in found[:number]:
        field = f"{reject.field}: " if reject.field else ""
        click.echo(f"{reject.file}:{reject.line}: {field}{reject.reason} (found {reject.value!r})")
        click.echo(f"    {clean(reject.remedy)}")
    if len(found) > number:
        reasons = Counter(reject.reason for reject in found)
        click.echo(f"... and {len(found) - number:,} more; in all:")
        for reason, count in reasons.most_common():
            click.echo(f"  {count:>7,}  {reason}")
    if not found:
        click.echo("no row was refused")
