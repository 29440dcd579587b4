"""``kg config``: what is really in force."""

from __future__ import annotations

import json

import click
import yaml

from kg.build.settings import effective
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.records import to_json

__all__ = ["config"]


@click.command()
@with_session
@json_option
def config(session: Session, as_json: bool) -> None:
    """Print the effective configuration: the file, the environment and the defaults put together, secrets masked."""
    values = effective(session.workspace.settings)
    if as_json:
        echo_json(values)
        return
    plain = json.loads(to_json(values))  # enums become the words people write
    click.echo(f"# from {session.config}")
    click.echo(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), nl=False)
