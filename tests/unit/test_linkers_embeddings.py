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


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package the remedy names it and the linker that needs no embeddings."""
    monkeypatch.setattr(embeddings.importlib.util, "find_spec", lambda name: None)
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
        embeddings._read_table(path)
