"""``kg builds``: the builds there are."""

from __future__ import annotations

import datetime as dt

import click

from kg.build.overview import BuildLine, overview
from kg.cli.graph import graph_is_made
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.cli.tables import table

__all__ = ["builds"]

_HEAD = ("build", "finished", "in the graph since", "products", "product edges", "")


@click.command()
@with_session
@json_option
def builds(session: Session, as_json: bool) -> None:
    """List the builds there are, newest first, and which of them the graph holds.

    Readers see the served one. 'kg rollback BUILD' goes to any other that is in the graph, at once; 'kg publish BUILD'
    loads any whose files are here; 'kg diff A B' shows what they do not share.
    """
    found = overview(session.workspace, graph_is_made=graph_is_made(session.workspace))
    if as_json:
        echo_json(found)
        return
    if not found.builds:
        click.echo("none yet: run 'kg build'")
    else:
        click.echo(table(_HEAD, [_row(line) for line in found.builds]))
    if found.trouble:
        session.say(f"nothing is known of the graph: {found.trouble}")


def _row(line: BuildLine) -> tuple[object, ...]:
    marks = {"served": line.served, "latest": line.latest, "load not finished": line.staged}
    words = ", ".join(mark for mark, holds in marks.items() if holds)
    finished = _when(line.finished_at) or "no files here"
    published = "imported" if line.published_at == 0 else _when(line.published_at) or "no"
    return line.name, finished, published, line.products, line.edges, words


def _when(epoch_ms: int | None) -> str:
    if epoch_ms is None:
        return ""
    return dt.datetime.fromtimestamp(epoch_ms / 1000, dt.UTC).astimezone().strftime("%Y-%m-%d %H:%M")
