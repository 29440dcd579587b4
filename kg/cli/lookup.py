"""``kg lookup``: what a downstream service would get, in words."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from itertools import groupby

import click

from kg.cli.graph import KEY, open_graph
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.model import Level, Relation
from kg.store import lookup as lookups
from kg.store.answers import Answer, Hit
from kg.text import clean

__all__ = ["lookup"]

_TITLES = {
    Relation.SATISFIED_BY: "Products for",
    Relation.COMPLEMENTS: "Goes with",
    Relation.SUBSTITUTES: "Can replace",
    Relation.PAIRS_WITH: "Tastes good with",
}
_OTHERS = "More"
_Ask = Callable[..., Answer]


@click.group()
def lookup() -> None:
    """Ask the graph.

    KEY is an id as in the catalogue, or words: they are resolved through the graph's full-text index.

    \b
    Examples:
      kg lookup intent "game-day party"
      kg lookup complements "tortilla chips" -k 5
      kg lookup substitutes 071397 --json
      kg lookup intent "back to school" --by-theme --context summer --context students
    """


_Option = Callable[[Callable[..., None]], Callable[..., None]]
_BY_THEME = click.option(
    "--by-theme", is_flag=True, help="Under the headings of extraction.themes, with what goes well with it."
)


def _command(name: str, ask: _Ask, summary: str, option: _Option = lambda command: command) -> None:
    """Register one look-up; they differ in the question, and some in an option."""

    @lookup.command(name, help=f"{summary}\n\nKEY is an id or words.")
    @with_session
    @click.argument("key", type=KEY)
    @click.option("-k", "count", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many.")
    @click.option(
        "--context",
        "contexts",
        multiple=True,
        metavar="VALUE",
        help="A season, event or persona: only what holds in one of those given, or always. May be repeated.",
    )
    @option
    @json_option
    def command(
        session: Session, key: str, count: int, contexts: tuple[str, ...], as_json: bool, **chosen: bool
    ) -> None:
        _check_contexts(session, contexts)
        with open_graph(session.workspace) as store:
            answer = ask(store, key, count, contexts, **chosen)
        if as_json:
            echo_json(answer)
        else:
            _print(answer, contexts)

    del command


_command("intent", lookups.intent, "Products that satisfy an intent, best first, each with the reason.", _BY_THEME)
_command("complements", lookups.complements, "What is needed or wanted together with a product or product type.")
_command("substitutes", lookups.substitutes, "What can replace a product or product type, and what changes.")
_command("pairings", lookups.pairings, "What tastes good with a dish, a cuisine, a product or a product type.")


def _check_contexts(session: Session, contexts: tuple[str, ...]) -> None:
    """Refuse what is no value of the configured list: it would find what always holds and nothing else."""
    known = [value for kind in session.workspace.settings.extraction.contexts.kinds() for value in kind]
    for context in contexts:
        if context not in known:
            near = difflib.get_close_matches(context, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise click.BadParameter(f"no such value in extraction.contexts: {context!r}; {hint}")


def _print(answer: Answer, contexts: tuple[str, ...]) -> None:
    subject = answer.subject
    via = f", through its type {answer.via.name!r}" if answer.via else ""
    click.echo(f"{_TITLES[answer.relation]} {click.style(clean(subject.name), bold=True)} ({clean(subject.id)}{via}):")
    if not answer.hits:
        known = f"holds in {', '.join(contexts)}, or always" if contexts else "is known"
        click.echo(f"  nothing {known}; 'kg status' shows what was asked about")
    themed = any(hit.theme for hit in answer.hits)
    for theme, hits in groupby(enumerate(answer.hits, 1), key=lambda numbered: numbered[1].theme):
        if themed:
            click.echo(click.style(clean(theme or _OTHERS), bold=True, underline=True))
        for number, hit in hits:
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
    parts.append(", ".join(map(clean, hit.contexts)))
    return "  ".join(part for part in parts if part)
