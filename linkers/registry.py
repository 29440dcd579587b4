"""The linkers there are. A new one is its module with ``build(options, targets, embedder)`` and one line here."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from kg.config import Options, RawConfig, did_you_mean, validate
from kg.errors import ConfigError
from linkers.base import Linker, Target
from linkers.options import ExactOptions, HybridOptions, LexicalOptions, SemanticOptions

if TYPE_CHECKING:
    from linkers.embeddings import Embedder

__all__ = ["DEFAULT_LINKER", "LINKER_OPTIONS", "build_linker"]

DEFAULT_LINKER = "hybrid"
# The module of a linker has its name and is imported when it is built: commands that link nothing load nothing.
LINKER_OPTIONS: Mapping[str, type[Options]] = {
    "exact": ExactOptions,
    "hybrid": HybridOptions,
    "lexical": LexicalOptions,
    "semantic": SemanticOptions,
}


def build_linker(
    name: str, options: Mapping[str, object], targets: Sequence[Target], embedder: Embedder | None = None
) -> Linker:
    """Return the linker registered as ``name`` over ``targets``, in whatever order they come.

    Those that use embeddings use ``embedder`` (``None``: the static embeddings).

    Raises:
        ConfigError: no such linker, an option it does not know or that is out of range, or two targets with one id.
        KgError: what the embedder raises.
    """
    if name not in LINKER_OPTIONS:
        raise ConfigError(f"unknown linker {name!r}", remedy=did_you_mean(name, LINKER_OPTIONS))
    settings = validate(RawConfig(f"options of linker {name}", dict(options)), LINKER_OPTIONS[name])
    return cast("Linker", importlib.import_module(f"linkers.types.{name}").build(settings, targets, embedder))
