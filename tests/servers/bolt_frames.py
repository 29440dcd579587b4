"""Where messages begin and end on a Bolt connection, whatever pieces the network hands on.

After a handshake, messages come in chunks: two bytes of length, then that many bytes; a chunk of length 0 ends a
message. https://neo4j.com/docs/bolt/current/bolt/handshake/ and .../message/ have the formats.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from enum import StrEnum

__all__ = ["MANIFEST", "Frames", "Place", "Talk"]

# The server's answer to who can negotiate by manifest: its versions follow.
MANIFEST = b"\x00\x00\x01\xff"
_OFFER = 20
_VERSION = 4


class Place(StrEnum):
    """A place in a stream: a chunk half through, or the end of a message."""

    MIDDLE = "middle"
    END = "end"


class Talk:
    """What the two directions of a connection have to know of each other: how they shook hands."""

    manifest = False


class Frames:
    """One direction of a connection; feed it everything that passes, in order."""

    def __init__(self, talk: Talk, *, from_client: bool) -> None:
        self._spans = _client(talk) if from_client else _server(talk)
        self._kind = ""
        self._left = 0
        self._held = b""
        self._open = False
        self._begun = False

    def feed(self, data: bytes) -> Iterator[tuple[int, Place]]:
        """Yield each place in ``data`` with its offset."""
        at = 0
        while at < len(data):
            if not self._left:
                self._next_span()
            taken = data[at : at + self._left]
            at += len(taken)
            self._left -= len(taken)
            if self._kind != "body":
                self._held += taken
            if not self._left and (place := self._passed()) is not None:
                yield at, place

    def _next_span(self) -> None:
        # Asked for no earlier than its first byte is there: what a client says next depends on the server's answer.
        self._left, self._kind = self._spans.send(self._held) if self._begun else next(self._spans)
        self._begun, self._held = True, b""

    def _passed(self) -> Place | None:
        if self._kind == "half":
            self._open = True
            return Place.MIDDLE
        if self._kind == "head" and self._held == b"\x00\x00" and self._open:
            self._open = False
            return Place.END
        return None


# Spans are lengths and what they hold; what was read of one is sent in when the next is asked for.
_Spans = Generator[tuple[int, str], bytes, None]


def _client(talk: Talk) -> _Spans:
    yield _OFFER, "body"
    if talk.manifest:
        yield _VERSION, "body"
        yield from _varint()
    yield from _chunks()


def _server(talk: Talk) -> _Spans:
    answer = yield _VERSION, "hand"
    if answer == MANIFEST:
        talk.manifest = True
        count = yield from _varint()
        yield count * _VERSION, "body"
        yield from _varint()
    yield from _chunks()


def _varint() -> Generator[tuple[int, str], bytes, int]:
    value = shift = 0
    while True:
        byte = (yield 1, "hand")[0]
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value


def _chunks() -> _Spans:
    while True:
        size = int.from_bytes((yield 2, "head"), "big")
        if size:
            yield (size + 1) // 2, "half"
        if size > 1:
            yield size // 2, "body"
