"""A stand-in provider as a process of its own: ``python -m tests.servers.provider``, and a client to start it.

The process prints its address as one line and serves until its standard input closes or it gets SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tests.servers.provider import Provider
from tests.servers.provider_ledger import Ledger
from tests.servers.provider_script import Script
from tests.servers.provider_server import serve

__all__ = ["ProviderProcess", "main", "running_process"]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class ProviderProcess:
    """A provider in another process. ``base_url`` is that of the API."""

    base_url: str
    process: subprocess.Popen[bytes]

    def ledger(self) -> Ledger:
        """Return what came and what it cost."""
        return msgspec.json.decode(self._call("GET", "/_ledger"), type=Ledger)

    def summary(self) -> dict[str, Any]:
        """Return the ledger's figures without its entries; quick, however many there are."""
        return json.loads(self._call("GET", "/_ledger?summary=1"))

    def script(self, **settings: Any) -> None:
        """Change settings or add rules: the fields of :class:`~tests.servers.provider_script.Script`.

        Raises:
            ValueError: there is no such setting, or it has no such value.
        """
        self._call("POST", "/_script", msgspec.json.encode(settings))

    def _call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=120)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(text.decode())
        return text


@contextmanager
def running_process(seed: int = 0, port: int = 0, **settings: Any) -> Generator[ProviderProcess]:
    """Yield a provider that runs in a process of its own with these settings (see :meth:`ProviderProcess.script`)."""
    script = msgspec.json.encode(settings).decode()
    command = [sys.executable, "-m", "tests.servers.provider", "--json"]
    command += ["--seed", str(seed), "--port", str(port), "--script", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield ProviderProcess(json.loads(process.stdout.readline())["base_url"], process)
        finally:
            process.stdin.close()
            process.wait(30)


def _until_closed(stop: Callable[[], None]) -> None:
    """Stop once nobody can write to us any more; read without the lock that an exit would wait for."""
    while os.read(0, 4096):
        pass
    with suppress(RuntimeError):  # it has ended by itself
        stop()


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve as the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers.provider", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rpm", type=float, help="requests a minute")
    parser.add_argument("--tpm", type=float, help="tokens a minute")
    parser.add_argument("--script", default="{}", help="more settings, as JSON: see provider_script.Script")
    parser.add_argument("--json", action="store_true", help="print the address as JSON")
    options = parser.parse_args(arguments)
    settings = json.loads(options.script)
    if options.rpm or options.tpm:
        settings["limits"] = {"rpm": options.rpm, "tpm": options.tpm, **settings.get("limits", {})}
    provider = Provider(options.seed)
    provider.script(msgspec.convert(settings, Script))

    def ready(stop: Callable[[], None]) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
        threading.Thread(target=_until_closed, args=(stop,), daemon=True).start()
        print(json.dumps({"base_url": provider.base_url}) if options.json else provider.base_url, flush=True)

    asyncio.run(serve(provider, options.port, ready))
