"""``kg verify``: is the graph what the build says?"""

from __future__ import annotations

import click

from kg.build.publish import verify_graph
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.errors import QualityGateError
from kg.store.verify import Verified

__all__ = ["verify"]


@click.command()
@with_session
@click.option("--repair", is_flag=True, help="Make the graph what the build says, and check again.")
@click.option("--quick", is_flag=True, help="Believe the hashes in the graph: a text changed by hand is not seen.")
@json_option
def verify(session: Session, repair: bool, quick: bool, as_json: bool) -> None:
    """Check the graph against the files of the build that readers see.

    Constraints and indexes, every node and edge with its content, doubled ones, what is left over of older builds, and
    loads that were cut off. What is yours (other labels, your own properties and relationships) is no fault. Exit code
    3 when something is wrong; --repair writes a new generation of the same build, and readers see no gap.
    """
    found = verify_graph(session.workspace, repair=repair, quick=quick)
    if as_json:
        echo_json(
            {"ok": found.ok, **{name: getattr(found, name) for name in ("build", "generation", "rows", "checks")}}
        )
    else:
        _print(found)
    if not found.ok:
        wrong = [check for check in found.checks if check.wrong]
        remedies = "; ".join(dict.fromkeys(check.remedy for check in wrong))
        raise QualityGateError(f"{len(wrong)} of {len(found.checks)} checks failed", remedy=remedies)


def _print(found: Verified) -> None:
    for check in found.checks:
        mark = click.style("wrong", fg="red") if check.wrong else click.style("ok   ", fg="green")
        click.echo(f"{mark}  {check.name}" + (f": {check.wrong:,}" if check.wrong else ""))
        for example in check.examples:
            click.echo(f"         {example}")
    click.echo(f"build {found.build}, generation {found.generation}: {found.rows:,} nodes and edges")
