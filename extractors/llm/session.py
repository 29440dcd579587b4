"""From settings to an asker: endpoint or embedded model, cache, recorded answers; closed together."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from extractors.llm import client, embedded, weights
from extractors.llm.asker import Asker
from extractors.llm.cache import AnswerCache
from extractors.llm.options import ModelOptions

__all__ = ["FetchWeights", "open_asker"]

FetchWeights = Callable[[str], Path]
"""Fetches a model's weights by name, showing progress if the caller can."""


@contextmanager
def open_asker(
    options: ModelOptions,
    answers: Path,
    recorded: Path | None = None,
    fetch_weights: FetchWeights = weights.fetch,
) -> Generator[Asker]:
    """Yield an asker over the answer cache at ``answers``, filled from the ``recorded`` export if there is one.

    The model is connected to, or started, when the first question has no cached answer.

    Raises:
        ArtefactError: the cache or the recorded answers cannot be read.
    """
    cache = AnswerCache(answers)
    running: list[embedded.EmbeddedServer] = []

    def connect() -> client.Client:
        if options.base_url is not None or not options.is_embedded:
            return client.connect(options, options.base_url)
        gguf = weights.find(options.embedded.model, options.embedded.path) or fetch_weights(options.embedded.model)
        running.append(embedded.start(gguf, options.embedded))
        return client.connect(options, running[0].base_url)

    try:
        if recorded is not None:
            cache.import_file(recorded)
        yield Asker(
            model=options.name,
            connect=connect,
            cache=cache,
            temperature=options.temperature,
            max_concurrency=options.max_concurrency,
            max_tries=options.max_tries,
        )
    finally:
        for server in running:
            server.stop()
        cache.close()
