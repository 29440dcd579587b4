"""``kg init``: a folder to start from."""

from __future__ import annotations

from pathlib import Path

import click

from kg.build.scaffold import make_project

__all__ = ["init"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--sample", is_flag=True, help="With the sample shop: products, intents, co-purchases, recorded answers.")
def init(folder: Path, sample: bool) -> None:
    """Make a project in FOLDER (default: here): a config.yaml with every setting explained.

    \b
    Examples:
      kg init --sample my-shop    start from the sample shop
      kg init                     start from your own catalogue: put its name in config.yaml
    """
    for path in make_project(folder, sample=sample):
        click.echo(f"wrote {path}", err=True)
    config = folder / "config.yaml"
    click.echo(f"next: kg build --config {config}" if sample else f"next: name your catalogue in {config}", err=True)
