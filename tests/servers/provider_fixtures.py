"""Fixtures for tests that need a provider of language models: the stand-in, and the way our code reaches it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers.provider import Provider, running

if TYPE_CHECKING:
    from extractors.llm.asker import Asker

__all__ = ["open_batch_asker", "open_provider_asker", "provider"]

_SHORT_PAUSES = {"pause_s": 0.01, "max_pause_s": 0.05}


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider of its own for each test: it bills, and fails when told to."""
    with running() as server:
        yield server


@pytest.fixture
def open_provider_asker(provider: Provider, tmp_path: Path) -> Iterator[Callable[..., Asker]]:
    """Open askers at the provider, all over one cache; their waits between tries are a hundredth of the real ones."""
    # Here, so that the tests of the stand-in itself need none of it.
    from extractors.llm.options import ModelOptions  # noqa: PLC0415
    from extractors.llm.session import open_askers  # noqa: PLC0415

    with ExitStack() as stack:

        def open_one(*, per_prompt: int = 1, retry_dead: bool = False, **settings: Any) -> Asker:
            limits = {**_SHORT_PAUSES, **settings.pop("limits", {})}
            known = {"base_url": provider.base_url, "model": "large", "limits": limits, **settings}
            options = ModelOptions.model_validate(known)
            answers = tmp_path / "answers.sqlite"
            opened = open_askers(options, answers, per_prompt=per_prompt, retry_dead=retry_dead)
            return stack.enter_context(opened).propose

        yield open_one


@pytest.fixture
def open_batch_asker(open_provider_asker: Callable[..., Asker]) -> Callable[..., Asker]:
    """Open askers that use the batch interface, and look at it every hundredth of a second."""

    def open_one(*, batch: dict[str, Any] | None = None, **settings: Any) -> Asker:
        return open_provider_asker(batch={"enabled": True, "poll_s": 0.01, **(batch or {})}, **settings)

    return open_one
