"""``hybrid``, the default: words united with meaning."""

from __future__ import annotations

from collections.abc import Sequence

from linkers.base import Linker, Target
from linkers.embeddings import Embedder, load_embedder
from linkers.options import HybridOptions
from linkers.types.words import WordLinker

__all__ = ["build"]


def build(options: HybridOptions, targets: Sequence[Target], embedder: Embedder | None = None) -> Linker:
    """Return the linker over ``targets``; ``None``: with the static embeddings.

    Raises:
        ConfigError: the embedding table is not installed.
    """
    return WordLinker("hybrid", options, targets, embedder or load_embedder())
