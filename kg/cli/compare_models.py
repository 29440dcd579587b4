"""``kg compare-models``: two models on the same questions, so that a change of model is a decision."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click

from extractors.specs import SPECS
from kg.build.compare import Comparison, Wanted
from kg.build.compare import compare_models as compare
from kg.build.report import Quiet, Reporter
from kg.cli.build import fetch_weights
from kg.cli.progress import TerminalReporter
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.cli.summary import money_text
from kg.cli.tables import table
from kg.errors import QualityGateError
from kg.evaluate.models import Figures
from kg.evaluate.resampling import Estimate
from kg.model import Relation

__all__ = ["compare_models"]


@click.command("compare-models")
@with_session
@click.argument("a")
@click.argument("b")
@click.option(
    "--subjects",
    type=click.IntRange(min=1),
    default=12,
    show_default=True,
    help="Ask about the first N subjects of each relation, by reach.",
)
@click.option(
    "--relations",
    "relations",
    type=click.Choice([relation.value for relation in SPECS]),
    multiple=True,
    help="Only this relation; may be repeated. Default: those of the configuration.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where to write the report.")
@json_option
def compare_models(
    session: Session, a: str, b: str, subjects: int, relations: tuple[str, ...], out: Path | None, as_json: bool
) -> None:
    """Ask the models A and B the same questions and report where they differ, and what each costs.

    A and B are named as in models.propose: main, embedded, or a name of models.others. Both are asked about the same
    subjects of your catalogue and go through the same linking, curation and checks, without your decisions; then each
    is asked what it thinks of what the other said. Answers are kept, so that asking again costs nothing; the budget
    holds. No build is touched.

    Shares have their 95 % interval in brackets: with few subjects it is wide, and --subjects makes it narrower. The
    report and differences.csv, the most telling edges that only one of them keeps, are in a folder of builds/compare,
    or in --out.

    \b
      kg compare-models main small                            12 subjects of each relation
      kg compare-models main small --subjects 40 --relations SUBSTITUTES
    """
    reporter: Reporter = Quiet() if session.verbosity < 0 else TerminalReporter()
    wanted = Wanted(a, b, subjects, tuple(Relation(relation) for relation in relations), out)
    done = compare(session.workspace, wanted, fetch_weights, reporter)
    if as_json:
        echo_json(done)
    else:
        _print(done)
    if done.gates:
        raise QualityGateError("; ".join(done.gates))


def _print(done: Comparison) -> None:
    click.echo(table(("", f"A: {done.a.name}", f"B: {done.b.name}"), _figures(done)))
    click.echo()
    head = ("agreement by relation", "edges of A", "of B", "of both", "same targets", "same edges")
    rows = [
        (each.relation.value, each.edges_a, each.edges_b, each.edges_both, _share(each.linked), _share(each.kept))
        for each in done.agreement.relations
    ]
    click.echo(table(head, rows))
    click.echo()
    click.echo(table(("agreement", ""), _agreement(done)))
    click.echo(f"\nreport and differences.csv: {done.folder}\n")
    click.echo(done.hint)


def _figures(done: Comparison) -> list[tuple[str, str, str]]:
    """Return the figures of both models, one a line."""
    both = (done.a, done.b)
    rows = [
        ("model", *(each.model for each in both)),
        ("questions", *(f"{each.questions:,}" for each in both)),
        ("usable reply at once", *(_share(each.at_once) for each in both)),
        ("  only after repair", *(_share(each.after_repair) for each in both)),
        ("dead letters", *(_share(each.dead) for each in both)),
        ("refusals", *(_share(each.refused) for each in both)),
        ("no answer", *(_share(each.unanswered) for each in both)),
        ("names per subject", *(_number(each.names_per_subject) for each in both)),
        ("linked (the rest is NIL)", *(_share(each.linked) for each in both)),
        ("statements kept", *(_share(each.kept) for each in both)),
        ("  for review", *(_share(each.review) for each in both)),
        ("  dropped", *(_share(each.dropped) for each in both)),
        ("edges", *(f"{each.edges:,}" for each in both)),
        ("tokens, prompt + reply", *(f"{each.prompt_tokens:,} + {each.completion_tokens:,}" for each in both)),
        ("cost", *(money_text(each.money, done.currency) for each in both)),
        ("cost of an edge", *(_per_edge(each, done.currency) for each in both)),
        ("seconds per question", *(_number(each.seconds_per_question) for each in both)),
    ]
    return [(name, first, second) for name, first, second in rows]


def _agreement(done: Comparison) -> list[tuple[str, str]]:
    found = done.agreement
    return [
        ("same linked targets (Jaccard)", _share(found.linked)),
        ("same kept edges (Jaccard)", _share(found.kept)),
        ("A's edges that B keeps", _share(found.a_kept_by_b)),
        ("B's edges that A keeps", _share(found.b_kept_by_a)),
        (f"plausibility on one side, of {found.shared:,} shared statements", _share(found.same_side)),
        ("  rank correlation (Spearman)", _number(found.plausibility)),
        (f"same yes or no, of {found.verdict.of:,} pairs that either named", _share(found.verdict)),
        ("  beyond chance (Cohen's kappa)", _plain(found.kappa)),
    ]


def _share(share: Estimate) -> str:
    if share.value is None or share.low is None or share.high is None:
        return "-"
    return f"{share.value:.0%} [{share.low:.0%}, {share.high:.0%}]"


def _plain(value: Estimate) -> str:
    if value.value is None or value.low is None or value.high is None:
        return "-"
    return f"{value.value:.2f} [{value.low:.2f}, {value.high:.2f}]"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _per_edge(of: Figures, currency: str) -> str:
    money: Decimal | None = of.money_per_edge
    return "-" if money is None else money_text(money, currency)
