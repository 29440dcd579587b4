"""Read and write PackStream, the notation of Bolt's messages, as far as requests and summaries need it.

https://neo4j.com/docs/bolt/current/packstream/ has the format.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["Message", "pack", "unpack"]

_INTS = ((-0x80, 0x80, b"\xc8", ">b"), (-0x8000, 0x8000, b"\xc9", ">h"), (-(2**31), 2**31, b"\xca", ">i"))
# Marker of the smallest kind with a size of its own, and the markers of those with one, two and four bytes of size.
_TEXT = (0x80, b"\xd0\xd1\xd2")
_LIST = (0x90, b"\xd4\xd5\xd6")
_MAP = (0xA0, b"\xd8\xd9\xda")
_FIXED = {
    0xC1: (">d", 8), 0xC8: (">b", 1), 0xC9: (">h", 2), 0xCA: (">i", 4), 0xCB: (">q", 8),
}  # fmt: skip
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


@dataclass(frozen=True, slots=True)
class Message:
    """A message: what kind it is, and its fields. Inside of fields it is a structure, such as a node."""

    tag: int
    fields: tuple[object, ...] = ()


def pack(value: object) -> bytes:
    """Return ``value`` in PackStream: a message, or anything JSON knows."""
    if isinstance(value, Message):
        return bytes([0xB0 | len(value.fields), value.tag]) + b"".join(map(pack, value.fields))
    if isinstance(value, bool) or value is None:
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, str):
        return _sized(_TEXT, data := value.encode()) + data
    if isinstance(value, list):
        return _sized(_LIST, value) + b"".join(map(pack, value))
    if isinstance(value, dict):
        return _sized(_MAP, value) + b"".join(pack(part) for pair in value.items() for part in pair)
    return _number(value)


def _number(value: object) -> bytes:
    if isinstance(value, float):
        return struct.pack(">Bd", 0xC1, value)
    assert isinstance(value, int), f"{type(value)} is not for this"
    if -0x10 <= value < 0x80:
        return struct.pack(">b", value)
    for low, high, marker, form in _INTS:
        if low <= value < high:
            return marker + struct.pack(form, value)
    return b"\xcb" + struct.pack(">q", value)


def _sized(kind: tuple[int, bytes], value: bytes | list[object] | dict[object, object]) -> bytes:
    tiny, markers = kind
    size = len(value)
    if size < 0x10:
        return bytes([tiny | size])
    width = 1 if size < 0x100 else 2 if size < 0x10000 else 4
    return markers[width.bit_length() - 1 :][:1] + size.to_bytes(width, "big")


def unpack(data: bytes) -> object:
    """Return the first value in ``data``: for a message's bytes, the message."""
    return _Reader(data).value()


class _Reader:
    """A place in some bytes, and what is read from there on."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def value(self) -> object:
        marker = self._take(1)[0]
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        if marker in _FIXED:
            form, width = _FIXED[marker]
            return struct.unpack(form, self._take(width))[0]
        if marker < 0x80 or marker >= 0xF0:
            return marker if marker < 0x80 else marker - 0x100
        return self._with_size(marker)

    def _with_size(self, marker: int) -> object:
        if 0xB0 <= marker < 0xC0:
            return Message(self._take(1)[0], tuple(self.value() for _ in range(marker & 0x0F)))
        if (size := self._size(marker, _TEXT)) is not None:
            return self._take(size).decode()
        if (size := self._size(marker, _LIST)) is not None:
            return [self.value() for _ in range(size)]
        if (size := self._size(marker, _MAP)) is not None:
            return {self.value(): self.value() for _ in range(size)}
        raise AssertionError(f"marker {marker:#x} is not for this")

    def _size(self, marker: int, kind: tuple[int, bytes]) -> int | None:
        tiny, markers = kind
        if tiny <= marker < tiny + 0x10:
            return marker & 0x0F
        if (place := markers.find(marker)) < 0:
            return None
        return int.from_bytes(self._take(1 << place), "big")

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        assert len(taken) == size, "the message ends too early"
        self._at += size
        return taken
