"""GraphML: what NetworkX reads is the graph, at both levels, with the words that viewers look for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import networkx as nx
import pytest

from kg.model import Level, NodeKind, Relation
from kg.store.export.graphml import GraphmlOptions
from kg.store.kinds import EdgeKind, NodeTable
from tests.parts.exports import contents, graph_rows, written
from tests.parts.hostile_world import hostile_world
from tests.servers.graph_files import ProductEdge, World, small_world, write_world


def opened(folder: Path, world: World, level: Level) -> Any:
    """Return the graph that NetworkX reads."""
    return nx.read_graphml(written(folder, world, "graphml", GraphmlOptions(level)))


@pytest.mark.parametrize("world", [small_world(), hostile_world()], ids=["small", "hostile"])
@pytest.mark.parametrize("level", list(Level))
def test_networkx_reads_the_whole_graph(world: World, level: Level, tmp_path: Path) -> None:
    """All nodes and edges of the level are there, with kind and id, and no others."""
    graph = opened(tmp_path, world, level)
    nodes: set[tuple[str, str]] = set()
    edges: list[tuple[str, str, str]] = []
    for kind, row in graph_rows(write_world(tmp_path / "again", world)):
        if isinstance(kind, NodeTable):
            nodes.add((kind.label.value, visible(row["id"])))
        else:
            ends = (f"{kind.source} {row['s']}", f"{kind.target} {row['t']}")
            edges.append((visible(ends[0]), visible(ends[1]), kind.relation.value))
    if level is Level.TYPE:
        nodes = {node for node in nodes if node[0] != "Product"}
        edges = [edge for edge in edges if not any(end.startswith("Product ") for end in edge[:2])]
    name = {node: f"{data['type']} {data['key']}" for node, data in graph.nodes(data=True)}
    assert {(data["type"], data["key"]) for _, data in graph.nodes(data=True)} == nodes
    assert sorted((name[s], name[t], data["label"]) for s, t, data in graph.edges(data=True)) == sorted(edges)


def visible(text: str) -> str:
    """Return text as XML can hold it."""
    return "".join("\ufffd" if ch in "\x00\x07\x1e\x1f\ufffe" else ch for ch in text)


def test_viewers_find_the_words_they_look_for(tmp_path: Path) -> None:
    """Labels are names, weights the confidence; numbers are numbers, and lists are joined."""
    graph = opened(tmp_path, small_world(), Level.PRODUCT)
    chips, salsa = graph.nodes["Product:0001"], graph.nodes["Product:s-1"]
    assert (chips["label"], chips["price"], chips["in_stock"]) == ("Crunch Corn Tortilla Chips 200 g", 2.49, True)
    assert salsa["label"] == "Fire Roasted Salsa"
    assert graph.nodes["ProductType:tortilla-chips"]["aliases"] == "corn chips"
    edge = graph.edges["Product:0001", "Product:s-1"]
    assert (edge["label"], edge["weight"], edge["rank"], edge["contexts"]) == ("COMPLEMENTS", 0.9, 1, "party")
    assert graph.edges["Product:0001", "ProductType:tortilla-chips"]["weight"] == 1.0


def test_a_pair_may_have_several_edges(tmp_path: Path) -> None:
    """Two relations of one pair are two edges."""
    world = small_world()
    more = ProductEdge(Relation.SUBSTITUTES, NodeKind.PRODUCT, "0001", "s-1")
    graph = opened(tmp_path, replace(world, product_edges=[*world.product_edges, more]), Level.PRODUCT)
    assert graph.number_of_edges("Product:0001", "Product:s-1") == 2


def test_the_file_is_declared_graphml(tmp_path: Path) -> None:
    """It is well-formed, in GraphML's namespace, and every datum has a declared key for its element."""
    root = ET.parse(written(tmp_path, hostile_world(), "graphml", GraphmlOptions(Level.PRODUCT))).getroot()
    space = "{http://graphml.graphdrawing.org/xmlns}"
    assert root.tag == f"{space}graphml"
    keys = {each.get("id"): each.get("for") for each in root.iter(f"{space}key")}
    for what in ("node", "edge"):
        for element in root.iter(f"{space}{what}"):
            assert {keys[str(data.get("key"))] for data in element} == {what}


def test_the_same_build_gives_the_same_bytes(tmp_path: Path) -> None:
    """Twice written, equal to the byte."""
    options = GraphmlOptions(Level.PRODUCT)
    one, other = (written(tmp_path / name, hostile_world(), "graphml", options) for name in "ab")
    assert contents(one) == contents(other)


def test_edges_of_products_are_left_out_by_default(tmp_path: Path) -> None:
    """The level of types has no product in it, not even its type."""
    kinds = {
        kind for kind, _ in graph_rows(write_world(tmp_path / "again", small_world())) if isinstance(kind, EdgeKind)
    }
    graph = opened(tmp_path, small_world(), GraphmlOptions().level)
    assert {data["type"] for _, data in graph.nodes(data=True)} == {"Intent", "ProductType", "Theme"}
    assert "IS_A" not in {data["label"] for _, _, data in graph.edges(data=True)}
    assert any(kind.relation == "IS_A" for kind in kinds)
