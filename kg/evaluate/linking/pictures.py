"""Pictures as SVG, without a script: how sure and how right, precision by recall, and what adds up to a decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from kg.evaluate.linking.evaluation import Row
from kg.evaluate.linking.examples import OTHERS
from kg.text import clean
from linkers.products.explain import Part

__all__ = ["COLOURS", "curves", "reliabilities", "waterfall"]

COLOURS = ("#2563eb", "#d97706", "#059669")
"""Those of the rows, in order."""
_SIDE, _LEFT, _TOP = 300, 46, 14
_ROW, _LABEL, _PLOT, _VALUE = 19, 168, 250, 54


def reliabilities(rows: Sequence[Row]) -> str:
    """Return the share that is right by mean probability, a line for each row; dots are as large as bins are full."""
    parts: list[str] = [_line(0, 0, 1, 1, "guide")]
    for row, colour in zip(rows, COLOURS, strict=False):
        total = max(sum(each.count for each in row.reliability), 1)
        spots = [(each.mean, each.right) for each in row.reliability]
        parts.append(_path(spots, colour))
        for each in row.reliability:
            about = f"{row.name}: {each.count} mentions from {each.low:.1f} to {each.high:.1f}, {each.right:.0%} right"
            parts.append(_dot(each.mean, each.right, 2.5 + 7 * (each.count / total) ** 0.5, colour, about))
    return _square("".join(parts), "probability of the best candidate", "share that is right")


def curves(rows: Sequence[Row]) -> str:
    """Return precision by recall, a line for each row: full dots are thresholds for the precision, rings balance."""
    parts: list[str] = []
    for row, colour in zip(rows, COLOURS, strict=False):
        parts.append(_path([(point.recall, point.precision) for point in row.curve], colour))
        for at, ring in ((row.at_precision, False), (row.at_balance, True)):
            if at.precision.value is not None and at.recall.value is not None:
                about = f"{row.name}, threshold {at.threshold:.3f}"
                parts.append(_dot(at.recall.value, at.precision.value, 5, colour, about, ring=ring))
    return _square("".join(parts), "recall of links", "precision of links")


def waterfall(parts: Sequence[Part], total: str, *, from_zero: str) -> str:
    """Return how parts add up, one bar after the other from the line at 0 on.

    Args:
        parts: in the order they are drawn.
        total: what the sum is called.
        from_zero: what the line at 0 means.
    """
    edges = [0.0]
    for part in parts:
        edges.append(edges[-1] + part.adds)
    low, high = min(edges), max(edges)
    scale = _PLOT / ((high - low) or 1.0)
    width, height = _LABEL + _PLOT + _VALUE, (len(parts) + 2) * _ROW + 6
    zero = _LABEL + (0 - low) * scale
    body = [
        f'<line class="guide" x1="{zero:.1f}" x2="{zero:.1f}" y1="0" y2="{height - _ROW - 2}"/>',
        f'<text class="small" x="{zero:.1f}" y="{height - 6}" text-anchor="middle">{escape(from_zero)}</text>',
        *_bars(parts, edges, low, scale),
    ]
    return f'<p class="sum">{escape(total)}</p>' + _svg(width, height, "".join(body), f"{total}: {edges[-1]:+.2f}")


def _bars(parts: Sequence[Part], edges: Sequence[float], low: float, scale: float) -> Iterator[str]:
    for at, part in enumerate(parts):
        first, last = (_LABEL + (edge - low) * scale for edge in edges[at : at + 2])
        top = at * _ROW + 4
        kind = "for" if part.adds >= 0 else "against"
        value = f" = {part.value:.2f}" if part.name not in {"bias", OTHERS} else ""
        yield (
            f'<text x="{_LABEL - 8}" y="{top + 11}" text-anchor="end">{escape(clean(part.name))}{value}'
            f"<title>{escape(clean(part.means))}</title></text>"
        )
        yield (
            f'<rect class="{kind}" x="{min(first, last):.1f}" y="{top}" width="{max(abs(last - first), 1):.1f}" '
            f'height="{_ROW - 5}" rx="2"/>'
        )
        yield f'<line class="link" x1="{last:.1f}" x2="{last:.1f}" y1="{top}" y2="{top + _ROW}"/>'
        yield f'<text class="{kind}" x="{_LABEL + _PLOT + 6}" y="{top + 11}">{part.adds:+.2f}</text>'
    last = _LABEL + (edges[-1] - low) * scale
    yield f'<circle class="sum" cx="{last:.1f}" cy="{len(parts) * _ROW + 9}" r="4.5"/>'
    yield f'<text class="strong" x="{_LABEL + _PLOT + 6}" y="{len(parts) * _ROW + 13}">{edges[-1]:+.2f}</text>'
    yield f'<text class="strong" x="{_LABEL - 8}" y="{len(parts) * _ROW + 13}" text-anchor="end">sum</text>'


def _square(body: str, across: str, up: str) -> str:
    """Return a plot whose axes go from 0 to 1."""
    frame: list[str] = []
    for tenth in range(0, 11, 2):
        x, y = _spot(tenth / 10, tenth / 10)
        frame.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_TOP + _SIDE}"/>')
        frame.append(f'<line class="grid" x1="{_LEFT}" x2="{_LEFT + _SIDE}" y1="{y:.1f}" y2="{y:.1f}"/>')
        frame.append(f'<text x="{x:.1f}" y="{_TOP + _SIDE + 16}" text-anchor="middle">{tenth / 10:.1f}</text>')
        frame.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tenth / 10:.1f}</text>')
    middle = _TOP + _SIDE / 2
    frame.append(
        f'<text x="{_LEFT + _SIDE / 2}" y="{_TOP + _SIDE + 34}" text-anchor="middle">{escape(across)}</text>'
        f'<text transform="translate(12 {middle}) rotate(-90)" text-anchor="middle">{escape(up)}</text>'
    )
    return _svg(_LEFT + _SIDE + 14, _TOP + _SIDE + 44, "".join(frame) + body, f"{up} by {across}")


def _svg(width: float, height: float, body: str, about: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" role="img" '
        f'aria-label="{escape(about)}">{body}</svg>'
    )


def _spot(x: float, y: float) -> tuple[float, float]:
    return _LEFT + x * _SIDE, _TOP + (1 - y) * _SIDE


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    (a, b), (c, d) = _spot(x1, y1), _spot(x2, y2)
    return f'<line class="{kind}" x1="{a:.1f}" y1="{b:.1f}" x2="{c:.1f}" y2="{d:.1f}"/>'


def _path(spots: Sequence[tuple[float, float]], colour: str) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_spot(*spot) for spot in spots))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>'


def _dot(x: float, y: float, radius: float, colour: str, about: str, *, ring: bool = False) -> str:
    a, b = _spot(x, y)
    fill = "var(--paper)" if ring else colour
    return (
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{radius:.1f}" fill="{fill}" stroke="{colour}" stroke-width="2">'
        f"<title>{escape(about)}</title></circle>"
    )
