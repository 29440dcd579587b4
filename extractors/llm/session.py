"""From settings to an asker: endpoint or embedded model, cache, recorded answers; closed together."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
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
    with ExitStack() as opened:
        cache = AnswerCache(answers)
        opened.callback(cache.close)

        def connect() -> client.Client:
            base_url = options.base_url
            if options.is_embedded:
                known = options.embedded
                server = embedded.start(weights.find(known.model, known.path) or fetch_weights(known.model), known)
                opened.callback(server.stop)
                base_url = server.base_url
            chat = client.connect(options, base_url)
            opened.callback(chat.close)
            return chat

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
