"""``kg diff``: what one build says otherwise than another."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from kg.build.builds import Builds
from kg.build.diff import (
    BuildDiff,
    Counts,
    EdgeDiff,
    End,
    Group,
    KindDiff,
    Selection,
    level_of,
    open_diff,
    told,
)
from kg.build.diff_page import write_diff_page
from kg.cli.session import Session, json_option, with_session
from kg.cli.tables import table
from kg.errors import ArtefactError, QualityGateError
from kg.model import Level, Relation
from kg.records import to_json
from kg.text import clean

__all__ = ["diff"]

_LIMIT = 20
_PAGE_LIMIT = 200
_CHUNK = 500
_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_HEAD = ("added", "removed", "changed", "unchanged")


@click.command()
@with_session
@click.argument("a", required=False)
@click.argument("b", required=False)
@click.option(
    "--relation",
    "relations",
    type=click.Choice([relation.value for relation in Relation]),
    multiple=True,
    help="Only this relation; may be repeated.",
)
@click.option("--level", type=click.Choice([level.value for level in Level]), help="Only this level.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help=f"List at most N edges of a kind and change.  [default: {_LIMIT}; {_PAGE_LIMIT} on a page; all as JSON]",
)
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write a page to read to FILE.")
@click.option("--fail-on-change", is_flag=True, help="Exit with 3 when anything that is compared differs.")
@json_option
def diff(
    session: Session,
    a: str | None,
    b: str | None,
    relations: tuple[str, ...],
    level: str | None,
    limit: int | None,
    page: Path | None,
    fail_on_change: bool,
    as_json: bool,
) -> None:
    """Show what differs from build A (default: the served one) to build B (default: the latest).

    Names may be cut short. Both builds are read from their files; no graph is needed. Edges between product types come
    first, then those between products; of each kind those that were added, removed, or changed in explanation,
    contexts, evidence or ranking, most reached first: by popularity or reach of what they start at.

    \b
    Examples:
      kg diff                                      what the latest build would change
      kg diff b4d3 b72f --relation SUBSTITUTES     two builds, one relation
      kg diff --level type --html changes.html     a page for those who review it
    """
    selection = Selection(tuple(Relation(name) for name in relations), Level(level) if level else None)
    if not selection.kinds():
        raise click.UsageError(f"there are no edges of {' or '.join(relations)} at the level of {level}s")
    builds = Builds(session.workspace.builds)
    first, second = _named(builds, a, builds.current()), _named(builds, b, builds.latest())
    if first == second:
        session.say(f"{first} is compared with itself; name another build")
    with open_diff(builds, first, second, selection) as found:
        if page is not None:
            write_diff_page(page, found, _PAGE_LIMIT if limit is None else limit)
            session.say(f"written to {page}")
        if as_json:
            _echo(_document(found, limit))
        else:
            _echo(_report(found, 0 if page else _LIMIT if limit is None else limit))
        differing = found.differing
    if fail_on_change and differing:
        raise QualityGateError(f"{differing:,} nodes and edges differ between {first} and {second}")


def _named(builds: Builds, name: str | None, default: str | None) -> str:
    if name is None and default is None:
        raise ArtefactError("there is no build to compare with yet", remedy="run 'kg build', or name two builds")
    return default if name is None and default else builds.find(name or "")


def _echo(lines: Iterator[str]) -> None:
    """Print lines in pieces: a call for each would take longer than finding them."""
    while chunk := list(itertools.islice(lines, _CHUNK)):
        click.echo("\n".join(chunk))


def _document(found: BuildDiff, limit: int | None) -> Iterator[str]:
    """Yield one JSON document, a line for each edge."""
    head = {
        "a": found.a,
        "b": found.b,
        "nodes": [{"kind": kind, **_numbers(counts)} for kind, counts in found.nodes.items()],
        "edges": [_kind_record(each) for each in found.edges],
    }
    yield to_json(head).decode().removesuffix("}") + ',"differences":['
    edges = (edge for each in found.edges if each.groups for edge in found.listed(each.kind, limit))
    comma = ""
    for edge in edges:
        yield comma + to_json(_edge_record(edge)).decode()
        comma = ","
    yield "]}"


def _numbers(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in _HEAD}


def _kind_record(each: KindDiff) -> dict[str, Any]:
    about = {group: n for group, n in each.groups.items() if group.change == "changed"}
    return {
        "kind": each.kind.name,
        "relation": each.kind.relation,
        "level": level_of(each.kind),
        **_numbers(each.counts),
        "changed_about": about,
        "changed_properties": each.properties,
        "added_at_new_nodes": each.at_new,
        "removed_at_gone_nodes": each.at_gone,
    }


def _edge_record(edge: EdgeDiff) -> dict[str, Any]:
    return {
        "kind": edge.kind.name,
        "relation": edge.kind.relation,
        "level": level_of(edge.kind),
        "change": edge.group.change,
        "about": edge.group if edge.group.change == "changed" else None,
        "changes": edge.changes,
        "reach": edge.reach,
        "source": edge.source,
        "target": edge.target,
        "before": edge.before,
        "after": edge.after,
    }


def _report(found: BuildDiff, limit: int) -> Iterator[str]:
    yield f"{found.a} -> {found.b}\n"
    yield table(("nodes", *_HEAD), [(kind.value, *_numbers(counts).values()) for kind, counts in found.nodes.items()])
    yield ""
    rows = [
        (each.kind.name, *_numbers(each.counts).values()) for each in found.edges if any(_numbers(each.counts).values())
    ]
    yield table(("edges", *_HEAD), rows) if rows else "no edges"
    if not found.differing:
        yield "\nnothing differs"
    for each in found.edges if limit else ():
        if each.groups:
            yield click.style(f"\n{each.kind.name}", bold=True)
            yield from _groups(each, found.listed(each.kind, limit))


def _groups(each: KindDiff, edges: Iterable[EdgeDiff]) -> Iterator[str]:
    for group, listed in itertools.groupby(edges, key=lambda edge: edge.group):
        total, shown = each.groups[group], 0
        yield f"{_title(each, group)}: {total:,}"
        for edge in listed:
            yield from _edge(edge)
            shown += 1
        if shown < total:
            yield f"  ... and {total - shown:,} more; --limit shows them"


def _title(each: KindDiff, group: Group) -> str:
    if group.change == "changed":
        return f"changed in {group.value}"
    news = (each.at_new, "new") if group is Group.ADDED else (each.at_gone, "gone")
    return f"{group.value}, {news[0]:,} of them at {news[1]} nodes" if news[0] else group.value


def _edge(edge: EdgeDiff) -> Iterator[str]:
    sign, colour = _SIGNS[edge.group.change]
    yield click.style(f"{sign} {_end(edge.source)} -> {_end(edge.target)}", fg=colour)
    if edge.group.change != "changed":
        held = edge.after or edge.before
        scores = [f"{name} {told(held[name], 3)}" for name in ("rank", "confidence") if name in held]
        contexts = [told(held["contexts"])] if held.get("contexts") else []
        yield from (f"    {clean(text)}" for text in (", ".join((*scores, *contexts)), held.get("explanation")) if text)
    elif not edge.changes:
        yield "    only its hash"
    for name in edge.changes:
        before, after = clean(told(edge.before[name])), clean(told(edge.after[name]))
        if name == "explanation":
            yield f"    {name}\n      - {before}\n      + {after}"
        else:
            yield f"    {name} {before} -> {after}"


def _end(end: End) -> str:
    # Names come from the catalogue: cleaned, no title can move the cursor or colour the terminal.
    status = "" if end.status == "kept" else f" [{end.status}]"
    return clean(f"{end.name} ({end.id})") + status
