"""Delta loads against a dict: whatever the builds, the graph is the last one and the counts are the differences."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.model import NodeKind, Product, ProductType, Relation
from kg.store import canonical
from kg.store.driver import GraphStore
from kg.store.loader import load
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.servers.fixtures import wipe
from tests.servers.graph_files import ProductEdge, World, write_world

IDS = ["a", "A", "0", "00", "é", "e\u0301", "x y", "'"]
RELATIONS = [Relation.COMPLEMENTS, Relation.SUBSTITUTES]
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A small catalogue of hostile ids, with edges between what is in it."""
    titles = draw(st.dictionaries(st.sampled_from(IDS), texts, max_size=5))
    types = [ProductType(type_id, type_id, "", 1, 0.5) for type_id in ("t", "u")]  # type: ignore[arg-type]
    products = [
        Product(key, title, price=draw(st.none() | st.floats(0, 100)), type_id=draw(st.sampled_from(["t", "u", ""])))  # type: ignore[arg-type]
        for key, title in titles.items()
    ]
    pairs = [(r, a, b) for r in RELATIONS for a in titles for b in titles if a != b]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=8)) if pairs else []
    edges = [
        ProductEdge(
            r, NodeKind.PRODUCT, a, b, draw(texts), lift=draw(st.none() | st.floats(0, 9)), rank=draw(st.integers(1, 3))
        )
        for r, a, b in chosen
    ]
    return World(products, types, (), (), edges)


def oracle(world: World) -> dict[tuple[str, ...], object]:
    """What the graph must hold: key -> content."""
    held: dict[tuple[str, ...], object] = {("ProductType", t.id): t for t in world.types}
    held |= {("Product", p.id): p for p in world.products}
    held |= {("IS_A", p.id, p.type_id): None for p in world.products if p.type_id}
    return held | {(e.relation.value, e.source_id, e.target_id): e for e in world.product_edges}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    """An embedded store for all examples."""
    with open_store(StoreOptions(path=tmp_path_factory.mktemp("store"), batch_size=3)) as opened:
        yield opened


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(builds=st.lists(worlds(), min_size=2, max_size=3))
def test_any_sequence_of_builds_leaves_the_last(store: GraphStore, tmp_path: Path, builds: list[World]) -> None:
    """Counts are the differences to the build before, and the graph is exactly the last build."""
    wipe(store)
    before: dict[tuple[str, ...], object] = {}
    for number, world in enumerate(builds):
        after = oracle(world)
        total = load(store, write_world(tmp_path, world), f"b{number}").total
        assert total.created == len(after.keys() - before.keys())
        assert total.deleted == len(before.keys() - after.keys())
        assert total.updated == sum(after[key] != before[key] for key in after.keys() & before.keys())
        assert total.sent == total.created + total.updated + total.unchanged
        before = after
    lines = [json.loads(line) for line in canonical.dump(store)]
    assert len(lines) == len(before)
    products = {line["id"]: line["props"] for line in lines if line["kind"] == "Product"}
    for product in builds[-1].products:
        held = products[product.id]
        assert (held["title"], held.get("price"), held["type_id"]) == (product.title, product.price, product.type_id)
    edges = {(line["kind"].split("-")[1], line["s"], line["t"]): line["props"] for line in lines if "s" in line}
    for row in builds[-1].product_edges:
        held = edges[(row.relation.value, row.source_id, row.target_id)]
        assert (held["explanation"], held.get("lift"), held["rank"]) == (row.explanation, row.lift, row.rank)
