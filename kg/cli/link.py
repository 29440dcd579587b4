"""``kg link``: which product type and which product a name means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from kg.build.linking import Answer, Asked, Linkers, open_linkers
from kg.cli.graph import KEY
from kg.cli.link_file import link_file
from kg.cli.link_why import product_lines, type_lines
from kg.cli.progress import StepProgress
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.model import Link
from kg.text import clean
from linkers.products.analyse import Text
from linkers.registry import LINKER_OPTIONS

__all__ = ["link"]

_ALL = 50  # candidates that a link keeps at most: what a probability is worked out from
_NEAR, _LEAST, _SHOWN = (
    0.5,
    0.02,
    3,
)  # shown under NIL: what is half as probable as the best one, and not next to nothing
_ALSO = "also near:"
_SEVERAL = "also near; the brand, size or variant would tell them apart:"


@click.command()
@with_session
@click.argument("mentions", nargs=-1, type=KEY, metavar="[MENTION]...")
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Link every row of a CSV, TSV or JSON-lines file (gzip is fine) instead.",
)
@click.option(
    "--to",
    "to",
    type=click.Choice(("types", "products", "both")),
    default="both",
    show_default=True,
    help="What to link to.",
)
@click.option("--explain", is_flag=True, help="Show the candidates, and what spoke for and against the best one.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --file: where to write, .csv or .jsonl. Default: CSV on standard output.",
)
@click.option(
    "--linker", type=click.Choice(sorted(LINKER_OPTIONS)), help="Use this linker instead of the configured ones."
)
@click.option("--limit", type=click.IntRange(min=1), help="With --file: only so many rows, from the top.")
@click.option(
    "--precision",
    type=click.FloatRange(0.5, 0.999),
    help="How many of the accepted products are to be right: higher gives fewer and surer links.",
)
@json_option
def link(
    session: Session,
    mentions: tuple[str, ...],
    file: Path | None,
    to: str,
    explain: bool,
    out: Path | None,
    linker: str | None,
    limit: int | None,
    precision: float | None,
    as_json: bool,
) -> None:
    """Say which product type and which product of your catalogue is meant, with a probability, or that none is: NIL.

    MENTIONS are names as people write them: a model's answer, a line of a shopping list, a supplier's title. Put each
    in quotes. The catalogue is the one that 'kg build --to catalog' read last; the first call makes an index of its
    products, which later calls use.

    A name such as "oat milk" means a kind of product and gets a type; it gets a product only if one product is clearly
    meant, which takes brand, size or model number where the shop sells several.

    With --file, every row is linked: the column 'mention', 'title', 'name' or 'query' holds the name; 'brand',
    'description' and 'price' help where they are there. All columns are kept, and type_id, type_name, type_confidence,
    product_id, product_title, product_confidence, margin and reason added. Rows that cannot be read are counted, and
    written beside the results as OUT.rejects.jsonl. Exit code 3: more rows than catalog.max_reject_share allows could
    not be read.

    \b
    Examples:
      kg link "oat milk" "Duracell AA 24pk" "that blue dish soap"
      kg link "Sony MDR-EX55 headphones" --explain
      kg link "oat milk" --to types --json
      kg link --file supplier.csv --out linked.csv --precision 0.98
      kg link --file queries.jsonl.gz --to types --limit 1000 --out linked.jsonl
    """
    workspace = session.workspace
    _check_usage(mentions, file, to, (as_json, explain, out is not None, limit is not None, precision is not None))
    kept = _ALL if explain and not as_json else 1
    asked = Asked(to != "products", to != "types", linker, precision, kept)
    if file is not None:
        link_file(session, asked, file, out, limit)
        return
    linkers = open_linkers(workspace, asked, StepProgress(quiet=session.verbosity < 0))
    answers = linkers.answers([Text(mention) for mention in mentions])
    if as_json:
        echo_json(answers)
        return
    name = linker or workspace.settings.linking.products.linker
    shown: int = workspace.settings.linking.products.model_copy(update={"linker": name}).chosen()["explain"]
    for answer in answers:
        _print(answer, linkers, shown if explain else 0)


def _check_usage(
    mentions: Sequence[str], file: Path | None, to: str, given: tuple[bool, bool, bool, bool, bool]
) -> None:
    """Refuse options that do not go together.

    Raises:
        UsageError: says which.
    """
    as_json, explain, out, limit, precision = given
    wrong = {
        "name one or more mentions, or a file with --file": not mentions and file is None,
        "mentions and --file do not go together: put them into the file": bool(mentions) and file is not None,
        "--json is for mentions; with --file, give --out NAME.jsonl": as_json and file is not None,
        "--explain is for mentions, not for --file": explain and file is not None,
        "--out needs --file": out and file is None,
        "--limit needs --file": limit and file is None,
        "--precision is for products, and --to types links to none": precision and to == "types",
    }
    for message, applies in wrong.items():
        if applies:
            raise click.UsageError(message)


def _print(answer: Answer, linkers: Linkers, explained: int) -> None:
    """Print the answer to one mention; explain it with so many candidates (0: not at all)."""
    click.echo(click.style(clean(answer.mention) or repr(answer.mention), bold=True))
    hint = _SEVERAL if answer.type is not None and answer.type.target_id is not None else _ALSO
    if answer.type is not None:
        _print_link("type", answer.type, linkers.type_threshold, "" if explained else _ALSO)
        if explained and linkers.types is not None:
            _print_lines(type_lines(answer.type, linkers.type_threshold, linkers.types.name))
    if answer.product is not None and linkers.products is not None:
        _print_link("product", answer.product, linkers.products.threshold, "" if explained else hint)
        if explained:
            _print_lines(product_lines(answer.product, linkers.products, explained))


def _print_link(what: str, link: Link, threshold: float | None, hint: str) -> None:
    """Print an answer; ``hint`` stands before other candidates that come near; empty: they are not shown."""
    nil = click.style("NIL", fg="yellow")
    if not link.candidates:
        click.echo(f"  {what:<8} {nil}  {clean(link.reason)}")
        return
    best = link.candidates[0]
    scores = f"confidence {link.confidence:.2f}, margin {link.margin:.2f}"
    if link.target_id is not None:
        click.echo(f"  {what:<8} {click.style(clean(best.name), fg='green')} ({clean(best.id)})  {scores}")
        click.echo(f"           {clean(link.reason)}")
        return
    needed = "" if threshold is None or link.confidence >= threshold else f"; {threshold:.2f} is needed"
    click.echo(f"  {what:<8} {nil}  {scores}{needed}")
    click.echo(f"           {clean(link.reason)} ({clean(best.id)})")
    near = [each for each in link.candidates[1:] if each.score >= max(_NEAR * best.score, _LEAST)]
    if not near or not hint:
        return
    click.echo(f"           {hint}")
    for each in near[:_SHOWN]:
        click.echo(f"             {each.score:.2f}  {clean(each.name)} ({clean(each.id)})")


def _print_lines(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(f"           {line}")
