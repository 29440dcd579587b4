"""``kg lookup``: what a downstream service would get, in words."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

import click

from kg.cli.graph import KEY, open_graph
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.model import Level, NodeKind, Relation
from kg.store import lookup as lookups
from kg.store.answers import Answer, CartHit, Change, Hit, Match, Neighbourhood
from kg.store.driver import GraphStore
from kg.text import clean

__all__ = ["lookup"]

_TITLES = {
    Relation.SATISFIED_BY: "Products for",
    Relation.COMPLEMENTS: "Goes with",
    Relation.SUBSTITUTES: "Can replace",
    Relation.PAIRS_WITH: "Tastes good with",
}
_OTHERS = "More"
_KINDS = {"intent": NodeKind.INTENT, "type": NodeKind.TYPE, "product": NodeKind.PRODUCT}
_CALLED = {kind: name for name, kind in _KINDS.items()}
_Ask = Callable[..., Answer]


@click.group()
def lookup() -> None:
    """Ask the graph.

    KEY is an id as in the catalogue, or words: they are looked for in names, and when no name holds them, what means
    about the same is suggested. Services read the same files: docs/lookups.md.

    \b
    Examples:
      kg lookup intent "game-day party"
      kg lookup complements "tortilla chips" -k 5
      kg lookup substitutes 071397 --in-stock
      kg lookup cart 071397 364221             what to offer with a whole cart
      kg lookup page 071397 --json             all that a product's page shows
      kg lookup resolve "something to dip"     what words may mean
      kg lookup intent "back to school" --by-theme --context summer --context students
    """


_Option = Callable[[Callable[..., None]], Callable[..., None]]
_BY_THEME = click.option(
    "--by-theme", is_flag=True, help="Under the headings of extraction.themes, with what goes well with it."
)
_IN_STOCK = click.option(
    "--in-stock",
    is_flag=True,
    help="Of a product: only what is in stock and keeps its diets and audience, with what changes.",
)
_COUNT = click.option("-k", "count", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many.")
_CONTEXTS = click.option(
    "--context",
    "contexts",
    multiple=True,
    metavar="VALUE",
    help="A season, event or persona: only what holds in one of those given, or always. May be repeated.",
)


def _command(name: str, ask: _Ask, summary: str, option: _Option = lambda command: command) -> None:
    """Register one look-up; they differ in the question, and some in an option."""

    @lookup.command(name, help=f"{summary}\n\nKEY is an id or words.")
    @with_session
    @click.argument("key", type=KEY)
    @_COUNT
    @_CONTEXTS
    @option
    @json_option
    def command(
        session: Session, key: str, count: int, contexts: tuple[str, ...], as_json: bool, **chosen: bool
    ) -> None:
        _check_contexts(session, contexts)
        with open_graph(session.workspace) as store:
            answer = ask(session, store, key, count, contexts, **chosen)
        if as_json:
            echo_json(answer)
        else:
            _print(answer, contexts)

    del command


def _plain(question: Callable[..., Answer]) -> _Ask:
    """Return a question that needs nothing of the configuration."""

    def ask(_: Session, *given: Any, **chosen: bool) -> Answer:  # noqa: ANN401 - handed on as it came
        return question(*given, **chosen)

    return ask


def _substitutes(
    session: Session, store: GraphStore, key: str, count: int, contexts: tuple[str, ...], *, in_stock: bool
) -> Answer:
    if not in_stock:
        return lookups.substitutes(store, key, count, contexts)
    stand_ins = lookups.stand_ins(session.workspace.vocabulary())
    return lookups.substitutes_in_stock(store, key, count, contexts, stand_ins=stand_ins)


_command(
    "intent", _plain(lookups.intent), "Products that satisfy an intent, best first, each with the reason.", _BY_THEME
)
_command(
    "complements", _plain(lookups.complements), "What is needed or wanted together with a product or product type."
)
_command("substitutes", _substitutes, "What can replace a product or product type, and what changes.", _IN_STOCK)
_command("pairings", _plain(lookups.pairings), "What tastes good with a dish, a cuisine, a product or a product type.")


@lookup.command("cart")
@with_session
@click.argument("keys", type=KEY, nargs=-1, required=True)
@_COUNT
@click.option(
    "--per-type", type=click.IntRange(1, 100), default=2, show_default=True, help="How many of one product type."
)
@_CONTEXTS
@json_option
def cart(
    session: Session, keys: tuple[str, ...], count: int, per_type: int, contexts: tuple[str, ...], as_json: bool
) -> None:
    """What to offer with a whole cart.

    First what most of its products want, then the surest. Left out is what the cart has already, and what can stand in
    for it: variants, products of the same type, substitutes.

    KEYS are products: ids or words.
    """
    _check_contexts(session, contexts)
    with open_graph(session.workspace) as store:
        found = [lookups.subject(store, key, (NodeKind.PRODUCT,))[0] for key in keys]
        ids = [match.id for match in found]
        answer = lookups.complements_of_cart(store, ids, count, contexts, per_type=per_type)
    if as_json:
        echo_json(answer)
        return
    click.echo(f"Goes with {', '.join(_named(match) for match in dict.fromkeys(found))}:")
    if not answer.hits:
        click.echo(_nothing(contexts))
    for number, hit in enumerate(answer.hits, 1):
        click.echo(f"{number:>3}. {_cart_line(hit)}")
        for wanted in hit.wanted_by:
            click.echo(f"     {clean(wanted.name)}: {clean(wanted.explanation)}")


@lookup.command("page")
@with_session
@click.argument("key", type=KEY)
@click.option("-k", "count", type=click.IntRange(1, 100), default=5, show_default=True, help="How many of each.")
@_CONTEXTS
@json_option
def page(session: Session, key: str, count: int, contexts: tuple[str, ...], as_json: bool) -> None:
    """All that a product's page shows.

    Its type, what goes with it or replaces it, and the intents it serves.

    KEY is a product: an id or words. A service gets all of it in one round trip.
    """
    _check_contexts(session, contexts)
    with open_graph(session.workspace) as store:
        answer = lookups.neighbourhood(store, key, count, contexts)
    if as_json:
        echo_json(answer)
    else:
        _print_page(answer, contexts)


@lookup.command("resolve")
@with_session
@click.argument("key", type=KEY)
@_COUNT
@click.option("--kind", "kinds", type=click.Choice(list(_KINDS)), multiple=True, help="Only these. May be repeated.")
@json_option
def resolve(session: Session, key: str, count: int, kinds: tuple[str, ...], as_json: bool) -> None:
    """What an id or words may name.

    Best first: what KEY is the id of, else names with those words, else what means about the same. A score of 1 is the
    id or the very words; below 0.7 it is only a suggestion, which the other look-ups do not take for what was meant.
    """
    chosen = [_KINDS[kind] for kind in kinds or _KINDS]
    with open_graph(session.workspace) as store:
        found = lookups.resolve(store, key, chosen, count)
    if as_json:
        echo_json(found)
        return
    if not found:
        click.echo(f"nothing here is called {clean(repr(key))}, or means about that")
    for match in found:
        detail = f"  {clean(match.detail)}" if match.detail else ""
        click.echo(f"{match.score:.2f}  {_CALLED[match.kind]:<8} {_named(match)}{detail}")


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
        click.echo(_nothing(contexts))
    themed = any(hit.theme for hit in answer.hits)
    for theme, hits in groupby(enumerate(answer.hits, 1), key=lambda numbered: numbered[1].theme):
        if themed:
            click.echo(click.style(clean(theme or _OTHERS), bold=True, underline=True))
        _print_hits(hits, answer.level)
    if others := [other for other in answer.others if not subject.exact_id][:3]:
        click.echo(f"also named like that: {', '.join(clean(f'{o.name} ({o.id})') for o in others)}")


def _print_page(answer: Neighbourhood, contexts: tuple[str, ...]) -> None:
    kind = f", {clean(answer.type.name)}" if answer.type else ""
    click.echo(f"{_named(answer.subject)}{kind}")
    for title, hits in (
        ("Goes with", answer.complements),
        ("Can be replaced by", answer.substitutes),
        ("Tastes good with", answer.pairings),
        ("Serves", answer.intents),
    ):
        click.echo(click.style(title, bold=True, underline=True))
        if not hits:
            click.echo(_nothing(contexts))
        _print_hits(enumerate(hits, 1), Level.TYPE if hits is answer.intents else Level.PRODUCT)


def _print_hits(numbered: Iterable[tuple[int, Hit]], level: Level) -> None:
    for number, hit in numbered:
        click.echo(f"{number:>3}. {_line(hit, level)}")
        click.echo(f"     {clean(hit.explanation)}")
        if hit.changes:
            click.echo(f"     changes: {'; '.join(map(_change, hit.changes))}")


def _nothing(contexts: tuple[str, ...]) -> str:
    known = f"holds in {', '.join(contexts)}, or always" if contexts else "is known"
    return f"  nothing {known}; 'kg status' shows what was asked about"


def _named(match: Match) -> str:
    return f"{click.style(clean(match.name), bold=True)} ({clean(match.id)})"


def _change(change: Change) -> str:
    before, after = (_value(value) for value in (change.before, change.after))
    return f"{change.attribute} {before} -> {after}"


def _value(value: str | float | None) -> str:
    if value is None or value == "":
        return "not known"
    return clean(value) if isinstance(value, str) else f"{value:.2f}"


def _line(hit: Hit, level: Level) -> str:
    # Names come from the catalogue: cleaned, no title can move the cursor or colour the terminal.
    parts = [click.style(clean(hit.name), bold=True), f"({clean(hit.id)})"]
    if level is Level.PRODUCT:
        parts += _shelf(hit)
    parts.append(f"confidence {hit.confidence:.2f}")
    parts.append(", ".join(map(clean, hit.contexts)))
    return "  ".join(part for part in parts if part)


def _cart_line(hit: CartHit) -> str:
    parts = [click.style(clean(hit.name), bold=True), f"({clean(hit.id)})", *_shelf(hit)]
    return "  ".join(part for part in (*parts, f"confidence {hit.confidence:.2f}") if part)


def _shelf(hit: Hit | CartHit) -> list[str]:
    price = "" if hit.price is None else f"{hit.price:.2f}"
    return [price, "" if hit.in_stock else click.style("out of stock", fg="yellow")]
