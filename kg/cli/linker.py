"""``kg linker``: the small model that decides which product a mention means."""

from __future__ import annotations

from pathlib import Path

import click

from kg.build.encoding import configured_encoder
from kg.cli.progress import StepProgress
from kg.cli.session import echo_json, encoder_option, json_option
from kg.cli.tables import table
from kg.evaluate.linking.data import read_linking
from kg.evaluate.linking.evaluation import Plan
from kg.evaluate.linking.fitting import FittedModel, fit_model, write_model
from kg.evaluate.linking.tables import row_figures
from linkers.products.features import FEATURES
from linkers.products.model import SIGNALS, default_model, load_model

__all__ = ["linker"]


@click.group()
def linker() -> None:
    """Fit the linker of products to your shop, and look at its weights.

    The linker decides by a small model: a weight for each of some thirty features, in a file that you can read. The one
    of the package was made without labels of any shop. One made from a few hundred mentions of yours mostly knows
    better, above all how sure it can be.
    """


@linker.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Where to write the model (JSON)."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Splits the mentions otherwise.")
@click.option(
    "--precision",
    type=click.FloatRange(0.5, 0.999),
    default=0.95,
    show_default=True,
    help="How many of the accepted links are to be right, in the report.",
)
@click.option("--all", "everything", is_flag=True, help="Fit on all mentions; nothing is left to report on.")
@encoder_option
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and errors.")
@json_option
def fit(
    folders: tuple[Path, ...],
    out: Path,
    seed: int,
    precision: float,
    everything: bool,
    encoder_config: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Make a model from the labelled mentions in FOLDERS.

    Each folder holds catalog, mentions and gold, as 'kg evaluate linking --help' says. The model is fitted on half of
    the mentions, by a hash of their ids, and reported on the other half beside the model of the package: so you see
    what it is worth. When it is worth having, make it again with --all.

    To use it, name it in config.yaml: linking.products.hybrid.model.

    \b
      kg linker fit labels/ --out shop.json         fit on half, report on the rest
      kg linker fit labels/ --out shop.json --all   fit on everything
      kg linker show shop.json                      what it weighs
    """
    plan = Plan(precision=precision, seed=seed)
    sets = [read_linking(folder) for folder in folders]
    encoder = configured_encoder(encoder_config) if encoder_config else None
    found = fit_model(plan, sets, StepProgress(quiet=quiet), everything=everything, encoder=encoder)
    write_model(out, found.model)
    if as_json:
        echo_json(found)
    else:
        _print(found, precision)
    if not quiet:
        click.echo(f"{out}: {found.model.made}", err=True)
        click.echo(f"to use it, set linking.products.hybrid.model: {out} in config.yaml", err=True)


@linker.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@json_option
def show(file: Path | None, as_json: bool) -> None:
    """Print the weights of the model in FILE, or of the package's, with what each feature is.

    The first table orders candidates: the one with the highest sum of weight times feature is the best. The second says
    how likely that one is right: its sum, with the bias, is the logarithm of the odds. The third are thresholds, with
    the precision and recall that links above them had where the model was made.
    """
    model = load_model(file) if file else default_model()
    if as_json:
        echo_json(model)
        return
    if model.made:
        click.echo(f"made by: {model.made}\n")
    click.echo(table(("order of candidates", "weight", "what it is"), _weights(model.features, FEATURES)) + "\n")
    bias = ("bias", _signed(model.bias), "added in any case")
    click.echo(table(("probability", "weight", "what it is"), [bias, *_weights(model.signals, SIGNALS)]) + "\n")
    cuts = [(f"{cut.threshold:.3f}", f"{cut.precision:.3f}", f"{cut.recall:.3f}") for cut in model.cuts]
    click.echo(table(("threshold", "precision", "recall"), cuts))


def _weights(weights: dict[str, float], about: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return the weights that are not zero, largest first."""
    named = sorted(weights.items(), key=lambda item: (-abs(item[1]), item[0]))
    return [(name, _signed(weight), about[name]) for name, weight in named if weight]


def _signed(weight: float) -> str:
    return f"{weight:+8.3f}"


def _print(found: FittedModel, precision: float) -> None:
    for each in found.reports:
        click.echo(f"{each.name}: fitted on {each.fitted_on:,} mentions, reported on the other {each.reported:,}\n")
        click.echo(table(*row_figures(each.rows, precision)) + "\n")
