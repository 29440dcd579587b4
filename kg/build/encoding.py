"""The encoder that is configured for linking."""

from __future__ import annotations

from extractors.llm.embeddings import EndpointEmbedder
from kg.build.settings import Workspace

__all__ = ["open_embedder"]

_FILE = "embeddings.sqlite"


def open_embedder(workspace: Workspace) -> EndpointEmbedder | None:
    """Return the embedder at the configured endpoint, its vectors kept beside the answers; ``None``: there is none.

    Nothing is connected to before a text is asked for that is not kept.
    """
    options = workspace.settings.linking.encoder
    return EndpointEmbedder(options, workspace.answers.with_name(_FILE)) if options.base_url else None
