"""Fixtures for tests that need a provider of language models: the stand-in, and the way our code reaches it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from extractors.llm import asker as asker_module
from extractors.llm.asker import Asker
from extractors.llm.options import ModelOptions
from extractors.llm.session import open_asker
from tests.servers.provider import Provider, running

__all__ = ["open_provider_asker", "provider"]


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider of its own for each test: it bills, and fails when told to."""
    with running() as server:
        yield server


@pytest.fixture
def open_provider_asker(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Asker]]:
    """Open askers at the provider, all over one cache; their waits between tries are a hundredth of the real ones."""
    real = asker_module._pause
    monkeypatch.setattr(asker_module, "_pause", lambda attempt, wait: real(attempt, wait) / 100)
    with ExitStack() as stack:

        def open_one(**settings: Any) -> Asker:
            options = ModelOptions.model_validate({"base_url": provider.base_url, "model": "large", **settings})
            return stack.enter_context(open_asker(options, tmp_path / "answers.sqlite"))

        yield open_one
