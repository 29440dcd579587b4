"""The stand-in provider's HTTP/1.1: one event loop, connections that are kept, and every way to break one.

The loop's own transports send without delay (TCP_NODELAY), so that an answer in two parts is not held back.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import parse_qsl, unquote

import msgspec

from tests.servers.provider_wire import Asked, Reply, error

__all__ = ["Responder", "listen"]

Responder = Callable[[Asked, Callable[[], bool]], Awaitable[tuple[Reply, bytes, dict[str, str]]]]
"""Answers a request, told how to see whether the client is still there, with the body and the headers to send."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_PHRASES = {each.value: each.phrase for each in HTTPStatus}
_RESET = struct.pack("ii", 1, 0)


async def listen(respond: Responder, port: int, connections: set[asyncio.Transport]) -> asyncio.Server:
    """Return a server on a loopback port (0: a free one); ``connections`` holds those that are open."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: _Connection(respond, connections), "127.0.0.1", port, backlog=1024)


class _Connection(asyncio.Protocol):
    """Reads one request at a time, sends one reply, and keeps the connection as HTTP/1.1 does."""

    def __init__(self, respond: Responder, connections: set[asyncio.Transport]) -> None:
        self.respond = respond
        self.connections = connections
        self.buffer = bytearray()
        self.head: tuple[str, str, dict[str, str]] | None = None
        self.task: asyncio.Task[None] | None = None
        self.transport = cast("asyncio.Transport", None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.connections.add(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.discard(self.transport)
        if self.task is not None:
            self.task.cancel()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.task is None:
            self._next()

    def _next(self) -> None:
        """Start on a request if all of it is here."""
        if self.head is None:
            if (end := self.buffer.find(b"\r\n\r\n")) < 0:
                return
            self.head = _head(bytes(self.buffer[:end]))
            del self.buffer[: end + 4]
            if "expect" in self.head[2]:
                self.transport.write(_CONTINUE)
        length = int(self.head[2].get("content-length") or 0)
        if len(self.buffer) < length:
            return
        body = bytes(self.buffer[:length])
        del self.buffer[:length]
        head, self.head = self.head, None
        self.task = asyncio.get_running_loop().create_task(self._answer(head, body))

    async def _answer(self, head: tuple[str, str, dict[str, str]], data: bytes) -> None:
        method, target, headers = head
        try:
            asked = _asked(method, target, headers, data)
        except ValueError:
            refusal = error(400, "invalid_request_error", "We could not parse the JSON body of your request.")
            self._send(refusal, (refusal.raw or "").encode(), {})
        else:
            reply, body, more = await self.respond(asked, self.transport.is_closing)
            self._send(reply, body, more)
            if reply.cut is not None:
                await asyncio.sleep(reply.delay_s)
                self._hang_up(abrupt=reply.abrupt)
        self.task = None
        if headers.get("connection", "").lower() == "close":
            self.transport.close()
        elif not self.transport.is_closing():
            self._next()

    def _send(self, reply: Reply, body: bytes, more: dict[str, str]) -> None:
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **more, **reply.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {reply.status} {_phrase(reply.status)}\r\n{lines}\r\n".encode("latin-1")
        if reply.cut is None:
            self.transport.write(head + body)
        elif reply.cut > 0:
            self.transport.write(head + body[: reply.cut])
        else:
            self.transport.write(head[: -reply.cut])

    def _hang_up(self, *, abrupt: bool) -> None:
        if abrupt and not self.transport.is_closing():
            with suppress(OSError):  # the client may be faster
                self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.transport.abort()
        else:
            self.transport.close()


def _head(raw: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = raw.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    split = (line.partition(":") for line in lines)
    return method, target, {name.lower(): value.strip() for name, _, value in split}


def _asked(method: str, target: str, headers: dict[str, str], data: bytes) -> Asked:
    path, _, query = target.partition("?")
    kind = headers.get("content-type", "")
    form = kind.startswith("multipart/")
    body: dict[str, Any] = msgspec.convert({} if form or not data else json.loads(data), dict[str, Any])
    return Asked(
        body=body,
        api_key=headers.get("authorization", "").removeprefix("Bearer "),
        method=method,
        path=unquote(path),
        query=dict(parse_qsl(query)),
        content_type=kind,
        data=data if form else b"",
    )


def _phrase(status: int) -> str:
    return _PHRASES.get(status, "Unknown")
