"""``kg model``: the weights of the embedded model."""

from __future__ import annotations

import click

from extractors.llm import weights
from kg.cli.progress import BytesProgress
from kg.cli.session import echo_json, json_option
from kg.cli.tables import table
from kg.errors import ModelUnavailable

__all__ = ["model"]

_NAME = click.argument("name", default=next(iter(weights.MODELS)))


@click.group()
def model() -> None:
    """Fetch and list the weights of the embedded model. They are kept once, in your cache folder."""


@model.command()
@_NAME
def fetch(name: str) -> None:
    """Fetch the weights of NAME, going on where an earlier fetch stopped, and check them."""
    if name not in weights.MODELS:
        weights.fetch(name)  # says which names there are
    progress = BytesProgress(f"fetching {name}", weights.MODELS[name].size)
    click.echo(str(weights.fetch(name, progress=progress)))


@model.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """List the models we can fetch."""
    rows = [
        {
            "name": spec.name,
            "bytes": spec.size,
            "licence": spec.licence,
            "fetched": weights.find(spec.name) is not None,
            "about": spec.about,
        }
        for spec in weights.MODELS.values()
    ]
    if as_json:
        echo_json(rows)
    else:
        click.echo(table(list(rows[0]), [list(row.values()) for row in rows]))


@model.command()
@_NAME
def path(name: str) -> None:
    """Print where the weights of NAME are."""
    found = weights.find(name)
    if found is None:
        raise ModelUnavailable(f"the weights of {name} are not here yet", remedy=f"kg model fetch {name}")
    click.echo(str(found))
