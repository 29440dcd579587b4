"""``kg lookup``: what a downstream service would get, in words."""

from __future__ import annotations

from collections.abc import Callable

import click

from kg.cli.graph import KEY, open_graph
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.model import Level, Relation
from kg.store import lookup as lookups
from kg.store.answers import Answer, Hit
from kg.store.driver import GraphStore
from kg.text import clean

__all__ = ["lookup"]

_TITLES = {
    Relation.SATISFIED_BY: "Products for",
    Relation.COMPLEMENTS: "Goes with",
    Relation.SUBSTITUTES: "Can replace",
    Relation.PAIRS_WITH: "Tastes good with",
}
_Ask = Callable[[GraphStore, str, int], Answer]


@click.group()
def lookup() -> None:
    """Ask the graph.

    KEY is an id as in the catalogue, or words: they are resolved through the graph's full-text index.

    \b
    Examples:
      kg lookup intent "game-day party"
      kg lookup complements "tortilla chips" -k 5
      kg lookup substitutes 071397 --json
    """


def _command(name: str, ask: _Ask, summary: str) -> None:
    """Register one look-up; they differ in the question only."""

    @lookup.command(name, help=f"{summary}\n\nKEY is an id or words.")
    @with_session
    @click.argument("key", type=KEY)
    @click.option("-k", "count", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many.")
    @json_option
    def command(session: Session, key: str, count: int, as_json: bool) -> None:
        with open_graph(session.workspace) as store:
            answer = ask(store, key, count)
        if as_json:
            echo_json(answer)
        else:
            _print(answer)

    del command


_command("intent", lookups.intent, "Products that satisfy an intent, best first, each with the reason.")
_command("complements", lookups.complements, "What is needed or wanted together with a product or product type.")
_command("substitutes", lookups.substitutes, "What can replace a product or product type, and what changes.")
_command("pairings", lookups.pairings, "What tastes good with a dish, a cuisine, a product or a product type.")


def _print(answer: Answer) -> None:
    subject = answer.subject
    via = f", through its type {answer.via.name!r}" if answer.via else ""
    click.echo(f"{_TITLES[answer.relation]} {click.style(clean(subject.name), bold=True)} ({clean(subject.id)}{via}):")
    if not answer.hits:
        click.echo("  nothing is known; 'kg status' shows what was asked about")
    for number, hit in enumerate(answer.hits, 1):
        click.echo(f"{number:>3}. {_line(hit, answer.level)}")
        click.echo(f"     {clean(hit.explanation)}")
    if others := [other for other in answer.others if not subject.exact_id][:3]:
        click.echo(f"also named like that: {', '.join(clean(f'{o.name} ({o.id})') for o in others)}")


def _line(hit: Hit, level: Level) -> str:
    # Names come from the catalogue: cleaned, no title can move the cursor or colour the terminal.
    parts = [click.style(clean(hit.name), bold=True), f"({clean(hit.id)})"]
    if level is Level.PRODUCT:
        parts.append("" if hit.price is None else f"{hit.price:.2f}")
        parts.append("" if hit.in_stock else click.style("out of stock", fg="yellow"))
    parts.append(f"confidence {hit.confidence:.2f}")
    return "  ".join(part for part in parts if part)
