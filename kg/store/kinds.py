"""The kinds of nodes and relationships that we own, and where in a build's files each comes from.

A kind ties three things together: the SQL that reads it from the artefacts, the properties it carries, and
the Cypher files that write, read back and delete it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kg.model import NodeKind, Relation
from kg.text import key

__all__ = [
    "EDGE_KINDS", "EDGE_PROPERTIES", "NODE_KINDS", "SCHEMA", "EdgeKind", "Kind", "NodeTable", "search_words",
]  # fmt: skip

# Raise it when what is written for the same content changes: the next load then rewrites everything.
SCHEMA = 3
EDGE_PROPERTIES = (
    "explanation", "plausibility", "typicality", "confidence", "rank", "contexts", "samples", "agreed",
    "lift", "pairs", "reviewer", "model", "prompt_hash",
)  # fmt: skip
_VIA = ("via_source", "via_target")
_VERSION = ("since", "until")
_FILE = {NodeKind.INTENT: "intent", NodeKind.TYPE: "type", NodeKind.PRODUCT: "product", NodeKind.THEME: "theme"}
# Relations that no model claimed: their properties, and the SQL of s, t, those and h. What one says is in its ends;
# the hash marks it as ours, and holds the rank where there is one.
_STRUCTURE: dict[Relation, tuple[tuple[str, ...], str]] = {
    Relation.IS_A: ((), "SELECT id AS s, type_id AS t, 'is_a' AS h FROM product WHERE type_id <> ''"),
    Relation.HAS_THEME: (
        ("rank",),
        "SELECT intent_id AS s, id AS t, rank, 'has_theme ' || rank AS h FROM theme",
    ),
    Relation.IN_THEME: (
        ("rank",),
        "SELECT type_id AS s, theme_id AS t, rank, 'in_theme ' || rank AS h FROM theme_member",
    ),
}


@dataclass(frozen=True, slots=True)
class NodeTable:
    """A label: ``columns`` are its properties but ``id``, ``search``, ``embedding`` and ``h``.

    ``words`` are searched by; with ``by_meaning`` the first of them is, too, through its embedding.
    """

    label: NodeKind
    columns: tuple[str, ...]
    words: tuple[str, ...]
    by_meaning: bool = False
    keys: tuple[str, ...] = ("id",)

    @property
    def name(self) -> str:
        """Name in reports: the label."""
        return self.label.value

    @property
    def file(self) -> str:
        """Name of its Cypher files."""
        return _FILE[self.label]

    @property
    def stem(self) -> str:
        """Name of the files that write and delete it."""
        return f"nodes_{self.file}"

    @property
    def ours(self) -> list[str]:
        """Names of all properties that we write."""
        meaning = ("embedding",) if self.by_meaning else ()
        return ["id", *self.columns, "search", *meaning, "h", *_VERSION]

    @property
    def select(self) -> str:
        """SQL: id, columns, words that are no columns, h (16 hex digits of a sha256 over all of them)."""
        named = dict.fromkeys((*self.columns, *self.words))
        parts = ", ".join(f"coalesce(CAST({name} AS VARCHAR), chr(30))" for name in ("id", *named))
        h = f"left(sha256(concat_ws(chr(31), {parts})), 16)"
        return f"SELECT id, {', '.join(named)}, {h} AS h FROM {self.file}"

    def row(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return one row of ``select`` as its write file takes it."""
        props = {name: values[name] for name in (*self.columns, "h")}
        props["search"] = search_words(*(values[name] for name in self.words))
        if self.by_meaning:
            props["embedding"] = _embedding(values[self.words[0]])
        return {"id": values["id"], "props": props}


@dataclass(frozen=True, slots=True)
class EdgeKind:
    """A relation between two labels."""

    source: NodeKind
    relation: Relation
    target: NodeKind
    keys: tuple[str, ...] = ("s", "t")

    @property
    def name(self) -> str:
        """Name in reports: ``Intent-SATISFIED_BY->Product``."""
        return f"{self.source}-{self.relation}->{self.target}"

    @property
    def file(self) -> str:
        """Name of its Cypher files."""
        return f"{_FILE[self.source]}_{self.relation.lower()}_{_FILE[self.target]}"

    @property
    def stem(self) -> str:
        """Name of the files that write and delete it."""
        return f"edges_{self.file}"

    @property
    def ours(self) -> list[str]:
        """Names of all properties that we write."""
        return [*self.columns, "build", "h", *_VERSION]

    @property
    def ends(self) -> tuple[str, str]:
        """The tables its ends are in."""
        return _FILE[self.source], _FILE[self.target]

    @property
    def columns(self) -> tuple[str, ...]:
        """Properties besides ``h``, ``build``, ``since`` and ``until``."""
        if self.relation in _STRUCTURE:
            return _STRUCTURE[self.relation][0]
        return EDGE_PROPERTIES + _VIA if self.target is NodeKind.PRODUCT else EDGE_PROPERTIES

    @property
    def select(self) -> str:
        """SQL: s, t, columns, h."""
        if self.relation in _STRUCTURE:
            return _STRUCTURE[self.relation][1]
        table = "product_edge" if self.target is NodeKind.PRODUCT else "type_edge"
        return (
            f"SELECT source_id AS s, target_id AS t, {', '.join(self.columns)}, h FROM {table} "
            f"WHERE relation = '{self.relation}' AND source_kind = '{self.source}'"
        )

    def row(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return one row of ``select`` as its write file takes it."""
        return {
            "s": values["s"],
            "t": values["t"],
            # An empty list is an absent one, as the server's own importer has no way to write it.
            "props": {name: None if values[name] == [] else values[name] for name in (*self.columns, "h")},
        }


Kind = NodeTable | EdgeKind
NODE_KINDS = (
    NodeTable(NodeKind.INTENT, ("name", "kind", "description", "popularity"), ("name",), by_meaning=True),
    NodeTable(NodeKind.TYPE, ("name", "category", "products", "reach"), ("name", "aliases"), by_meaning=True),
    NodeTable(
        NodeKind.PRODUCT,
        (
            "title", "brand", "category", "description", "price", "in_stock", "popularity", "group_id",
            "type_id", "audience", "diet", "size", "color", "compatible_with", "flavour", "form", "scent", "size_class",
        ),
        ("title", "brand"),
    ),
    NodeTable(NodeKind.THEME, ("name", "intent_id", "model", "prompt_hash"), ("name",)),
)  # fmt: skip
_PEERS = (Relation.COMPLEMENTS, Relation.SUBSTITUTES, Relation.PAIRS_WITH)
EDGE_KINDS = (
    *(
        EdgeKind(NodeKind.INTENT, relation, target)
        for relation in (Relation.SATISFIED_BY, Relation.PAIRS_WITH)
        for target in (NodeKind.TYPE, NodeKind.PRODUCT)
    ),
    *(EdgeKind(kind, relation, kind) for kind in (NodeKind.TYPE, NodeKind.PRODUCT) for relation in _PEERS),
    EdgeKind(NodeKind.PRODUCT, Relation.IS_A, NodeKind.TYPE),
    EdgeKind(NodeKind.INTENT, Relation.HAS_THEME, NodeKind.THEME),
    EdgeKind(NodeKind.TYPE, Relation.IN_THEME, NodeKind.THEME),
)


def search_words(name: str, more: str | list[str] | None = None) -> str:
    """Return what a node is found by: its names' comparison keys, each once, joined by " | ".

    ``more`` is a list of further names, or a brand, which is put before a name that lacks it.
    """
    if isinstance(more, str):
        brand, words = key(more), key(name)
        return words if not brand or f" {brand} " in f" {words} " else f"{brand} {words}"
    names = [name, *(more or [])]
    return " | ".join(dict.fromkeys(words for words in map(key, names) if words))


def _embedding(name: str) -> list[float] | None:
    """Return the unit vector that ``name`` is found by; ``None`` when nothing of it is known."""
    from linkers.embeddings import load_embedder  # noqa: PLC0415 - its table is mapped when it is used

    vector = load_embedder().encode([name])[0]
    return vector.tolist() if vector.any() else None
