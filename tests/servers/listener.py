"""What stands between a driver and its server: a loopback port that serves each connection in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar
from urllib.parse import urlsplit

__all__ = ["PATIENCE_S", "Listener", "listening"]

PATIENCE_S = 60.0
"""How long either end of a connection is waited for."""
_TICK_S = 0.05


class Listener:
    """Accepts connections on a free loopback port, ``uri``, in front of the server at another one.

    ``connections`` counts those accepted; ``ended`` is set when no more are wanted.
    """

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        self.server = parts.hostname or "127.0.0.1", parts.port or 7687
        self.connections = 0
        self.ended = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(_TICK_S)
        self.port = int(self._socket.getsockname()[1])
        self.uri = f"bolt://127.0.0.1:{self.port}"

    def serve(self, client: socket.socket, number: int) -> None:
        """Serve connection ``number``, counted from 0, to its end."""
        raise NotImplementedError

    def accept(self) -> None:
        """Serve connections until ``ended`` is set; then end them, and return when all have ended."""
        lines: list[tuple[socket.socket, threading.Thread]] = []
        while not self.ended.is_set():
            try:
                client, _ = self._socket.accept()
            except TimeoutError:
                continue
            lines.append((client, threading.Thread(target=self.serve, args=(client, self.connections), daemon=True)))
            self.connections += 1
            lines[-1][1].start()
        self._socket.close()
        for client, thread in lines:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            thread.join()


L = TypeVar("L", bound=Listener)


@contextmanager
def listening(listener: L) -> Iterator[L]:
    """Yield the listener while it serves; its connections end with the block."""
    accepting = threading.Thread(target=listener.accept, daemon=True)
    accepting.start()
    try:
        yield listener
    finally:
        listener.ended.set()
        accepting.join()
