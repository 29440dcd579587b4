"""What differs between two builds as one HTML page that needs nothing else: no script, no network, all text escaped.

What is shown is chosen by radio buttons and ``:has()``; where a browser lacks that, everything is shown.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from kg.build.diff import BuildDiff, Counts, EdgeDiff, End, Group, KindDiff, level_of, told
from kg.model import Level
from kg.records import atomic_path
from kg.text import clean

__all__ = ["write_diff_page"]

_WORDS = 200
_HEAD = ("added", "removed", "changed", "unchanged")
_TITLES = {
    Group.ADDED: "Added",
    Group.REMOVED: "Removed",
    Group.EXPLANATION: "Explanation changed",
    Group.CONTEXTS: "Contexts changed",
    Group.EVIDENCE: "Evidence changed",
    Group.RANKING: "Only re-ranked",
}
# Nothing may be fetched or run, whatever a name might smuggle in.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """\
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2330; --soft: #667085; --rule: #e4e7ec; --card: #f7f8fa;
  --added: #0b7a5b; --removed: #b93838; --changed: #9a6700; --same: #d0d5dd; --ins: #d3f3e6; --del: #fbdcdc;
  --pick: #1d2330; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171d; --ink: #e6e8ec; --soft: #98a2b3; --rule: #2b303a;
  --card: #1b1f27; --added: #3ecf9f; --removed: #f58a8a; --changed: #e5b454; --same: #3a4150; --ins: #14463a;
  --del: #55262a; --pick: #e6e8ec; } }
* { box-sizing: border-box; }
body { margin: 2rem auto 4rem; max-width: 68rem; padding: 0 1.2rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
code, .id { font-family: ui-monospace, monospace; font-size: .85em; color: var(--soft); }
.about { color: var(--soft); margin: .2rem 0 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .8rem; margin: 1.4rem 0; }
.cards div { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: .7rem 1rem; }
.cards b { display: block; font-size: 1.5rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.added { color: var(--added); } .removed { color: var(--removed); } .changed { color: var(--changed); }
.unchanged, .zero { color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; min-width: 47rem;
  font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--rule); text-align: right; }
th:first-child { text-align: left; font-weight: 400; width: 34%; } thead th { font-weight: 600; }
thead th:last-child { width: 24%; } td:last-child { padding-right: 0; }
.bar { display: flex; height: .55rem; border-radius: 3px; overflow: hidden; background: var(--same); }
.bar i { min-width: 2px; } .bar .added { background: var(--added); } .bar .removed { background: var(--removed); }
.bar .changed { background: var(--changed); } .bar .unchanged { background: var(--same); }
nav { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; margin: 2rem 0 0;
  padding: .7rem 0; background: var(--paper); border-bottom: 1px solid var(--rule); }
fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem; align-items: center; }
legend { float: left; padding: 0 .4rem 0 0; color: var(--soft); font-size: .85rem; }
nav input { position: absolute; opacity: 0; }
nav label { border: 1px solid var(--rule); border-radius: 1rem; padding: .05rem .7rem; font-size: .85rem;
  cursor: pointer; }
nav label:has(:checked) { background: var(--pick); border-color: var(--pick); color: var(--paper); }
nav label:has(:focus-visible) { outline: 2px solid var(--changed); outline-offset: 2px; }
details { border: 1px solid var(--rule); border-radius: 10px; margin: .7rem 0; background: var(--card); }
summary { cursor: pointer; padding: .55rem 1rem; font-weight: 600; } summary small { font-weight: 400; }
small, .id { font-weight: 400; } small { color: var(--soft); font-size: .85rem; }
ol { list-style: none; margin: 0; padding: 0; }
li { padding: .6rem 1rem; border-top: 1px solid var(--rule); background: var(--paper); }
li:last-child { border-radius: 0 0 10px 10px; }
li p { margin: .15rem 0 0; } .ends { font-weight: 600; } .ends .to { color: var(--soft); font-weight: 400; }
.tag { border: 1px solid currentColor; border-radius: 5px; padding: 0 .35rem; font-size: .75rem; font-weight: 400; }
.facts { color: var(--soft); font-size: .85rem; } .facts span { margin-right: 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .3rem 0 0; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; }
ins { background: var(--ins); text-decoration: none; border-radius: 3px; }
del { background: var(--del); border-radius: 3px; }
@media (max-width: 42rem) { nav { position: static; } }
@media print { nav { display: none; } details { break-inside: avoid; } }
"""


def write_diff_page(file: Path, found: BuildDiff, limit: int) -> None:
    """Write the page, whole or not at all; of each kind and change the ``limit`` most reached edges."""
    with atomic_path(file) as temporary, temporary.open("w", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in _page(found, limit))


def _page(found: BuildDiff, limit: int) -> Iterator[str]:
    title = f"What changed from {found.a} to {found.b}"
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}{_rules(found)}</style></head>\n<body>"
    )
    yield f"<h1>What changed</h1><p class=about>from build <code>{_text(found.a)}</code> "
    yield f"to <code>{_text(found.b)}</code></p>"
    yield from _summary(found)
    differing = [each for each in found.edges if each.groups]
    if not differing:
        yield "<h2>No edge differs</h2>"
    else:
        yield from _filters(differing)
        yield "<main>"
        for each in differing:
            yield from _section(each, found.listed(each.kind, limit), limit)
        yield "</main>"
    yield "</body></html>"


def _rules(found: BuildDiff) -> str:
    """Return the style rules behind the filters: what is chosen hides what has not its class."""
    names = [f"relation-{relation}" for relation in dict.fromkeys(each.kind.relation for each in found.edges)]
    names += [f"level-{level}" for level in Level]
    changes = [f"change-{change}" for change in _HEAD[:3]]
    return "".join(
        f"body:has(#{name}:checked) section:not(.{name}) {{ display: none; }}\n" for name in (*names, *changes)
    ) + "".join(f"body:has(#{name}:checked) details:not(.{name}) {{ display: none; }}\n" for name in changes)


def _summary(found: BuildDiff) -> Iterator[str]:
    counts = [each.counts for each in found.edges]
    yield "<div class=cards>"
    for name in _HEAD:
        yield f"<div class={name}><b>{sum(getattr(each, name) for each in counts):,}</b> edges {name}</div>"
    yield "</div>"
    yield from _table("Nodes", [(kind.value, each) for kind, each in found.nodes.items()])
    shown = [each for each in found.edges if each.counts.differing or each.counts.unchanged]
    yield from _table("Edges", [(_named(each), each.counts) for each in shown])


def _table(title: str, rows: Sequence[tuple[str, Counts]]) -> Iterator[str]:
    head = "".join(f"<th scope=col>{name}</th>" for name in ("", *_HEAD, ""))
    yield f"<h2>{title}</h2><div class=wide><table><thead><tr>{head}</tr></thead><tbody>"
    for name, counts in rows:
        numbers = [(change, getattr(counts, change)) for change in _HEAD]
        cells = "".join(f"<td class={change if n else 'zero'}>{n:,}</td>" for change, n in numbers)
        parts = "".join(f'<i class={change} style="flex: {n}"></i>' for change, n in numbers if n)
        yield f"<tr><th scope=row>{_text(name)}</th>{cells}<td><span class=bar>{parts}</span></td></tr>"
    yield "</tbody></table></div>"


def _filters(differing: Sequence[KindDiff]) -> Iterator[str]:
    yield "<nav aria-label=Filter>"
    yield from _filter("relation", dict.fromkeys(each.kind.relation for each in differing))
    yield from _filter("level", dict.fromkeys(level_of(each.kind) for each in differing))
    changes = {group.change for each in differing for group in each.groups}
    yield from _filter("change", [change for change in _HEAD if change in changes])
    yield "</nav>"


def _filter(name: str, values: Iterable[str]) -> Iterator[str]:
    yield f"<fieldset><legend>{name}</legend>"
    yield f"<label><input type=radio name={name} id={name}-all checked>all</label>"
    yield from (f"<label><input type=radio name={name} id={name}-{value}>{value}</label>" for value in values)
    yield "</fieldset>"


def _section(each: KindDiff, edges: Iterator[EdgeDiff], limit: int) -> Iterator[str]:
    level = level_of(each.kind)
    changes = " ".join(dict.fromkeys(f"change-{group.change}" for group in each.groups))
    yield f'<section class="relation-{each.kind.relation} level-{level} {changes}">'
    yield f"<h2>{_text(_named(each))} <small>{level} level</small></h2>"
    for group, total in each.groups.items():
        yield from _group(each, group, edges, min(limit, total))
    yield "</section>"


def _group(each: KindDiff, group: Group, edges: Iterator[EdgeDiff], shown: int) -> Iterator[str]:
    """Yield a group: the next ``shown`` of ``edges``, which come group by group."""
    total = each.groups[group]
    notes = [f"{total:,}"]
    if shown < total:
        notes.append(f"the {shown:,} most reached are shown")
    for at, word, whose in ((each.at_new, "new", Group.ADDED), (each.at_gone, "gone", Group.REMOVED)):
        if at and group is whose:
            notes.append(f"{at:,} at {word} nodes")
    opened = "" if group is Group.RANKING else " open"
    yield f'<details class="change-{group.change}"{opened}><summary><span class={group.change}>{_TITLES[group]}</span>'
    yield f"<small>{', '.join(notes)}</small></summary><ol>"
    for edge in itertools.islice(edges, shown):
        yield f"<li>{_ends(edge)}{_changed(edge) if group.change == 'changed' else _whole(edge)}</li>"
    yield "</ol></details>"


def _ends(edge: EdgeDiff) -> str:
    return (
        f"<p class=ends>{_end(edge.source)} <span class=to>{edge.kind.relation} &rarr;</span> {_end(edge.target)} "
        f"<small>reach {edge.reach:,.4g}</small></p>"
    )


def _end(end: End) -> str:
    colour = "added" if end.status == "new" else "removed"
    status = "" if end.status == "kept" else f' <span class="tag {colour}">{end.status}</span>'
    return f"<bdi>{_text(end.name)}</bdi> <span class=id>{_text(end.id)}</span>{status}"


def _whole(edge: EdgeDiff) -> str:
    """Return what an edge says that only one build has."""
    held = edge.after or edge.before
    facts = "".join(
        f"<span>{name} {_text(told(held[name], 3))}</span>"
        for name in ("rank", "confidence", "plausibility", "typicality", "contexts", "reviewer")
        if held.get(name) not in (None, "", [])
    )
    sentence = f"<p><bdi>{_text(held['explanation'])}</bdi></p>" if held.get("explanation") else ""
    return sentence + (f"<p class=facts>{facts}</p>" if facts else "")


def _changed(edge: EdgeDiff) -> str:
    """Return every property that differs, before and after."""
    if not edge.changes:
        return "<p class=facts>only its hash</p>"
    rows = (
        f"<dt>{name}</dt><dd>{_both(told(edge.before[name]), told(edge.after[name]))}</dd>" for name in edge.changes
    )
    return f"<dl>{''.join(rows)}</dl>"


def _both(before: str, after: str) -> str:
    """Return a text with what went out and what came in; of a long one the whole."""
    old, new = clean(before).split(" "), clean(after).split(" ")
    if len(old) < 4 or len(new) < 4 or max(len(old), len(new)) > _WORDS:
        return f"<del>{_text(before)}</del> &rarr; <ins>{_text(after)}</ins>"
    parts: list[str] = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = escape(" ".join(old[i:j])), escape(" ".join(new[k:m]))
        if tag == "equal":
            parts.append(gone)
        else:
            parts += [f"<del>{gone}</del>"] * bool(gone) + [f"<ins>{come}</ins>"] * bool(come)
    return f"<bdi>{' '.join(parts)}</bdi>"


def _named(each: KindDiff) -> str:
    return f"{each.kind.source} {each.kind.relation} {each.kind.target}"


def _text(text: str) -> str:
    """Return text as it may stand in a page: no markup, no control characters."""
    return escape(clean(text))
