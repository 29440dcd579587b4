"""The encoder that is configured for linking."""

from __future__ import annotations

from pathlib import Path

from extractors.llm.embeddings import EndpointEmbedder
from kg.build.settings import Workspace, open_workspace
from linkers.products.vectors import Encoder, Titles

__all__ = ["configured_encoder", "open_embedder", "open_encoder"]

_FILE = "embeddings.sqlite"


def open_embedder(workspace: Workspace) -> EndpointEmbedder | None:
    """Return the embedder at the configured endpoint, its vectors kept beside the answers; ``None``: there is none.

    Nothing is connected to before a text is asked for that is not kept.
    """
    options = workspace.settings.linking.encoder
    return EndpointEmbedder(options, workspace.answers.with_name(_FILE)) if options.base_url else None


def open_encoder(workspace: Workspace) -> Encoder | None:
    """Return the configured encoder of products' titles; ``None``: the static embeddings."""
    embedder = open_embedder(workspace)
    return Titles(embedder) if embedder else None


def configured_encoder(config: Path) -> Encoder | None:
    """Return :func:`open_encoder` of a configuration that is named.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    return open_encoder(open_workspace(config))
