"""``lexical``: words only; nothing to load, for catalogues whose words the embeddings do not know."""

from __future__ import annotations

from collections.abc import Sequence

from linkers.base import Linker, Target
from linkers.embeddings import Embedder
from linkers.options import LexicalOptions
from linkers.types.words import WordLinker

__all__ = ["build"]


def build(options: LexicalOptions, targets: Sequence[Target], _: Embedder | None = None) -> Linker:
    """Return the linker over ``targets``; it asks no embedder."""
    return WordLinker("lexical", options, targets)
