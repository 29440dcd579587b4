"""Draw the pictures of docs/bloom.md: ``python docs/images/make_bloom_pictures.py FOLDER``.

Bloom is not asked: colours, sizes, captions and rules are read from the perspective, and what is shown is what its
phrases answer on a graph that is loaded from the current build in FOLDER (a project, for example ``demo`` after ``make
demo``). Icons and the window around are drawn by hand.
"""

from __future__ import annotations

import math
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from neo4j.graph import Node, Relationship
from neo4j.graph import Path as GraphPath

from kg.build.builds import Builds
from kg.build.publish import graph_files
from kg.store.bloom.perspective import perspective
from kg.store.bloom.phrases import text_of
from kg.store.driver import GraphStore
from kg.store.loader import load
from kg.store.options import StoreOptions
from kg.store.stores import open_store

HERE = Path(__file__).parent
PERSPECTIVE = perspective()
CATEGORIES = {each["labels"][0]: each for each in PERSPECTIVE["categories"]}
LINES = {each["name"]: each for each in PERSPECTIVE["relationshipTypes"]}
INK, GREY, PAPER = "#2B2B2B", "#6B6B6B", "#FFFFFF"
FONT = 'font-family="Helvetica, Arial, sans-serif"'
RADIUS = 20.0  # of a node of size 1
# One drawing a category, in a square of 24 by 24 around the middle of a node.
ICONS = {
    "Intent": '<circle cx="0" cy="-5" r="4"/><path d="M-8 9 a8 8 0 0 1 16 0 z"/>',
    "ProductType": '<path d="M-8 -6 h8 l8 7 -8 7 -8 -7 z"/>',
    "Product": '<path d="M-7 -4 l7 -4 7 4 v8 l-7 4 -7 -4 z M-7 -4 l7 4 7 -4 M0 0 v8"/>',
    "Theme": '<path d="M-7 -6 h14 M-7 0 h10 M-7 6 h12"/>',
}


@dataclass
class Canvas:
    """Lines below nodes below words."""

    width: int
    height: int
    below: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, words: str, size: int = 13, more: str = "") -> None:
        """Write a line of words, which may come from a catalogue."""
        self.above.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" {FONT} {more}>{escape(words)}</text>')

    def node(self, at: tuple[float, float], label: str, props: dict[str, Any], *, above: bool = False) -> None:
        """Draw a node as its category says, with its caption below or above."""
        x, y = at
        style = CATEGORIES[label]
        radius = RADIUS * (0.7 + 0.3 * style["size"])
        circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{look(style, props)[0]}"/>'
        self.above.append(
            f'{circle}<g transform="translate({x:.1f} {y:.1f})" fill="none" stroke="{PAPER}" stroke-width="1.8" '
            f'stroke-linejoin="round" stroke-linecap="round">{ICONS[label]}</g>'
        )
        lines = wrapped(str(props[name_of(style)]))
        top = y - radius - 6 - 14 * (len(lines) - 1) if above else y + radius + 14
        for place, words in enumerate(lines):
            self.text(x, top + 14 * place, words, 12, HALO)

    def line(self, ends: tuple[float, float, float, float], kind: str, props: dict[str, Any], back: str = "") -> None:
        """Draw a relationship as its type says, with its caption; ``back``: the colour behind a selected one."""
        color, width = look(LINES[kind], props)
        angle, thick = math.atan2(ends[3] - ends[1], ends[2] - ends[0]), 1.3 * width
        dx, dy = (RADIUS + 8) * math.cos(angle), (RADIUS + 8) * math.sin(angle)
        x1, y1, x2, y2 = ends[0] + dx, ends[1] + dy, ends[2] - dx, ends[3] - dy
        path = f'<path d="M{x1:.1f} {y1:.1f} L{x2:.1f} {y2:.1f}" stroke="'
        behind = f'{path}{back}" stroke-width="{thick + 10:.1f}"/>' if back else ""
        head = arrow(x2, y2, angle, color, 7 + thick)
        self.below.append(f'{behind}{path}{color}" stroke-width="{thick:.1f}"/>{head}')
        turned = math.degrees(angle) + (180 if abs(angle) > math.pi / 2 else 0)
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        words = " ".join((kind, props["review"])) if props.get("review") else kind
        more = f'{HALO} fill="{GREY}" transform="rotate({turned:.1f} {x:.1f} {y:.1f})"'
        self.text(x, y - 4 - thick / 2, words, 9, more)

    def box(self, x: float, y: float, width: float, height: float, fill: str = PAPER) -> None:
        """Draw a panel of the window."""
        self.above.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="{fill}" stroke="#C9C9C9"/>'
        )

    def save(self, name: str, title: str) -> None:
        """Write the picture; ``title`` is what a screen reader says."""
        where = f'text-anchor="end" fill="{GREY}"'
        self.text(self.width - 10, self.height - 8, "a drawing, not a screenshot of Bloom", 9, where)
        body = "\n".join((*self.below, *self.above))
        path = HERE / name
        path.write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" role="img" '
            f'fill="{INK}">\n<title>{escape(title)}</title>\n'
            f'<rect width="{self.width}" height="{self.height}" fill="#F7F7F7"/>\n{body}\n</svg>\n',
            encoding="utf-8",
        )
        print(f"wrote {path}")  # noqa: T201 - a script's only answer


HALO = 'text-anchor="middle" paint-order="stroke" stroke="#F7F7F7" stroke-width="3"'


def look(style: dict[str, Any], props: dict[str, Any]) -> tuple[str, float]:
    """Return colour and size that the rules of ``style`` give something with ``props``: the first that fits."""
    for rule in style["styleRules"]:
        value = props.get(rule["basedOn"].rpartition("_")[0])
        if value is None:
            continue
        if rule["type"] == "single" and value > float(rule["conditionValue"]):
            return rule["color"], rule["size"]
        if rule["type"] == "range":
            low, high = float(rule["minSizeValue"]), float(rule["maxSizeValue"])
            share = min(1.0, max(0.0, (value - low) / (high - low)))
            colors = (rule["minColor"], rule["midColor"], rule["maxColor"])
            first, second = (colors[0], colors[1]) if share < 0.5 else (colors[1], colors[2])
            size = rule["minSize"] + share * (rule["maxSize"] - rule["minSize"])
            return between(first, second, 2 * share % 1 if share < 1 else 1), size
        for mapped in rule["valuesMapper"]:
            if mapped["value"] == value:
                return mapped["color"], 2 if rule["basedOn"].startswith("review") else style["size"]
    return style["color"], style["size"]


def between(first: str, second: str, share: float) -> str:
    """Return the colour at ``share`` of the way."""
    pairs = ((int(first[at : at + 2], 16), int(second[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def name_of(style: dict[str, Any]) -> str:
    """Return the property that a category is captioned with."""
    return next(each["key"] for each in style["captions"] if each["isCaption"])


def wrapped(words: str, width: int = 20) -> list[str]:
    """Return ``words`` in at most three lines."""
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return [*lines[:2], lines[2] + (" ..." if len(lines) > 3 else "")] if len(lines) > 2 else lines


def arrow(x: float, y: float, angle: float, color: str, size: float) -> str:
    """Return the head of an arrow that ends at a point."""
    turns = ((0.0, 0.6 * size), (2.6, size), (-2.6, size))
    corners = ((x + reach * math.cos(angle + turn), y + reach * math.sin(angle + turn)) for turn, reach in turns)
    return f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in corners)}" fill="{color}"/>'


def asked(store: GraphStore, file: str, **parameters: object) -> list[dict[str, Any]]:
    """Return the rows of a phrase."""
    with store._driver.session(database=store.info().database) as session:  # noqa: SLF001 - the phrases' own folder
        return session.execute_read(lambda tx: [dict(row) for row in tx.run(text_of(file), parameters)])


def label_of(node: Node) -> str:
    """Return the category's label of a node."""
    return next(label for label in node.labels if label in CATEGORIES)


def search_bar(canvas: Canvas, words: str) -> None:
    """Draw the search bar with what was typed."""
    canvas.box(16, 14, 420, 34)
    canvas.above.append(f'<g fill="none" stroke="{GREY}" stroke-width="2"><circle cx="34" cy="29" r="6"/>'
                        '<path d="M38 34 l6 6"/></g>')  # fmt: skip
    canvas.text(54, 36, words, 15)


def star(canvas: Canvas, middle: Node, paths: list[GraphPath], at: tuple[float, float]) -> None:
    """Draw a node with what it is joined to around it."""
    for place, path in enumerate(paths):
        turn = 2 * math.pi * place / len(paths) - math.pi / 2
        x, y = at[0] + 235 * math.cos(turn), at[1] + 180 * math.sin(turn)
        canvas.line((*at, x, y), path.relationships[0].type, dict(path.relationships[0]))
        canvas.node((x, y), label_of(path.end_node), dict(path.end_node), above=y < at[1])
    canvas.node(at, label_of(middle), dict(middle))


def draw_phrase(store: GraphStore, intent: str) -> None:
    """What a phrase shows, with the suggestions under the search bar."""
    canvas = Canvas(900, 520)
    rows = asked(store, "phrase_types_for_intent", intent=intent)
    star(canvas, rows[0]["i"], [row["path"] for row in rows[:9]], (580, 280))
    search_bar(canvas, f"What satisfies {intent}")
    shown = [each for each in PERSPECTIVE["templates"] if "$intent" in each["text"]][:5]
    canvas.box(16, 52, 260, 24 + 40 * len(shown))
    for place, each in enumerate(shown):
        canvas.text(30, 76 + 40 * place, each["text"].replace("$intent", intent), 13)
        canvas.text(30, 92 + 40 * place, each["name"], 10, f'fill="{GREY}"')
    canvas.save("bloom_phrase.svg", f"The phrase 'What satisfies {intent}', and the product types it shows")


def draw_why(store: GraphStore, a: str, b: str) -> None:
    """Two products, the edge between them, and the edge between their types that it was made from."""
    canvas = Canvas(900, 420)
    rows = asked(store, "phrase_why_products", a=a, b=b)
    row = next(row for row in rows if row["direct"] and row["knowledge"])
    places = dict(zip((node["id"] for node in row["knowledge"].nodes), ((230, 320), (230, 130), (670, 130), (670, 320)),
                      strict=True))  # fmt: skip
    for relation in (*row["knowledge"].relationships, row["direct"].relationships[0]):
        start, end = relation.start_node, relation.end_node
        canvas.line((*places[start["id"]], *places[end["id"]]), relation.type, dict(relation))
    for node in row["knowledge"].nodes:
        canvas.node(places[node["id"]], label_of(node), dict(node), above="ProductType" in node.labels)
    search_bar(canvas, "Why are products ... and ... joined")
    canvas.box(300, 200, 300, 60)
    for at, words in enumerate(wrapped(row["direct"].relationships[0]["explanation"], 44)):
        canvas.text(450, 222 + 15 * at, words, 12, 'text-anchor="middle"')
    canvas.save("bloom_why.svg", "Two products, and the edge between their types that joins them")


def draw_review(store: GraphStore, name: str) -> None:
    """A selected edge with its menu and what is written on it."""
    canvas = Canvas(900, 460)
    rows = [row for row in asked(store, "phrase_complements_of_type", type=name) if row["path"]][:4]
    here = (150.0, 200.0)
    for place, (row, mark) in enumerate(zip(rows, ("", "approved", "rejected", ""), strict=False)):
        relation, there = row["path"].relationships[0], (480.0, 90.0 + 90 * place)
        props = {**relation, "review": mark} if mark else dict(relation)
        canvas.line((*here, *there), relation.type, props, "#FFF3B0" if place == 3 else "")
        canvas.node(there, label_of(row["path"].end_node), dict(row["path"].end_node))
    canvas.node(here, label_of(rows[0]["t"]), dict(rows[0]["t"]), above=True)
    search_bar(canvas, f"Complements of type {name}")
    actions = [each["name"] for each in PERSPECTIVE["sceneActions"] if not each["categories"]]
    canvas.box(120, 306, 200, 14 + 22 * len(actions))
    for place, action in enumerate(actions):
        canvas.text(132, 328 + 22 * place, action, 12)
    card(canvas, rows[-1]["path"].relationships[0])
    canvas.save("bloom_review.svg", "An edge with its menu: approve, reject, explain; and what is written on it")


def card(canvas: Canvas, relation: Relationship) -> None:
    """Draw the card of a relationship: what a tooltip of the perspective shows, and more."""
    kind = LINES[relation.type]
    known = (each["propertyKey"] for each in kind["properties"])
    names = [name for name in known if relation.get(name) not in (None, "", [])]
    canvas.box(590, 60, 290, 340)
    canvas.text(606, 84, relation.type, 13, 'font-weight="bold"')
    y = 108
    for name in names[:9]:
        value = relation[name]
        words = f"{value:.2f}" if isinstance(value, float) else str(value)
        canvas.text(606, y, name, 11, f'fill="{GREY}"')
        for line in wrapped(words, 34):
            canvas.text(690, y, line, 11)
            y += 15
        y += 7


def draw_legend() -> None:
    """What nodes and lines look like, and what that says."""
    canvas = Canvas(900, 345)
    canvas.text(30, 34, "Nodes", 15, 'font-weight="bold"')
    for place, (label, style) in enumerate(CATEGORIES.items()):
        canvas.node((70 + 110 * place, 80), label, {name_of(style): style["name"]})
    canvas.node((510, 80), "Product", {"title": "Product, out of stock", "in_stock": False})
    canvas.text(30, 170, "Lines", 15, 'font-weight="bold"')
    cases = (
        ({"confidence": 0.45}, "confidence 0.5 or less"), ({"confidence": 0.65}, "0.65"),
        ({"confidence": 0.9}, "0.8 or more"), ({"confidence": 0.9, "until": 2}, "not served any more"),
        ({"confidence": 0.9, "review": "approved"}, "approved here"),
        ({"confidence": 0.9, "review": "rejected"}, "rejected here"),
    )  # fmt: skip
    for row, kind in enumerate(("SATISFIED_BY", "COMPLEMENTS", "SUBSTITUTES", "PAIRS_WITH")):
        for place, (props, _) in enumerate(cases):
            x, y = 10 + 145 * place, 205 + 28 * row
            canvas.line((x, y, x + 160, y), kind, props)
    for place, (_, words) in enumerate(cases):
        canvas.text(90 + 145 * place, 318, words, 11, 'text-anchor="middle"')
    canvas.save("bloom_legend.svg", "Four kinds of nodes; lines from thin to thick, faint, approved and rejected")


def main(project: Path) -> None:
    """Load the current build of ``project`` into a graph of its own and draw what phrases show of it."""
    draw_legend()
    builds = Builds(project / "builds")
    build = (project / "builds" / "CURRENT").read_text("utf-8").strip()
    with tempfile.TemporaryDirectory() as folder, open_store(StoreOptions(path=Path(folder) / "graph")) as store:
        load(store, graph_files(builds, build), build)
        draw_phrase(store, "back to school")
        draw_review(store, "phone case")
        draw_why(store, "Ardenbean Ground Coffee Medium Roast 500 g", "Boilwright Paper Coffee Filters Size 4, 100 ct")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
