"""``kg demo``: the whole way through on the sample shop, by the commands a user would type."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import click

from kg.errors import QualityGateError

__all__ = ["demo"]

_INTENT = "insomnia"
_PRODUCT = "071397"
_NEXT = (
    ('lookup intent "back to school"', "another intent; 'kg lookup --help' lists the questions"),
    ('why "tortilla chips" salsa', "what the model said, how it was linked, which rules it passed"),
    ("rejects", "the five rows that are wrong on purpose, each with its remedy"),
)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"))
def demo(folder: Path) -> None:
    """Build the sample shop's graph in FOLDER (default: demo) and ask it a few questions.

    Most of the model's answers are recorded; three intents are asked live, so that the embedded model really
    runs. Without its weights the demo goes on with the recorded answers and exits with 3. A second run finds
    everything done.
    """
    config = folder / "config.yaml"
    if not config.exists():
        _run("init", "--sample", str(folder))
    missed = _run("build", "--config", str(config))
    _run("lookup", "intent", _INTENT, "-k", "4", "--config", str(config))
    for question in ("complements", "substitutes", "pairings"):
        _run("lookup", question, _PRODUCT, "-k", "3", "--config", str(config))
    _run("status", "--config", str(config))
    click.secho("\nNext, try:", bold=True)
    click.echo(f"  export KG_CONFIG={shlex.quote(str(config))}")
    kg = "kg" if shutil.which("kg") else shlex.quote(sys.argv[0])
    for command, about in _NEXT:
        click.echo(f"  {kg} {command:<32} # {about}")
    if missed:
        click.echo(f"finished on the recorded answers: {missed}", err=True)
        sys.exit(QualityGateError.exit_code)


def _run(*arguments: str) -> str:
    """Print a command and run it; return what quality gate it missed, if it did."""
    from kg.cli.main import cli  # noqa: PLC0415 - the group imports its commands, not the other way round

    click.secho(f"\n$ {shlex.join(['kg', *arguments])}", fg="cyan")
    try:
        cli.main(list(arguments), prog_name="kg", standalone_mode=False)
    except QualityGateError as error:
        return str(error)
    return ""
