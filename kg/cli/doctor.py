"""``kg doctor``: is everything there that a build needs?"""

from __future__ import annotations

import sys

import click

from kg.build.doctor import examine
from kg.cli.session import Session, echo_json, json_option, with_session

__all__ = ["doctor"]

_MARKS = {"ok": ("ok", "green"), "warning": ("warn", "yellow"), "error": ("FAIL", "red")}


@click.command()
@with_session
@json_option
def doctor(session: Session, as_json: bool) -> None:
    """Check configuration, input files, model, answers, graph and versions; each finding with its remedy.

    Exits with 1 when something is wrong that a build needs.
    """
    findings = examine(session.config)
    if as_json:
        echo_json(findings)
    else:
        for finding in findings:
            text, colour = _MARKS[finding.state]
            click.echo(f"{click.style(text.ljust(4), fg=colour)}  {finding.subject:<13} {finding.detail}")
            if finding.remedy:
                click.echo(f"{'':20}-> {finding.remedy}")
    if any(finding.state == "error" for finding in findings):
        sys.exit(1)
