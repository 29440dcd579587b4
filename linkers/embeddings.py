"""Static word embeddings: text -> unit vector, without a model to run.

The table is WordLlama's (Apache-2.0, https://github.com/dleemiller/WordLlama): 32,000 word pieces of 256 half
floats, averaged over the pieces of a text. Only the two data files of the installed package are read: importing
it would configure logging for the whole process and load code that is not needed.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import json
import mmap
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kg.errors import ConfigError

__all__ = ["Embedder", "Matrix", "StaticEmbedder", "load_embedder", "row_sums"]

Matrix = NDArray[np.float32]
_TABLE = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"


class Embedder(Protocol):
    """Text -> vector. Equal texts give equal vectors, alone or in a batch."""

    @property
    def version(self) -> str:
        """Names the table: part of a linker's version."""
        ...

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Return one row for each text, of length 1, or of zeros when nothing of the text is known."""
        ...


_BATCH = 4_096  # texts whose pieces are looked up at once


class StaticEmbedder:
    """Mean of the vectors of a text's word pieces.

    Args:
        table: half floats, shape (pieces, dimensions).
        tokenizer: splits a text into rows of the table.
        version: names both.
    """

    def __init__(self, table: NDArray[np.float16], tokenizer: Any, version: str) -> None:  # noqa: ANN401 - untyped
        self._table = table
        self._tokenizer = tokenizer
        self.version = version

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Return unit rows, shape (len(texts), dimensions), or zeros for a text without pieces."""
        out = np.zeros((len(texts), self._table.shape[1]), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            self._average(texts[start : start + _BATCH], out[start : start + _BATCH])
        norms = np.linalg.norm(out, axis=1, keepdims=True)
        return np.divide(out, norms, out=out, where=norms > 0)

    def _average(self, texts: Sequence[str], out: Matrix) -> None:
        # One by one: the batch call starts threads, which do not survive the fork of a process pool.
        pieces: list[list[int]] = [self._tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
        counts = np.array([len(each) for each in pieces], dtype=np.int64)
        used, at = np.unique(np.array(list(itertools.chain.from_iterable(pieces)), dtype=np.int64), return_inverse=True)
        out[:] = row_sums(at, counts, self._table[used].astype(np.float32))
        out /= np.maximum(counts, 1)[:, None]


def row_sums(values: NDArray[np.int64], counts: NDArray[np.int64], table: Matrix) -> Matrix:
    """Return the sums of rows of ``table``: of the first ``counts[0]`` of ``values``, of the next ``counts[1]``, ...

    Each sum is added up in the order of its values, whatever else is summed beside it.
    """
    sparse: Any = importlib.import_module("scipy.sparse")
    starts = np.concatenate([[0], np.cumsum(counts)])
    ones = np.ones(len(values), dtype=np.float32)
    return np.asarray(sparse.csr_array((ones, values, starts), shape=(len(counts), len(table))) @ table)


@lru_cache(maxsize=1)
def load_embedder() -> StaticEmbedder:
    """Return the embedder on WordLlama's table, loaded once a process.

    Raises:
        ConfigError: the package or one of its files is missing or damaged.
    """
    from tokenizers import Tokenizer  # noqa: PLC0415 - only those who embed pay for the import

    folder = _package_folder()
    table = _read_table(folder / _TABLE)
    tokenizer: Any = Tokenizer.from_file(str(folder / _TOKENIZER))  # pyright: ignore[reportUnknownMemberType]
    return StaticEmbedder(table, tokenizer, "wordllama-l2-supercat-256")


def _package_folder() -> Path:
    """Return where the package's files are, without importing it."""
    spec = importlib.util.find_spec("wordllama")
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        if (Path(place) / _TABLE).is_file() and (Path(place) / _TOKENIZER).is_file():
            return Path(place)
    raise ConfigError(
        "the embedding table of the package wordllama is not installed",
        remedy="pip install 'wordllama==0.4.0.post1', or set the linker to lexical",
    )


def _read_table(path: Path) -> NDArray[np.float16]:
    """Return the one tensor of a safetensors file, memory-mapped (8 bytes of length, JSON header, data)."""
    with path.open("rb") as handle:
        data = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    size = int.from_bytes(data[:8], "little")
    try:
        header = json.loads(data[8 : 8 + size])
        (tensor,) = (value for name, value in header.items() if name != "__metadata__")
        shape = tuple(int(length) for length in tensor["shape"])
        count = shape[0] * shape[1]
        return np.frombuffer(data, dtype="<f2", count=count, offset=8 + size).reshape(shape)
    except (ValueError, KeyError, IndexError) as error:
        raise ConfigError(
            f"{path} is not the embedding table expected: {error}", remedy="reinstall the package wordllama"
        ) from error
