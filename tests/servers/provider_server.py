"""A stand-in provider's life: from the port it listens on to the last connection it closes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from tests.servers.provider_http import Responder, listen

__all__ = ["serve"]

_MOST_BLOCKED = 256


class _Served(Protocol):
    base_url: str

    @property
    def respond(self) -> Responder: ...


async def serve(provider: _Served, port: int, ready: Callable[[Callable[[], None]], None]) -> None:
    """Serve until told to stop. ``ready`` is told once how to do that, from any thread."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.set_default_executor(ThreadPoolExecutor(_MOST_BLOCKED, "provider"))
    connections: set[asyncio.Transport] = set()
    server = await listen(provider.respond, port, connections)
    provider.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    ready(lambda: loop.call_soon_threadsafe(stop.set) and None)
    await stop.wait()
    server.close()
    for connection in list(connections):
        connection.abort()
    await server.wait_closed()
