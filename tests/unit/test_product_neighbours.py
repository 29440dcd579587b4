"""Nearest titles: all compared, or by a partition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from linkers.products import files
from linkers.products.analyse import Text
from linkers.products.candidates import Search, read_batch
from linkers.products.engines import faiss
from linkers.products.files import PARTITION, verify
from linkers.products.index import Item, build_index, read_items, update_index
from linkers.products.neighbours import Known, open_neighbours, write_partition
from linkers.products.vectors import as_bytes
from tests.parts.product_shop import contents

MANY, KINDS, DIMENSIONS, LISTS = 2_000, 60, 64, 32


def unit(values: np.ndarray) -> np.ndarray:
    """Return rows of length 1."""
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


def titles(count: int, seed: int) -> np.ndarray:
    """Return random unit vectors that lie, as those of titles do, around some kinds of things."""
    kinds = np.random.default_rng(7).normal(size=(KINDS, DIMENSIONS))
    random = np.random.default_rng(seed)
    return unit(kinds[random.integers(0, KINDS, count)] + 0.6 * random.normal(size=(count, DIMENSIONS)))


VECTORS = as_bytes(titles(MANY, 1))
QUERIES = titles(100, 2)


def exact(vectors: np.ndarray, queries: np.ndarray, limit: int) -> np.ndarray:
    """Return the nearest vectors by sorting all of them."""
    return np.argsort(-(queries @ vectors.astype(np.float32).T), axis=1, kind="stable")[:, :limit]


def lists(file: Path) -> list[list[int]]:
    """Return the products of each list of a partition."""
    index = faiss().read_index(str(file))
    there = index.invlists
    sizes = [there.list_size(number) for number in range(there.nlist)]
    return [faiss().rev_swig_ptr(there.get_ids(at), size).tolist() if size else [] for at, size in enumerate(sizes)]


@pytest.fixture(scope="module")
def partition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a partition of many vectors."""
    file = tmp_path_factory.mktemp("partition") / PARTITION
    write_partition(VECTORS, file)
    return file


def test_few_are_all_compared(tmp_path: Path) -> None:
    """Without a partition the nearest are exactly those of sorting."""
    found = open_neighbours(VECTORS, tmp_path / "none").search(QUERIES, 10)
    assert np.array_equal(found, exact(VECTORS, QUERIES, 10))


def test_equal_vectors_are_in_the_order_of_products(tmp_path: Path) -> None:
    """Among vectors that are equally near the first products come first."""
    same = np.repeat(VECTORS[:1], 9, axis=0)
    assert open_neighbours(same, tmp_path / "none").search(same[:1].astype(np.float32), 4).tolist() == [[0, 1, 2, 3]]


def test_fewer_than_asked_for_are_filled_up(tmp_path: Path) -> None:
    """Where there are fewer products than asked for, the rest of a row is -1."""
    near = open_neighbours(VECTORS[:2], tmp_path / "none").search(QUERIES[:1], 4)
    assert sorted(near[0].tolist()) == [-1, -1, 0, 1]


def test_no_vectors_no_neighbours(tmp_path: Path) -> None:
    """Without products nothing is near."""
    nothing = open_neighbours(VECTORS[:0], tmp_path / "none")
    assert nothing.search(QUERIES[:2], 3).tolist() == [[-1] * 3] * 2


def test_a_partition_finds_nearly_all(partition: Path) -> None:
    """Of the ten nearest vectors a partition finds nine on average."""
    found, true = open_neighbours(VECTORS, partition).search(QUERIES, 10), exact(VECTORS, QUERIES, 10)
    hits = [len(set(ours) & set(theirs)) for ours, theirs in zip(found.tolist(), true.tolist(), strict=True)]
    assert np.mean(hits) >= 9


def test_a_partition_finds_each_vector_by_itself(partition: Path) -> None:
    """A vector that is there is its own nearest."""
    found = open_neighbours(VECTORS, partition).search(VECTORS[::50].astype(np.float32) / 127, 1)
    assert found[:, 0].tolist() == list(range(0, MANY, 50))


def test_two_partitions_are_equal(partition: Path, tmp_path: Path) -> None:
    """The same vectors make the same file, byte for byte."""
    write_partition(VECTORS, tmp_path / PARTITION)
    assert (tmp_path / PARTITION).read_bytes() == partition.read_bytes()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_does_not_matter(partition: Path, tmp_path: Path, threads: int) -> None:
    """A partition learned and filled by one thread or by two is the same file, byte for byte."""
    before = faiss().omp_get_max_threads()
    faiss().omp_set_num_threads(threads)
    try:
        write_partition(VECTORS, tmp_path / PARTITION)
    finally:
        faiss().omp_set_num_threads(before)
    assert (tmp_path / PARTITION).read_bytes() == partition.read_bytes()


def test_a_batch_equals_single_searches(partition: Path, tmp_path: Path) -> None:
    """A vector has the same neighbours alone and in a batch, with and without a partition."""
    for file in (partition, tmp_path / "none"):
        opened = open_neighbours(VECTORS, file)
        alone = np.concatenate([opened.search(QUERIES[at : at + 1], 7) for at in range(len(QUERIES))])
        assert np.array_equal(opened.search(QUERIES, 7), alone)


def test_every_product_has_one_list(partition: Path) -> None:
    """Each product of a partition stands in one of its lists, and many of them have some."""
    rows = [row for each in lists(partition) for row in each]
    assert sorted(rows) == list(range(MANY))
    assert sum(map(bool, lists(partition))) > 16


def test_kept_lists_make_the_same_partition(partition: Path, tmp_path: Path) -> None:
    """A partition made again with all its lists known is the same file."""
    write_partition(VECTORS, tmp_path / PARTITION, Known(partition, MANY, np.arange(MANY)))
    assert (tmp_path / PARTITION).read_bytes() == partition.read_bytes()


def test_products_that_moved_keep_their_lists(partition: Path, tmp_path: Path) -> None:
    """Products that stand in other rows by now are in the lists they were in, in the order of these rows."""
    order = np.random.default_rng(5).permutation(MANY)[:1_500]
    write_partition(VECTORS[order], tmp_path / PARTITION, Known(partition, MANY, order))
    before = {row: number for number, each in enumerate(lists(partition)) for row in each}
    expected = [[at for at, row in enumerate(order.tolist()) if before[row] == number] for number in range(LISTS)]
    assert lists(tmp_path / PARTITION) == expected


def test_changed_products_are_found_in_kept_lists(partition: Path, tmp_path: Path) -> None:
    """Products that are new or changed are found beside those that kept their lists."""
    changed = np.concatenate([VECTORS[100:], as_bytes(titles(150, 3))])
    rows = np.concatenate([np.arange(100, MANY), np.full(150, -1)])
    write_partition(changed, tmp_path / PARTITION, Known(partition, MANY, rows))
    opened = open_neighbours(changed, tmp_path / PARTITION)
    found = opened.search(np.ascontiguousarray(changed[::25].astype(np.float32) / 127), 1)
    assert found[:, 0].tolist() == list(range(0, len(changed), 25))


def test_kept_products_have_the_codes_of_new_ones(partition: Path, tmp_path: Path) -> None:
    """A product is stored as it would be if its list were looked for again."""
    rows = np.where(np.arange(MANY) % 3, np.arange(MANY), -1)
    write_partition(VECTORS, tmp_path / PARTITION, Known(partition, MANY, rows))
    assert (tmp_path / PARTITION).read_bytes() == partition.read_bytes()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let catalogues of more than a hundred products have a partition."""
    monkeypatch.setattr(files, "FEW", 100)


def catalogue(count: int, word: str = "kettle") -> list[Item]:
    """Return products with titles of three words."""
    colours = ("red", "blue", "green", "white", "black", "pink", "grey")
    return [Item(f"{at:04}", Text(f"{colours[at % 7]} {word} number{at}")) for at in range(count)]


@pytest.mark.usefixtures("few")
def test_a_larger_index_has_a_partition(tmp_path: Path) -> None:
    """An index of more products than are compared has a partition, which is verified with it."""
    opened = build_index(tmp_path / "index", catalogue(300))
    assert opened.manifest.learned_for == 300
    assert PARTITION in verify(opened.folder).files


@pytest.mark.usefixtures("few")
def test_an_index_with_a_partition_finds_the_nearest(tmp_path: Path) -> None:
    """A product is among the nearest of its own title."""
    opened = build_index(tmp_path / "index", [*catalogue(300), Item("x", Text("hot tomato salsa"))])
    batch = read_batch(opened, read_items([Item("0", Text("hot tomato salsa"))]))
    pairs = Search(shared=0, nearest=3).pairs(opened, batch)
    assert "x" in {opened.id(int(product)) for product in pairs.products}


@pytest.mark.usefixtures("few")
def test_an_update_keeps_the_partition(tmp_path: Path) -> None:
    """An update that changes little keeps what was learned, and finds what is new."""
    build_index(tmp_path / "old", catalogue(300))
    updated, _ = update_index(tmp_path / "new", tmp_path / "old", [*catalogue(290), Item("0000a", Text("hot salsa"))])
    batch = read_batch(updated, read_items([Item("0", Text("hot salsa"))]))
    pairs = Search(shared=0, nearest=1).pairs(updated, batch)
    assert updated.manifest.learned_for == 300
    assert [updated.id(int(product)) for product in pairs.products] == ["0000a"]


@pytest.mark.usefixtures("few")
def test_an_update_that_changes_nothing_makes_the_same_files(tmp_path: Path) -> None:
    """An update with the same products in another order has the same partition and all else."""
    build_index(tmp_path / "old", catalogue(300))
    update_index(tmp_path / "new", tmp_path / "old", catalogue(300)[::-1])
    assert contents(tmp_path / "new") == contents(tmp_path / "old")


@pytest.mark.usefixtures("few")
def test_an_update_to_many_more_learns_again(tmp_path: Path) -> None:
    """Once there are many more products than it was learned for, the partition is that of an index made anew."""
    build_index(tmp_path / "old", catalogue(300))
    update_index(tmp_path / "updated", tmp_path / "old", catalogue(400))
    build_index(tmp_path / "anew", catalogue(400))
    assert contents(tmp_path / "updated") == contents(tmp_path / "anew")


@pytest.mark.usefixtures("few")
def test_an_update_to_few_has_no_partition(tmp_path: Path) -> None:
    """An index that has shrunk to few products compares them all."""
    build_index(tmp_path / "old", catalogue(300))
    updated, _ = update_index(tmp_path / "new", tmp_path / "old", catalogue(50))
    assert updated.manifest.learned_for == 0
    assert not (updated.folder / PARTITION).exists()
