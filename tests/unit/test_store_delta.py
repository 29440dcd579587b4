"""A build's files are checked before anything is written."""

from dataclasses import replace
from pathlib import Path

import pytest

from kg.errors import ArtefactError, StoreError
from kg.model import Product
from kg.store.delta import GraphFiles, open_files
from kg.store.kinds import EDGE_KINDS, NODE_KINDS
from tests.servers.graph_files import World, small_world, write_world


def stage(files: GraphFiles) -> None:
    """Take every kind in, as a load does."""
    with open_files(files) as bench:
        for kind in (*NODE_KINDS, *EDGE_KINDS):
            bench.stage(kind)


def test_a_whole_build_passes(tmp_path: Path) -> None:
    """Nothing is said about files that fit together, whatever their folder is called."""
    stage(write_world(tmp_path / "odd [name]* 'quoted'", small_world()))


def test_an_empty_build_passes(tmp_path: Path) -> None:
    """No rows are no mistake: a first build may keep nothing."""
    stage(write_world(tmp_path, World()))


@pytest.mark.parametrize("name", ["products", "product_types", "intents", "edges", "product_edges"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    """The file and the command that makes it are named."""
    files = write_world(tmp_path, small_world())
    path: Path = getattr(files, name)
    path.unlink()
    with pytest.raises(ArtefactError, match=rf"{path.name} is missing; run the stage that makes it"):
        stage(files)


@pytest.mark.parametrize("name", ["products", "edges", "product_edges"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    """A file that is not what its name says is reported, not half read."""
    files = write_world(tmp_path, small_world())
    getattr(files, name).write_text("no such thing\n")
    with pytest.raises(ArtefactError, match=r"cannot be read.*make them again"):
        stage(files)


def test_doubled_rows_are_named(tmp_path: Path) -> None:
    """Two products with one id are refused with the id."""
    world = small_world()
    with pytest.raises(StoreError, match=r"Product rows that stand twice: 0001; make the build's files again"):
        stage(write_world(tmp_path, replace(world, products=[*world.products, world.products[0]])))


def test_doubled_edges_are_named(tmp_path: Path) -> None:
    """Two edges of one relation between a pair are refused with the pair."""
    world = small_world()
    edges = [*world.product_edges, replace(world.product_edges[4], explanation="Other.")]
    with pytest.raises(StoreError, match="Product-COMPLEMENTS->Product rows that stand twice: 0001 -> s-1"):
        stage(write_world(tmp_path, replace(world, product_edges=edges)))


def test_an_edge_to_no_product_is_named(tmp_path: Path) -> None:
    """An id that is in no file never reaches the graph."""
    world = small_world()
    edges = [*world.product_edges, replace(world.product_edges[4], target_id="ghost")]
    with pytest.raises(StoreError, match="an end that is in no file of the build: 0001 -> ghost"):
        stage(write_world(tmp_path, replace(world, product_edges=edges)))


def test_a_product_of_no_type_is_named(tmp_path: Path) -> None:
    """A product may have no type, but not one that does not exist."""
    stray = Product("x", "X", type_id="ghost")  # type: ignore[arg-type]
    with pytest.raises(StoreError, match=r"Product-IS_A->ProductType rows .*: x -> ghost"):
        stage(write_world(tmp_path, World([stray])))


def test_an_edge_without_a_hash_is_named(tmp_path: Path) -> None:
    """Without its hash a change could not be seen."""
    world = small_world()
    edges = [replace(edge, h="") if edge.relation == "COMPLEMENTS" else edge for edge in world.edges[:5]]
    files = write_world(tmp_path, replace(world, edges=edges))
    with pytest.raises(StoreError, match="rows without a hash h: tortilla-chips -> salsa"):
        stage(files)
