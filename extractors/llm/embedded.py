"""The embedded model: llama.cpp's own OpenAI-compatible server, inside this process, on a loopback port."""

from __future__ import annotations

import importlib
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractors.llm.options import EmbeddedOptions
from kg.errors import ModelUnavailable

__all__ = ["EmbeddedServer", "start"]

_READY_TIMEOUT_S = 120.0


@dataclass
class EmbeddedServer:
    """A running server. It stops when :meth:`stop` is called or the process ends."""

    base_url: str
    _server: Any

    def stop(self) -> None:
        """Free the port and the memory."""
        self._server = None


def start(gguf: Path, options: EmbeddedOptions) -> EmbeddedServer:
    """Start the server for a model file and wait until it answers (about two seconds for 1 GB).

    Raises:
        ModelUnavailable: the runtime is not installed, the file is not a model, or it is not ready in two minutes.
    """
    # OpenMP threads that spin while waiting cost 10 to 30 times the CPU beside other work; read at import.
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    try:
        runtime: Any = importlib.import_module("xllamacpp")  # an optional extra, and untyped
    except ImportError as error:
        raise ModelUnavailable(
            "the embedded model's runtime is not installed",
            remedy="pip install 'product-kg[local]', or set models.base_url to an endpoint",
        ) from error
    try:
        server: Any = runtime.Server(_parameters(runtime, gguf, options))
    except (RuntimeError, ValueError) as error:
        raise ModelUnavailable(f"{gguf} does not load: {error}", remedy="check the file with 'kg doctor'") from error
    running = EmbeddedServer(f"{server.listening_address}/v1", server)
    try:
        _wait_until_ready(str(server.listening_address))
    except BaseException:
        running.stop()
        raise
    return running


def _parameters(runtime: Any, gguf: Path, options: EmbeddedOptions) -> Any:  # noqa: ANN401 - the runtime is untyped
    parameters = runtime.CommonParams()
    parameters.model.path = str(gguf)
    parameters.n_ctx = options.context
    parameters.n_parallel = options.slots
    parameters.port = 0
    parameters.cache_ram_mib = 0  # the slots' own prefixes are enough; the default keeps up to 8 GB of old ones
    parameters.verbosity = -1
    threads = options.threads or os.cpu_count() or 1
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    return parameters


def _wait_until_ready(address: str) -> None:
    """Poll the server's health until the model is loaded."""
    deadline = time.monotonic() + _READY_TIMEOUT_S
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is never behind a proxy
    while time.monotonic() < deadline:
        try:
            with opener.open(f"{address}/health", timeout=5) as reply:
                if reply.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            pass
        time.sleep(0.05)
    raise ModelUnavailable(f"the embedded model was not ready in {_READY_TIMEOUT_S:.0f} s", remedy="see 'kg doctor'")
