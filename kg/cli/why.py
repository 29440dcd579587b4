"""``kg why``: everything known about what joins two things."""

from __future__ import annotations

import click

from kg.build.explain import Trace, trace
from kg.cli.graph import KEY, open_graph
from kg.cli.session import Session, echo_json, json_option, with_session
from kg.store.answers import WhyEdge
from kg.store.lookup import why as ask_why
from kg.text import clean

__all__ = ["why"]


@click.command()
@with_session
@click.argument("a", type=KEY)
@click.argument("b", type=KEY)
@json_option
def why(session: Session, a: str, b: str, as_json: bool) -> None:
    """Show everything known about the edges between A and B: scores, evidence, statement, rules, model, build.

    A and B are ids or words.

    \b
    Example:
      kg why "tortilla chips" salsa
    """
    with open_graph(session.workspace) as store:
        answer = ask_why(store, a, b)
    traces = trace(session.workspace, answer.edges)
    if as_json:
        echo_json({"a": answer.a, "b": answer.b, "edges": answer.edges, "traces": traces})
        return
    if not answer.edges:
        click.echo(clean(f"nothing joins {answer.a.name} ({answer.a.id}) and {answer.b.name} ({answer.b.id})"))
    for edge in answer.edges:
        _print_edge(edge)
    for item in traces:
        _print_trace(item)


def _print_edge(edge: WhyEdge) -> None:
    names = f"{edge.source_name} ({edge.source_id}) -{edge.relation.value}-> {edge.target_name} ({edge.target_id})"
    click.echo(click.style(clean(names), bold=True))
    rows: list[tuple[str, str]] = [
        ("because", edge.explanation),
        ("scores", _scores(edge)),
        ("evidence", _evidence(edge)),
        ("model", f"{edge.model}, prompt {edge.prompt_hash or '-'}"),
        ("build", edge.build),
    ]
    if edge.via_target:
        rows.append(("from", f"{edge.via_source} -{edge.relation.value}-> {edge.via_target}"))
    if edge.contexts:
        rows.append(("contexts", ", ".join(edge.contexts)))
    for name, text in rows:
        click.echo(f"  {name:<9} {clean(text)}")


def _scores(edge: WhyEdge) -> str:
    raw = f"plausibility {edge.plausibility:.2f}, typicality {edge.typicality:.2f}"
    return f"{raw}, confidence {edge.confidence:.2f}, rank {edge.rank}"


def _evidence(edge: WhyEdge) -> str:
    parts = [f"{edge.agreed} of {edge.samples} samples agreed"] if edge.samples else []
    if edge.pairs:
        parts.append(f"bought together {edge.pairs:,} times" + (f", lift {edge.lift:.1f}" if edge.lift else ""))
    if edge.reviewer:
        parts.append(f"decided by {edge.reviewer}")
    return "; ".join(parts)


def _print_trace(item: Trace) -> None:
    statement, verdict = item.statement, item.verdict
    if statement is None:
        click.echo(f"decision {verdict.statement_id}: made by a person, not by the model")
    else:
        named = f"the model named {statement.mention!r} (place {statement.rank})"
        click.echo(f"statement {statement.id}: {named} for {statement.subject!r}")
    click.echo(f"  verdict   {verdict.verdict.value} by {verdict.rule}: {clean(verdict.reason)}")
    click.echo(f"  passed    {', '.join(verdict.passed) or '-'}")
    if item.link is not None:
        click.echo(f"  link      {item.link.target_id} with {item.link.confidence:.2f}: {clean(item.link.reason)}")
