"""``kg status``: where things stand."""

from __future__ import annotations

import click

from kg.build.builds import Builds
from kg.cli.graph import graph_is_made
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.cli.summary import print_summary
from kg.cli.tables import table
from kg.store.answers import Stats
from kg.store.lookup import stats
from kg.store.stores import open_store

__all__ = ["status"]


@click.command()
@with_session
@json_option
def status(session: Session, as_json: bool) -> None:
    """Show the last run, which build is served, and what the graph holds."""
    builds = Builds(session.workspace.builds)
    last = builds.last_run()
    graph = Stats("", {}, {}, {})
    if graph_is_made(session.workspace):
        with open_store(session.workspace.store_options()) as store:
            graph = stats(store)
    if as_json:
        echo_json({"latest": builds.latest(), "served": builds.current(), "last_run": last, "graph": graph})
        return
    click.echo(f"latest build  {builds.latest() or 'none yet: run kg build'}")
    click.echo(f"in the graph  {graph.build or 'nothing yet'}")
    _print_graph(graph)
    if last is not None:
        click.echo("\nthe last run:")
        print_summary(last, session.workspace.builds)


def _print_graph(graph: Stats) -> None:
    rows = [(name, count) for name, count in [*graph.nodes.items(), *graph.edges.items()] if count]
    if rows:
        click.echo(table(("in the graph", "count"), rows))
