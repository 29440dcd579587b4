"""An evaluation as one HTML page that needs nothing else: no script, no network. All text in it is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from kg.evaluate.linking.evaluation import Evaluation
from kg.evaluate.linking.examples import Example
from kg.evaluate.linking.pairs import PairEvaluation
from kg.evaluate.linking.pictures import COLOURS, curves, reliabilities, waterfall
from kg.evaluate.linking.tables import figures, floor_figures, pair_figures, slice_figures, summary
from kg.records import atomic_path
from kg.text import clean

__all__ = ["linking_page", "pair_page", "write_page"]

_STYLE = """\
:root { color-scheme: light dark; --paper: #fff; --ink: #1f2430; --soft: #667085; --rule: #e3e6ec; --card: #f8f9fb;
  --for: #0f9d76; --against: #d64545; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171d; --ink: #e6e8ec; --soft: #98a2b3; --rule: #2b303a;
  --card: #1b1f27; --for: #34c79b; --against: #f07171; } }
body { margin: 2rem auto; max-width: 68rem; padding: 0 1.2rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.about, .note, figcaption, .small { color: var(--soft); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; }
th { font-weight: 600; } td:first-child { color: var(--soft); white-space: pre; }
.side { display: flex; flex-wrap: wrap; gap: 1.6rem; } figure { margin: 0; } svg { max-width: 100%; height: auto; }
svg text { font: 11.5px system-ui, sans-serif; fill: var(--ink); }
svg text.small { font-size: 10px; fill: var(--soft); }
svg .grid { stroke: var(--rule); } svg .guide { stroke: var(--soft); stroke-dasharray: 4 4; }
svg .link { stroke: var(--soft); stroke-width: .7; } svg rect.for, svg text.for { fill: var(--for); }
svg rect.against, svg text.against { fill: var(--against); } svg circle.sum { fill: var(--ink); }
svg text.strong { font-weight: 700; }
.key span { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin: 0 .4em 0 1em; }
article { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 1rem 1.2rem;
  margin: 1rem 0; overflow-wrap: anywhere; }
article h3 { margin: 0 0 .3rem; font-size: 1rem; } article ol, article p { margin: .2rem 0 .5rem; }
.tag { border-radius: 5px; padding: .1rem .5rem; margin-right: .6rem; font-size: .8rem; color: #fff; }
.right { background: #0b7a5b; } .wrong { background: #b93838; } .mark { color: var(--for); font-weight: 600; }
p.sum { margin: 0 0 .3rem; font-weight: 600; }
"""


def linking_page(found: Evaluation, shown: Sequence[Example]) -> str:
    """Return the page of labelled mentions."""
    key = "".join(
        f'<span style="background: {colour}"></span>{escape(row.name)}'
        for row, colour in zip(found.rows, COLOURS, strict=False)
    )
    parts = [
        *_head(f"Linking {found.name}", [summary(found), *found.notes]),
        *_table("Figures", *figures(found)),
        '<p class="note">In brackets: the interval of 95 %, from drawing the mentions again and again.</p>',
        f'<h2>Sure and right</h2><p class="key">{key}</p><div class="side">',
        f"<figure>{reliabilities(found.rows)}<figcaption>On the dashed line, probabilities mean what they say.",
        "</figcaption></figure>",
        f"<figure>{curves(found.rows)}<figcaption>Dots: the threshold for precision {found.plan.precision:g}; ",
        "rings: the one that balances NILs.</figcaption></figure></div>",
        *_table("What a few lines of code reach", *floor_figures(found)),
        *_table("Accuracy by slice", *slice_figures(found)),
        "<h2>Decisions, one by one</h2>",
        '<p class="note">Left, what speaks for and against the best candidate; the threshold decides on their sum. ',
        "Right, what puts it before the next one. Each bar is a weight times a value.</p>",
        *(part for example in shown for part in _article(example, found.rows[0].at_precision.threshold)),
    ]
    return _whole(f"Linking {found.name}", parts)


def pair_page(found: Sequence[PairEvaluation]) -> str:
    """Return the page of labelled pairs."""
    parts = list(_head("Same product or not", sorted({note for each in found for note in each.notes})))
    for each in found:
        about = f"{each.pairs:,} pairs, {each.same:,} of one product; threshold from {each.fitted_on:,}, "
        parts += _table(each.name, *pair_figures(each))
        parts.append(f'<p class="note">{escape(about)}figures from the other {each.reported:,}.</p>')
    return _whole("Same product or not", parts)


def write_page(file: Path, page: str) -> None:
    """Write a page, whole or not at all."""
    with atomic_path(file) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _whole(title: str, parts: Sequence[str]) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _head(title: str, about: Sequence[str]) -> Iterator[str]:
    yield f"<h1>{_text(title)}</h1>"
    yield from (f'<p class="about">{_text(line)}</p>' for line in about)


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield f"<h2>{_text(title)}</h2><table><tr>{''.join(f'<th>{_text(name)}</th>' for name in head)}</tr>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{_text(str(cell))}</td>' for cell in row)}</tr>"
    yield "</table>"


def _article(example: Example, threshold: float) -> Iterator[str]:
    right = "right" if example.kind.startswith("right") else "wrong"
    yield f'<article><h3><span class="tag {right}">{escape(example.kind)}</span>{_text(example.mention)}</h3>'
    meant = "; ".join(example.meant) or "nothing in the catalogue"
    away = " (taken out of the candidates)" if example.taken and example.meant else ""
    yield f"<p>meant: {_text(meant)}{away}</p><ol>"
    for each in example.candidates:
        yield f"<li>{_text(each.title)}{' <span class=mark>meant</span>' if each.right else ''}</li>"
    yield '</ol><div class="side">'
    if example.decision:
        total = f"probability {example.chance:.2f}, threshold {threshold:.2f}"
        yield f"<figure>{waterfall(example.decision, total, from_zero='0: one half')}</figure>"
    if example.order:
        total = "before the second candidate"
        yield f"<figure>{waterfall(example.order, total, from_zero='0: no difference')}</figure>"
    yield "</div></article>"


def _text(text: str) -> str:
    """Return text as it may stand in a page: no markup, no control characters; leading spaces stay."""
    return escape(" " * (len(text) - len(text.lstrip(" "))) + clean(text))
