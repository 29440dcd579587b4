"""Small catalogues and edges on disk, for the tests of the graph room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from kg.catalog.tagging import Tag
from kg.catalog.tags import TAG_COLUMNS
from kg.graph.engine import literal, put
from kg.graph.features import Catalogue
from kg.graph.options import ProjectionOptions
from kg.graph.projection import project
from kg.graph.report import ProjectionReport
from kg.graph.traits import Traits, default_traits
from kg.model import Edge, Evidence, NodeKind, Product, ProductId, Provenance, Relation, TypeId
from kg.records import to_json, write_jsonl

__all__ = ["Shop", "edge", "product", "write_products", "write_tags"]


def product(name: str, type_id: str, title: str = "Thing", **given: Any) -> Product:
    """Return a product; unknown keywords are attributes."""
    known = {"brand", "in_stock", "popularity", "group_id"}
    fields = {name: value for name, value in given.items() if name in known}
    attributes = {name: value for name, value in given.items() if name not in known}
    return Product(ProductId(name), title, type_id=TypeId(type_id), attributes=attributes, **fields)


def edge(source: str, relation: str, target: str, **given: Any) -> Edge:
    """Return a type-level edge; a source that starts with "i-" is an intent."""
    kind = NodeKind.INTENT if source.startswith("i-") else NodeKind.TYPE
    values: dict[str, Any] = {
        "source_kind": kind,
        "target_kind": NodeKind.TYPE,
        "explanation": f"{target} goes with {source}.",
        "plausibility": 0.9,
        "typicality": 0.8,
        "confidence": 0.7,
        "rank": 1,
        "provenance": Provenance("model", "0123456789abcdef"),
        "evidence": Evidence(),
    }
    return Edge(relation=Relation(relation), source_id=source, target_id=target, **(values | given))


def write_products(path: Path, products: Sequence[Product]) -> None:
    """Write ``products`` as the catalogue stage does."""
    columns: dict[str, tuple[str, Sequence[Any]]] = {
        **{
            name: ("VARCHAR", [getattr(each, name) for each in products])
            for name in ("id", "title", "brand", "category", "description")
        },
        "price": ("DOUBLE", [each.price for each in products]),
        "in_stock": ("BOOLEAN", [each.in_stock for each in products]),
        "popularity": ("DOUBLE", [each.popularity for each in products]),
        "group_id": ("VARCHAR", [each.group_id for each in products]),
        "attributes": ("VARCHAR", [to_json(each.attributes).decode() for each in products]),
        "type_id": ("VARCHAR", [each.type_id for each in products]),
    }
    with duckdb.connect() as engine:
        put(engine, "product", columns)
        engine.execute(f"COPY product TO {literal(path)} (FORMAT parquet)")


def write_tags(path: Path, tags: Sequence[Tag]) -> None:
    """Write ``tags`` as the tag stage does."""
    columns = {name: ("VARCHAR", [tag[place] for tag in tags]) for place, name in enumerate(TAG_COLUMNS)}
    with duckdb.connect() as engine:
        put(engine, "tag", columns)
        engine.execute(f"COPY tag TO {literal(path)} (FORMAT parquet)")


@dataclass
class Shop:
    """A catalogue with edges in ``folder``; every projection writes to a folder of its own below it."""

    folder: Path
    products: Sequence[Product]
    edges: Sequence[Edge]
    options: ProjectionOptions = field(default_factory=ProjectionOptions)
    traits: Traits = field(default_factory=default_traits)
    tags: Sequence[Tag] | None = None

    def __post_init__(self) -> None:
        write_products(self.catalogue, self.products)
        write_jsonl(self.folder / "edges.jsonl", self.edges)
        if self.tags is not None:
            write_tags(self.folder / "tags.parquet", self.tags)

    @property
    def catalogue(self) -> Path:
        """Where the products are."""
        return self.folder / "products.parquet"

    def project(self, name: str = "out", **settings: Any) -> ProjectionReport:
        """Project with the shop's options and ``settings`` over them."""
        options = ProjectionOptions.model_validate(self.options.model_dump() | settings)
        tags = () if self.tags is None else (self.folder / "tags.parquet",)
        return project(
            Catalogue(self.catalogue, tags, self.traits), self.folder / "edges.jsonl", options, self.folder / name
        )

    def output(self, name: str = "out") -> Path:
        """Where the product edges of the projection ``name`` are."""
        return self.folder / name / "product_edges.parquet"

    def rows(self, columns: str = "source_id, target_id", name: str = "out") -> list[tuple[Any, ...]]:
        """Return ``columns`` of the product edges, in the file's order."""
        with duckdb.connect() as engine:
            return engine.execute(f"SELECT {columns} FROM read_parquet(?)", [str(self.output(name))]).fetchall()
