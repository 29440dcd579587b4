"""``kg publish``: load a finished build, and switch readers to it."""

from __future__ import annotations

import click

from kg.build.builds import Builds
from kg.build.publish import How, load_build
from kg.build.report import Quiet, Reporter, WriteReport
from kg.cli.progress import TerminalReporter
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.cli.summary import print_load
from kg.cli.tables import table
from kg.errors import ArtefactError

__all__ = ["publish", "take_over_option"]

take_over_option = click.option(
    "--take-over", is_flag=True, help="Break the lock of another load. What that one writes afterwards is refused."
)
_HEAD = ("kind", "created", "updated", "deleted", "unchanged")


@click.command()
@with_session
@click.argument("build", required=False)
@click.option("--dry-run", is_flag=True, help="Only count what would be written, by kind.")
@click.option("--no-switch", is_flag=True, help="Write it, and leave readers with the build they see.")
@click.option("--read-back", is_flag=True, help="Compare with what the graph holds, not with the files of its build.")
@take_over_option
@json_option
def publish(
    session: Session, build: str | None, dry_run: bool, no_switch: bool, read_back: bool, take_over: bool, as_json: bool
) -> None:
    """Load BUILD (default: the latest) into the graph, and switch readers to it.

    Only what changed is written, beside what readers see. They see the old build whole until one small transaction
    switches all of them to the new one. What only older builds show is removed afterwards; store.keep_builds says how
    many of them 'kg rollback' can go back to. A load that was killed is completed by running the command again.

    \b
    Examples:
      kg publish --dry-run     what would change
      kg publish --no-switch   write everything now ...
      kg publish               ... and switch later, in a moment
      kg publish b4d3          an older build, by the beginning of its name
    """
    builds = Builds(session.workspace.builds)
    name = builds.find(build) if build else builds.latest()
    if name is None:
        raise ArtefactError("there is no finished build to publish", remedy="run 'kg build'")
    reporter: Reporter = Quiet() if session.verbosity < 0 else TerminalReporter()
    how = How(dry_run=dry_run, show=not no_switch, read_back=read_back, take_over=take_over)
    report = load_build(session.workspace, name, reporter, how)
    if as_json:
        echo_json(report)
        return
    _print(report, dry_run=dry_run, shown=how.show)


def _print(report: WriteReport, *, dry_run: bool, shown: bool) -> None:
    rows = [(kind, *(counts[name] for name in _HEAD[1:])) for kind, counts in report.kinds.items()]
    changed = [row for row in rows if any(row[1:4])]
    if changed:
        click.echo(table(_HEAD, changed))
    print_load(report, dry_run=dry_run)
    if not dry_run and not shown:
        click.echo(f"readers still see the build they saw; 'kg publish {report.build}' switches them")
    elif not dry_run and not report.generation:
        click.echo(f"readers see {report.build}, as before")
