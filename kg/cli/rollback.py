"""``kg rollback``: serve an earlier build again."""

from __future__ import annotations

import click

from kg.build.publish import roll_back
from kg.cli.publish import take_over_option
from kg.cli.session import Session, echo_json, json_option, with_session

__all__ = ["rollback"]


@click.command()
@with_session
@click.argument("build", required=False)
@take_over_option
@json_option
def rollback(session: Session, build: str | None, take_over: bool, as_json: bool) -> None:
    """Show readers BUILD again (default: the one before the served one), in one small transaction.

    The graph must still hold it: 'kg builds' says which it does. Nothing is copied or deleted, so it can be undone by
    going forward in the same way. Facts of products (title, price, stock) stay those of the newest load.

    \b
    Examples:
      kg rollback          the build before
      kg rollback b4d3     another one, by the beginning of its name
    """
    done = roll_back(session.workspace, build, by_force=take_over)
    if as_json:
        echo_json(done)
        return
    click.echo(f"readers see {done.build} instead of {done.before} (switched in {done.seconds * 1000:.0f} ms)")
