"""GraphML, for Gephi, yEd, NetworkX and the like: one file, streamed.

What such tools look for is named as they expect it: ``label`` on nodes and edges, ``weight`` on edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from kg.model import Level, NodeKind
from kg.store.export.output import Output
from kg.store.export.source import Source, Steps, Table, kinds_of
from kg.store.export.texts import literal, number_text, quoted, together, when_known
from kg.store.kinds import NodeTable

__all__ = ["NAME", "GraphmlOptions", "write"]

NAME = "graphml"
_TYPES = {"BOOLEAN": "boolean", "BIGINT": "long", "INTEGER": "long", "DOUBLE": "double"}
# Of these there are other words in the file, or they say nothing to anybody who looks at it.
_HIDDEN = frozenset({"id", "s", "t", "h", "name", "title"})
_NODE = {"key": "VARCHAR", "label": "VARCHAR", "type": "VARCHAR"}
_EDGE = {"label": "VARCHAR", "weight": "DOUBLE"}
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""
# What XML 1.0 has no way to write, however it is escaped.
_FORBIDDEN = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


@dataclass(frozen=True, slots=True)
class GraphmlOptions:
    """``level``: product types, intents and themes only, or products and their edges as well."""

    level: Level = Level.TYPE


def write(source: Source, output: Output, options: GraphmlOptions, steps: Steps) -> str:
    """Write a build as one GraphML file."""
    kinds = kinds_of(options.level)
    nodes, edges = ([source.table(kind) for kind in some] for some in kinds)
    total = source.total([*kinds[0], *kinds[1]])
    with output.file() as sink:
        sink.text(f"{_HEAD}{_keys('node', _NODE, nodes)}{_keys('edge', _EDGE, edges)}")
        sink.text(f'<graph id={quoteattr(source.build)} edgedefault="directed">\n')
        for table in (*nodes, *edges):
            keys = ", ".join(table.kind.keys)
            for batch in source.tuples(f"SELECT {_element(table)} FROM ({table.select}) ORDER BY {keys}"):
                sink.lines([line for (line,) in batch])
                steps("writing", len(batch), total)
        sink.text("</graph>\n</graphml>\n")
    return ""


def _keys(what: str, own: Mapping[str, str], tables: Iterable[Table]) -> str:
    """Return the declarations of all data that nodes or edges may carry."""
    found = dict(own)
    for table in tables:
        found |= {name: kept for name, kept in table.columns.items() if name not in _HIDDEN}
    return "".join(
        f'<key id="{what}.{name}" for="{what}" attr.name="{name}" attr.type="{_TYPES.get(kept, "string")}"/>\n'
        for name, kept in sorted(found.items())
    )


def _element(table: Table) -> str:
    """Return SQL of a row as an element: its own data first, then what is known of the rest."""
    kind = table.kind
    rest = sorted((name, kept) for name, kept in table.columns.items() if name not in _HIDDEN)
    if isinstance(kind, NodeTable):
        name = quoted("title" if kind.label is NodeKind.PRODUCT else "name")
        own = {
            "key": _escaped(quoted("id")),
            "label": _escaped(f"coalesce(nullif({name}, ''), {quoted('id')})"),
            "type": literal(kind.label),
        }
        start, what = together(literal('<node id="'), _id(kind.label, "id"), literal('">')), "node"
    else:
        weight = f"coalesce({number_text('confidence')}, '1.0')" if "confidence" in table.columns else literal("1.0")
        own = {"label": literal(kind.relation), "weight": weight}
        ends = (literal('<edge source="'), _id(kind.source, "s"), literal('" target="'), _id(kind.target, "t"))
        start, what = together(*ends, literal('">')), "edge"
    data = [_data(what, name, text) for name, text in own.items()]
    data += [when_known(name, kept, _data(what, name, _value(name, kept))) for name, kept in rest]
    return together(start, *data, literal(f"</{what}>"))


def _data(what: str, name: str, text: str) -> str:
    return together(literal(f'<data key="{what}.{name}">'), text, literal("</data>"))


def _value(name: str, kept: str) -> str:
    """Return SQL of a value as text; GraphML has no lists, so their items are joined."""
    if kept.endswith("[]"):
        return _escaped(f"array_to_string({quoted(name)}, '; ')")
    if kept == "DOUBLE":
        return number_text(name)
    return f"CAST({quoted(name)} AS VARCHAR)" if kept in _TYPES else _escaped(quoted(name))


def _escaped(text: str) -> str:
    made = f"regexp_replace({text}, {literal(_FORBIDDEN)}, chr(65533), 'g')"
    for character, entity in _ENTITIES.items():
        made = f"replace({made}, chr({ord(character)}), {literal(entity)})"
    return made


def _id(label: NodeKind, name: str) -> str:
    """Return SQL of a node's XML id: its label and its key, with %XX for all but plain letters and digits."""
    return together(literal(f"{label}:"), f"url_encode({quoted(name)})")
