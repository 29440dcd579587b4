"""``kg evaluate``: how good it is, measured on labels of your own."""

from __future__ import annotations

from pathlib import Path

import click

from kg.build.encoding import configured_encoder
from kg.cli.progress import StepProgress
from kg.cli.session import echo_json, encoder_option, json_option
from kg.cli.tables import table
from kg.evaluate.linking.cases import compared, opened
from kg.evaluate.linking.data import LinkingSet, pair_files, read_linking, read_pairs
from kg.evaluate.linking.evaluation import BY_MODEL, Evaluation, Plan, evaluate_on, opened_linker, shipped_model
from kg.evaluate.linking.examples import examples
from kg.evaluate.linking.page import linking_page, pair_page, write_page
from kg.evaluate.linking.pairs import PairEvaluation, evaluate_pairs
from kg.evaluate.linking.tables import figures, floor_figures, pair_figures, slice_figures, summary
from linkers.products.registry import DEFAULT_PRODUCT_LINKER, PRODUCT_LINKERS
from linkers.products.vectors import Encoder

__all__ = ["evaluate"]


@click.group()
def evaluate() -> None:
    """Measure how good the linker of products is, on labels that you made."""


@evaluate.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--linker",
    type=click.Choice(sorted(PRODUCT_LINKERS)),
    default=DEFAULT_PRODUCT_LINKER,
    show_default=True,
    help="What links.",
)
@click.option(
    "--model",
    "model",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A model made by 'kg linker fit', in place of the package's (hybrid and lexical).",
)
@click.option(
    "--precision",
    type=click.FloatRange(0.5, 0.999),
    default=0.95,
    show_default=True,
    help="How many of the accepted links are to be right.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Splits and draws otherwise.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with pictures here.")
@encoder_option
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and errors.")
@json_option
def linking(
    path: Path,
    linker: str,
    model: Path | None,
    precision: float,
    seed: int,
    report: Path | None,
    encoder_config: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Measure the linker of products on the labelled mentions in the folder PATH.

    \b
    PATH holds three tables (.csv, .csv.gz, .tsv, .jsonl or .parquet):
      catalog   id and title (or name); if known brand (or manufacturer), description, category, price
      mentions  the same columns: what is to be linked
      gold      mention_id and catalog_id; a mention without a row means nothing that you sell

    A hundred mentions are a start, a thousand give narrow intervals. They are split in two by a hash of their ids.
    On one half models are fitted and thresholds chosen, on the other everything is reported:

    \b
      shipped     the model of the package (or --model), as it comes
      calibrated  the same order of candidates; probabilities and thresholds learned on the fitting half
      fitted      all weights learned on the fitting half; 'kg linker fit' makes such a model

    For a third of the mentions the right product is taken away: the linker should say NIL. In brackets are intervals
    of 95 %. Beside the figures stand floors, what plain string similarity reaches on the same mentions.

    PATH may also be a file, or a folder of files, with the columns title_a, title_b and match (1 or 0): then the
    figures say how well the model tells whether two titles are of one product.

    \b
      kg evaluate linking labels/                        a table
      kg evaluate linking labels/ --report linking.html  and pictures, with thirty decisions one by one
    """
    if model and linker not in BY_MODEL:
        raise click.UsageError(f"--model is for {' and '.join(sorted(BY_MODEL))}: {linker} uses none")
    plan = Plan(linker, str(model or ""), precision, seed)
    progress = StepProgress(quiet=quiet)
    encoder = configured_encoder(encoder_config) if encoder_config else None
    files = pair_files(path)
    if files:
        found = [evaluate_pairs(plan, read_pairs(file), progress, encoder) for file in files]
        _show_pairs(plan, found, report, as_json)
    else:
        _mentions(plan, read_linking(path), progress, report, encoder, as_json)
    if report and not quiet:
        click.echo(f"report written to {report}", err=True)


def _mentions(
    plan: Plan, data: LinkingSet, progress: StepProgress, report: Path | None, encoder: Encoder | None, as_json: bool
) -> None:
    with opened(data, encoder) as index:
        linker = opened_linker(plan, index)
        cases = compared(linker, index, data, progress)
        found = evaluate_on(plan, linker, cases, data, progress)
        if report:
            model = shipped_model(plan) if plan.linker in BY_MODEL else None
            shown = examples(plan, (linker.decider, linker.threshold, model), cases, data, index)
            write_page(report, linking_page(found, shown))
    if as_json:
        echo_json(found)
    else:
        _print(found)


def _show_pairs(plan: Plan, found: list[PairEvaluation], report: Path | None, as_json: bool) -> None:
    if report:
        write_page(report, pair_page(found))
    if as_json:
        echo_json({"pairs": found})
        return
    for each in found:
        click.echo(f"{each.name}: {each.pairs:,} pairs, {each.same:,} of one product; ", nl=False)
        click.echo(f"fitted on {each.fitted_on:,}, reported on the other {each.reported:,} (seed {plan.seed})\n")
        click.echo(table(*pair_figures(each)) + "\n")
    for note in sorted({note for each in found for note in each.notes}):
        click.echo(f"note: {note}")


def _print(found: Evaluation) -> None:
    click.echo(f"{found.name}: {summary(found)}\n")
    for part in (figures(found), floor_figures(found), slice_figures(found)):
        click.echo(table(*part) + "\n")
    for note in found.notes:
        click.echo(f"note: {note}")
