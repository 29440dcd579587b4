"""Starting the embedded model: what can be missing is said, and what was started is stopped."""

from __future__ import annotations

import sys
import types
import weakref
from pathlib import Path

import pytest

from extractors.llm import embedded
from extractors.llm.client import connect
from extractors.llm.options import EmbeddedOptions, ModelOptions
from kg.errors import ModelUnavailable
from tests.servers.provider import Provider


class Runtime(types.ModuleType):
    """A runtime whose servers listen where the test says."""

    def __init__(self, address: str) -> None:
        super().__init__("xllamacpp")
        self.started: list[weakref.ref[object]] = []
        runtime = self

        class Server:
            def __init__(self, parameters: types.SimpleNamespace) -> None:
                self.listening_address = address
                runtime.parameters = parameters
                runtime.started.append(weakref.ref(self))

        self.Server = Server

    def CommonParams(self) -> types.SimpleNamespace:  # noqa: N802 - the runtime names it so
        """Return parameters to fill in."""
        return types.SimpleNamespace(
            model=types.SimpleNamespace(), cpuparams=types.SimpleNamespace(), cpuparams_batch=types.SimpleNamespace()
        )


def test_without_the_runtime_there_is_no_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The extra to install is named."""
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ModelUnavailable, match=r"product-kg\[local\]"):
        embedded.start(tmp_path / "m.gguf", EmbeddedOptions())


def test_a_model_that_is_never_ready_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """After the wait it is given up, and its memory with it."""
    runtime = Runtime("http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "xllamacpp", runtime)
    monkeypatch.setattr(embedded, "_READY_TIMEOUT_S", 0.2)
    with pytest.raises(ModelUnavailable, match="not ready"):
        embedded.start(tmp_path / "m.gguf", EmbeddedOptions())
    assert [server() for server in runtime.started] == [None]


def test_a_model_that_is_ready_is_served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, provider: Provider) -> None:
    """Settings reach the runtime, a proxy is no hindrance, and stopping lets go of the server."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    provider.routes["GET", "/health"] = provider.chat
    runtime = Runtime(provider.base_url.removesuffix("/v1"))
    monkeypatch.setitem(sys.modules, "xllamacpp", runtime)
    server = embedded.start(tmp_path / "m.gguf", EmbeddedOptions(context=2048, slots=2, threads=3))
    assert server.base_url == provider.base_url
    asked = runtime.parameters
    assert (asked.model.path, asked.n_ctx, asked.n_parallel) == (str(tmp_path / "m.gguf"), 2048, 2)
    assert (asked.cpuparams.n_threads, asked.cpuparams_batch.n_threads, asked.port) == (3, 3, 0)
    server.stop()
    assert [each() for each in runtime.started] == [None]


@pytest.mark.parametrize(
    ("base_url", "here"),
    [
        ("http://127.0.0.1:1/v1", True),
        ("http://localhost:1/v1", True),
        ("http://[::1]:1/v1", True),
        ("https://models.example/v1", False),
        ("http://10.0.0.7/v1", False),
        (None, False),
    ],
)
def test_only_a_model_elsewhere_is_reached_as_the_environment_says(base_url: str | None, here: bool) -> None:
    """Others are reached through its proxy, with its certificates; a model on this machine is not."""
    chat = connect(ModelOptions(base_url=base_url, model="large"), "large", base_url)
    assert chat.connections.trust_env is not here  # type: ignore[union-attr]
    chat.close()
