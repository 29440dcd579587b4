"""The static embeddings, and what is said when they are not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kg.errors import ConfigError
from linkers import embeddings


def test_nearer_words_are_nearer() -> None:
    """A television is nearer to a TV than to oat milk."""
    tv, television, milk = embeddings.load_embedder().encode(["tv", "television", "oat milk"])
    assert tv @ television > 0.5 > tv @ milk


def test_unit_rows_and_zeros() -> None:
    """Rows have length 1, the empty text has zeros."""
    rows = embeddings.load_embedder().encode(["soap", ""])
    assert np.linalg.norm(rows, axis=1).tolist() == pytest.approx([1.0, 0.0])


def test_batch_equals_single() -> None:
    """A text has the same vector alone and in a batch, to the bit."""
    embedder = embeddings.load_embedder()
    texts = ["soap", "peanut butter", "お茶"]
    assert np.array_equal(embedder.encode(texts), np.vstack([embedder.encode([text]) for text in texts]))


def test_rows_are_summed_in_runs() -> None:
    """Each sum is of its run of rows, which may stand several times; of no rows it is zero."""
    table = np.arange(8, dtype=np.float32).reshape(4, 2)
    found = embeddings.row_sums(np.array([0, 3, 3, 1, 2]), np.array([2, 0, 3]), table)
    assert found.tolist() == [[6, 8], [0, 0], [12, 15]]
    assert found.dtype == np.float32


def test_no_rows_no_sums() -> None:
    """Without runs there are no sums, and without values all of them are zero."""
    nothing, table = np.zeros(0, dtype=np.int64), np.ones((3, 2), dtype=np.float32)
    assert embeddings.row_sums(nothing, nothing, table).shape == (0, 2)
    assert embeddings.row_sums(nothing, np.zeros(2, dtype=np.int64), table).tolist() == [[0, 0], [0, 0]]


def test_a_sum_has_the_same_bits_alone_and_among_others() -> None:
    """A sum is added up in the order of its values: to the bit that of adding one after the other, and that alone."""
    random = np.random.default_rng(1)
    table = (random.normal(size=(500, 64)) * 10.0 ** random.integers(-6, 6, (500, 64))).astype(np.float32)
    counts = random.integers(0, 30, 300)
    values = random.integers(0, len(table), int(counts.sum()))
    together = embeddings.row_sums(values, counts, table)
    for run, row in zip(np.split(values, np.cumsum(counts)[:-1]), together, strict=True):
        alone = embeddings.row_sums(run, np.array([len(run)]), table)[0]
        one_by_one = np.zeros(64, dtype=np.float32)
        for value in run:
            one_by_one += table[value]
        assert np.array_equal(row, alone)
        assert np.array_equal(row, one_by_one)


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package the remedy names it and the linker that needs no embeddings."""

    def nothing(name: str) -> None: ...

    monkeypatch.setattr(embeddings.importlib.util, "find_spec", nothing)
    embeddings.load_embedder.cache_clear()
    try:
        with pytest.raises(ConfigError, match=r"not installed; pip install 'wordllama.*lexical"):
            embeddings.load_embedder()
    finally:
        embeddings.load_embedder.cache_clear()


@pytest.mark.parametrize("data", [b"\x05\0\0\0\0\0\0\0{not}", b"\x02\0\0\0\0\0\0\0{}", b"\xff" * 40])
def test_damaged_table(tmp_path: Path, data: bytes) -> None:
    """A damaged table is said to be damaged, with the file."""
    path = tmp_path / "table.safetensors"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"table\.safetensors is not the embedding table"):
        embeddings._read_table(path)  # pyright: ignore[reportPrivateUsage]
