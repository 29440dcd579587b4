"""A bad network between a driver and its server: a TCP proxy that resets, delays, truncates and half-closes.

Every connection gets one fault or none, drawn from a seed, so that a load which tries again comes to its end.
"""

from __future__ import annotations

import random
import select
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum

from tests.servers.bolt_frames import Frames, Place, Talk
from tests.servers.listener import PATIENCE_S, Listener, listening

__all__ = ["BoltProxy", "Fault", "FaultPlan", "Kind", "bolt_proxy"]

_TICK_S = 0.05
_PIECE = 65_536


class Kind(StrEnum):
    """What happens to a connection."""

    NONE = "none"
    RESET = "reset"
    DELAY = "delay"
    TRUNCATE = "truncate"
    HALF_CLOSE = "half-close"


@dataclass(frozen=True, slots=True)
class Fault:
    """What strikes, on the way to the server or to the client, after how many bytes or whole messages.

    A truncation counted in messages lets half of the next chunk pass; all others strike right after the last message.
    """

    kind: Kind = Kind.NONE
    to_server: bool = True
    after: int = 0
    messages: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Draws the faults of a run: the same for the same seed and number of the connection.

    ``peace`` is the share of connections that nothing happens to; the others are struck within so many bytes or
    messages.
    """

    seed: int
    peace: float = 0.3
    kinds: tuple[Kind, ...] = (Kind.RESET, Kind.DELAY, Kind.TRUNCATE, Kind.HALF_CLOSE)
    within_bytes: int = 20_000
    within_messages: int = 60
    delay_s: float = 0.05

    def draw(self, number: int) -> Fault:
        """Return what happens to connection ``number``, counted from 0."""
        chance = random.Random(f"{self.seed}/{number}")
        if not self.kinds or chance.random() < self.peace:
            return Fault()
        messages = chance.random() < 0.5
        return Fault(
            chance.choice(self.kinds),
            to_server=chance.random() < 0.5,
            after=chance.randint(0, self.within_messages if messages else self.within_bytes),
            messages=messages,
            seconds=chance.uniform(0, self.delay_s),
        )


class BoltProxy(Listener):
    """A proxy in front of a server; made by :func:`bolt_proxy`. ``struck`` counts the faults that happened."""

    def __init__(self, server: str, plan: FaultPlan | Fault) -> None:
        super().__init__(server)
        self.struck: Counter[Kind] = Counter()
        self._plan = plan
        self._counting = threading.Lock()

    def serve(self, client: socket.socket, number: int) -> None:
        """Hand on what comes until the fault strikes."""
        fault = self._plan if isinstance(self._plan, Fault) else self._plan.draw(number)
        with client:
            try:
                server = socket.create_connection(self.server, timeout=PATIENCE_S)
            except OSError:
                _reset(client)
                return
            with server, suppress(OSError):
                _Line(client, server, fault, self.ended, self._count).carry()

    def _count(self, kind: Kind) -> None:
        with self._counting:
            self.struck[kind] += 1


class _Line:
    """One connection through the proxy."""

    def __init__(
        self,
        client: socket.socket,
        server: socket.socket,
        fault: Fault,
        ended: threading.Event,
        count: Callable[[Kind], None],
    ) -> None:
        self._struck = Kind.NONE
        self._count = count
        self._fault = fault
        self._ended = ended
        self._other = {client: server, server: client}
        self._open = {client, server}
        self._towards = server if fault.to_server else client
        self._cut = _Cut(fault)
        talk = Talk()
        self._frames = {client: Frames(talk, from_client=True), server: Frames(talk, from_client=False)}
        for end in self._other:
            end.settimeout(PATIENCE_S)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def carry(self) -> None:
        """Hand on in both directions until both are closed, or the fault ends it."""
        while self._open and not self._ended.is_set():
            for end in select.select(list(self._open), [], [], _TICK_S)[0]:
                try:
                    data = end.recv(_PIECE)
                except ConnectionError:
                    self._break()
                    return
                if data:
                    self._pass(end, data)
                else:
                    self._finish(end)

    def _pass(self, source: socket.socket, data: bytes) -> None:
        target = self._other[source]
        places = list(self._frames[source].feed(data))
        if target is not self._towards or self._struck is not Kind.NONE:
            self._send(target, data)
        elif (at := self._cut.find(data, places)) is None:
            target.sendall(data)
        else:
            target.sendall(data[:at])
            self._strike(target, data[at:])

    def _send(self, target: socket.socket, data: bytes) -> None:
        # After a half-close nothing more goes there, but what comes is still read.
        if not (self._struck is Kind.HALF_CLOSE and target is self._towards):
            target.sendall(data)

    def _strike(self, target: socket.socket, rest: bytes) -> None:
        self._struck = self._fault.kind
        self._count(self._struck)
        if self._struck is Kind.RESET:
            self._break()
        elif self._struck is Kind.TRUNCATE:
            for end in self._other:
                end.shutdown(socket.SHUT_RDWR)
            self._open.clear()
        elif self._struck is Kind.HALF_CLOSE:
            target.shutdown(socket.SHUT_WR)
        else:
            self._ended.wait(self._fault.seconds)
            target.sendall(rest)

    def _finish(self, source: socket.socket) -> None:
        self._open.discard(source)
        with suppress(OSError):
            self._other[source].shutdown(socket.SHUT_WR)

    def _break(self) -> None:
        self._open.clear()
        for end in self._other:
            _reset(end)


class _Cut:
    """Finds the place in a stream where a fault strikes."""

    def __init__(self, fault: Fault) -> None:
        self._kind = fault.kind
        self._messages = fault.after if fault.messages else 0
        self._bytes = 0 if fault.messages else fault.after
        self._counts_messages = fault.messages

    def find(self, data: bytes, places: list[tuple[int, Place]]) -> int | None:
        """Return how much of ``data`` still passes; ``None`` when all does and nothing strikes yet."""
        if self._kind is Kind.NONE:
            return None
        return self._by_messages(places) if self._counts_messages else self._by_bytes(len(data))

    def _by_bytes(self, size: int) -> int | None:
        if self._bytes <= size:
            return self._bytes
        self._bytes -= size
        return None

    def _by_messages(self, places: list[tuple[int, Place]]) -> int | None:
        if not self._messages and self._kind is not Kind.TRUNCATE:
            return 0
        for at, place in places:
            if place is Place.MIDDLE and not self._messages:
                return at
            if place is Place.END:
                self._messages -= 1
            if not self._messages and self._kind is not Kind.TRUNCATE:
                return at
        return None


def _reset(end: socket.socket) -> None:
    """Close without a goodbye: the other side gets RST, and what it has not read yet is lost."""
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()


@contextmanager
def bolt_proxy(uri: str, plan: FaultPlan | Fault) -> Iterator[BoltProxy]:
    """Yield a proxy in front of the server at ``uri`` (``bolt://HOST:PORT``); connections end with the block.

    A single :class:`Fault` in place of a plan strikes every connection alike.
    """
    with listening(BoltProxy(uri, plan)) as proxy:
        yield proxy
