"""Write a build's artefacts from plain Python, as the stages write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from kg.model import Edge, Evidence, Intent, IntentKind, NodeKind, Product, ProductType, Provenance, Relation, Theme
from kg.records import digest, to_json, write_jsonl
from kg.store.delta import GraphFiles

__all__ = ["ProductEdge", "World", "edge", "small_world", "write_world"]

_EDGE_COLUMNS = (
    "relation VARCHAR, source_kind VARCHAR, source_id VARCHAR, target_id VARCHAR, explanation VARCHAR, "
    "plausibility DOUBLE, typicality DOUBLE, confidence DOUBLE, rank INTEGER, contexts VARCHAR[], model VARCHAR, "
    "prompt_hash VARCHAR, samples INTEGER, agreed INTEGER, lift DOUBLE, pairs INTEGER, reviewer VARCHAR, "
    "via_source VARCHAR, via_target VARCHAR, h VARCHAR"
)
_PRODUCT_COLUMNS = (
    "id VARCHAR, title VARCHAR, brand VARCHAR, category VARCHAR, description VARCHAR, price DOUBLE, "
    "in_stock BOOLEAN, popularity DOUBLE, group_id VARCHAR, attributes VARCHAR, type_id VARCHAR"
)


@dataclass(frozen=True, slots=True)
class ProductEdge:
    """One row of product_edges.parquet."""

    relation: Relation
    source_kind: NodeKind
    source_id: str
    target_id: str
    explanation: str = "Because."
    confidence: float = 0.9
    rank: int = 1
    contexts: tuple[str, ...] = ()
    lift: float | None = None
    via: tuple[str, str] = ("", "")

    def row(self) -> tuple[object, ...]:
        """Return it as the file has it."""
        head = (self.relation.value, self.source_kind.value, self.source_id, self.target_id, self.explanation)
        scores = (0.8, 0.7, self.confidence, self.rank, list(self.contexts))
        tail = ("model-x", "abc", 3, 2, self.lift, 0, "", *self.via)
        values = (*head, *scores, *tail)
        return (*values, digest(*values)[:16])


@dataclass(frozen=True, slots=True)
class World:
    """Everything a graph is loaded from."""

    products: Sequence[Product] = ()
    types: Sequence[ProductType] = ()
    intents: Sequence[Intent] = ()
    edges: Sequence[Edge] = ()
    product_edges: Sequence[ProductEdge] = field(default_factory=tuple)
    themes: Sequence[Theme] = ()


def edge(
    relation: Relation, source: tuple[NodeKind, str], target: str, rank: int = 1, explanation: str = "Because."
) -> Edge:
    """Return a type-level edge with its hash."""
    bare = Edge(
        relation, source[0], source[1], NodeKind.TYPE, target, explanation, 0.9, 0.8, 0.85, rank,
        Provenance("model-x", "abc"), Evidence(3, 3, 2.5, 7, ""), ("summer",),
    )  # fmt: skip
    return replace(bare, h=digest(bare)[:16])


def files_in(folder: Path) -> GraphFiles:
    """Return the files of a build that lie in one folder."""
    return GraphFiles(
        folder / "products.parquet",
        folder / "product_types.jsonl",
        folder / "intents.jsonl",
        folder / "edges.jsonl",
        folder / "themes.jsonl",
        folder / "product_edges.parquet",
    )


def write_world(folder: Path, world: World) -> GraphFiles:
    """Write ``world`` into ``folder``, replacing what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    files = files_in(folder)
    write_jsonl(files.product_types, world.types)
    write_jsonl(files.intents, world.intents)
    write_jsonl(files.edges, world.edges)
    write_jsonl(files.themes, world.themes)
    _parquet(files.products, _PRODUCT_COLUMNS, (_product_row(product) for product in world.products))
    _parquet(files.product_edges, _EDGE_COLUMNS, (row.row() for row in world.product_edges))
    return files


def _product_row(product: Product) -> tuple[object, ...]:
    p = product
    attributes = to_json(p.attributes).decode()
    head = (p.id, p.title, p.brand, p.category, p.description, p.price, p.in_stock, p.popularity, p.group_id)
    return (*head, attributes, p.type_id)


def _parquet(path: Path, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
    with duckdb.connect() as db:
        db.execute(f"CREATE TABLE t ({columns})")
        if found := list(rows):
            db.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(found[0]))})", found)
        db.table("t").write_parquet(str(path))


def small_world() -> World:
    """A few aisles, with every kind of node and relationship in it."""
    kinds = NodeKind
    types = [
        ProductType("tortilla-chips", "tortilla chips", "Grocery > Snacks", 2, 0.9, ("corn chips",)),
        ProductType("salsa", "salsa", "Grocery > Dips", 2, 0.8),
        ProductType("pita-chips", "pita chips", "Grocery > Snacks", 1, 0.4),
        ProductType("white-wine", "white wine", "Grocery > Drinks", 1, 0.3),
        ProductType("epsom-salt", "epsom salt", "Health > Bath", 1, 0.2),
        ProductType("lonely", "lonely thing", "Garden", 1, 0.1),
    ]
    products = [
        Product("0001", "Crunch Corn Tortilla Chips 200 g", "Solanto", "Grocery > Snacks", "Crisp.", 2.49, True, 9.0,
                "g1", {"diet": "vegan", "size": "200 g"}, "tortilla-chips"),
        Product("0002", "Crunch Corn Tortilla Chips 400 g", "Solanto", "Grocery > Snacks", "Crisp.", 4.49, False, 5.0,
                "g1", {"diet": "vegan"}, "tortilla-chips"),
        Product("s-1", "Fire Roasted Salsa", "Mesa Verde", "Grocery > Dips", "", 3.99, True, 8.0, "", {}, "salsa"),
        Product("s-2", "Smooth Salsa Verde", "Mesa Verde", "Grocery > Dips", "", None, True, 4.0, "", {}, "salsa"),
        Product("pc", "Sea Salt Pita Chips", "Lumi", "Grocery > Snacks", "", 2.99, True, 3.0, "", {}, "pita-chips"),
        Product("wine'\"\\`}) DETACH DELETE n //", "Crème d'Or Blanc", "Élan", "Grocery > Drinks", "", 11.0, True, 2.0,
                "", {"audience": "adults"}, "white-wine"),
        Product("エプソム", "Epsom Salt 1 kg", "Calmé", "Health > Bath", "", 6.5, True, 1.0, "", {}, "epsom-salt"),
        Product("lone", "Lonely Gnome", "", "Garden", "", 19.0, True, 0.5, "",
                {"color": "red", "compatible_with": "x;y"}, "lonely"),
    ]  # fmt: skip
    intents = [
        Intent("insomnia", "cannot sleep", IntentKind.NEED, "Sleeping badly.", 5.0),
        Intent("game-day", "game-day party", IntentKind.OCCASION, "", 9.0),
        Intent("grilled-salmon", "grilled salmon", IntentKind.DISH, "", 7.0),
    ]
    edges = [
        edge(Relation.SATISFIED_BY, (kinds.INTENT, "insomnia"), "epsom-salt", 1, "A warm bath calms."),
        edge(Relation.SATISFIED_BY, (kinds.INTENT, "game-day"), "tortilla-chips", 1, "Made for sharing."),
        edge(Relation.SATISFIED_BY, (kinds.INTENT, "game-day"), "salsa", 2, "A dip for the bowl."),
        edge(Relation.PAIRS_WITH, (kinds.INTENT, "grilled-salmon"), "white-wine", 1, "Acid cuts the fat."),
        edge(Relation.COMPLEMENTS, (kinds.TYPE, "tortilla-chips"), "salsa", 1, "Chips want a dip."),
        edge(Relation.SUBSTITUTES, (kinds.TYPE, "tortilla-chips"), "pita-chips", 1, "Also crisp and salty."),
        edge(Relation.PAIRS_WITH, (kinds.TYPE, "salsa"), "white-wine", 1, "Fresh with spice."),
        edge(Relation.COMPLEMENTS, (kinds.TYPE, "pita-chips"), "salsa", 1, "Good with dips, too."),
    ]
    via = ("tortilla-chips", "salsa")
    rows = [
        ProductEdge(Relation.SATISFIED_BY, kinds.INTENT, "insomnia", "エプソム", via=("insomnia", "epsom-salt")),
        ProductEdge(Relation.SATISFIED_BY, kinds.INTENT, "game-day", "0001", rank=1, via=("game-day", via[0])),
        ProductEdge(Relation.SATISFIED_BY, kinds.INTENT, "game-day", "s-1", rank=2, via=("game-day", "salsa")),
        ProductEdge(Relation.PAIRS_WITH, kinds.INTENT, "grilled-salmon", products[5].id,
                    via=("grilled-salmon", "white-wine")),
        ProductEdge(Relation.COMPLEMENTS, kinds.PRODUCT, "0001", "s-1", "Chips want a dip.", 0.9, 1, ("party",), 3.5,
                    via),
        ProductEdge(Relation.COMPLEMENTS, kinds.PRODUCT, "0001", "s-2", rank=2, via=via),
        ProductEdge(Relation.COMPLEMENTS, kinds.PRODUCT, "0002", "s-1", via=via),
        ProductEdge(Relation.SUBSTITUTES, kinds.PRODUCT, "0001", "pc", via=(via[0], "pita-chips")),
        ProductEdge(Relation.PAIRS_WITH, kinds.PRODUCT, "s-1", products[5].id, via=("salsa", "white-wine")),
    ]  # fmt: skip
    by = Provenance("model-x", "def")
    themes = [
        Theme("game-day/dips", "Dips", "game-day", 1, ("salsa",), by),
        Theme("game-day/crisp-things", "Crisp things", "game-day", 2, ("tortilla-chips", "pita-chips"), by),
        Theme("grilled-salmon/drinks", "Drinks", "grilled-salmon", 1, ("white-wine",), by),
    ]
    return World(products, types, intents, edges, rows, themes)
