"""A real server that is made stricter or older than it is: a Bolt proxy that refuses statements and tells another name.

Neo4j Community knows no fine-grained rights, so a missing one is answered here, as Enterprise words it. What is not
refused goes to the server, one request after the other.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.servers.listener import PATIENCE_S, Listener, listening
from tests.servers.packstream import Message, pack, unpack

__all__ = ["BoltRefuser", "Refusal", "bolt_refuser", "forbidden"]

Version = tuple[int, int]
# The newest version that we word a failure for, those before it, and the last one of Neo4j 4.
_NEW, _OLD = (5, 8), (4, 4)
_MAGIC = b"\x60\x60\xb0\x17"
_HELLO, _GOODBYE, _RESET, _RUN = 0x01, 0x02, 0x0F, 0x10
_SUCCESS, _RECORD, _IGNORED, _FAILURE = 0x70, 0x71, 0x7E, 0x7F
_GQL_FROM = (5, 7)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a statement that holds ``pattern`` (a regular expression) is answered with."""

    pattern: str
    message: str
    code: str = "Neo.ClientError.Security.Forbidden"
    gql_status: str = "42NFF"
    description: str = "error: syntax error or access rule violation - permission/access denied."

    def failure(self, version: Version) -> Message:
        """Return it as a server that speaks ``version`` sends it."""
        if version < _GQL_FROM:
            return Message(_FAILURE, ({"code": self.code, "message": self.message},))
        record = {"OPERATION": "", "OPERATION_CODE": "0", "CURRENT_SCHEMA": "/"}
        told = {
            "neo4j_code": self.code, "message": self.message, "gql_status": self.gql_status,
            "description": self.description, "diagnostic_record": record,
        }  # fmt: skip
        return Message(_FAILURE, (told,))


def forbidden(pattern: str, doing: str, user: str = "loader", roles: str = "PUBLIC, reader") -> Refusal:
    """Return the refusal of ``doing`` ("Create node with labels 'Product'") for want of a right."""
    return Refusal(pattern, f"{doing} on database 'neo4j' is not allowed for user '{user}' with roles [{roles}].")


class BoltRefuser(Listener):
    """A proxy in front of a server; made by :func:`bolt_refuser`.

    ``refused`` are the statements that were answered here.
    """

    def __init__(self, server: str, refusals: tuple[Refusal, ...], agent: str) -> None:
        super().__init__(server)
        self.refused: list[str] = []
        self._refusals = refusals
        self._agent = agent

    def serve(self, client: socket.socket, number: int) -> None:
        """Hand on what comes, but for what is refused; all connections are served alike."""
        del number
        client.settimeout(PATIENCE_S)
        with client, suppress(OSError), socket.create_connection(self.server, timeout=PATIENCE_S) as server:
            _Line(self, client, server, old=self._agent.startswith("Neo4j/4.")).carry()

    def refusal(self, message: Message) -> Refusal | None:
        """Return what ``message`` is to be refused with, if it is."""
        if message.tag != _RUN:
            return None
        text = str(message.fields[0])
        found = next((refusal for refusal in self._refusals if re.search(refusal.pattern, text)), None)
        if found is not None:
            self.refused.append(text)
        return found

    def renamed(self, answer: Message) -> Message:
        """Return the answer to HELLO, with the server's name in it changed."""
        if not self._agent or answer.tag != _SUCCESS or not isinstance(told := answer.fields[0], dict):
            return answer
        return Message(_SUCCESS, ({**told, "server": self._agent},))


class _Line:
    """One connection: hands shaken first, then request after request, each with its answers."""

    def __init__(self, refuser: BoltRefuser, client: socket.socket, server: socket.socket, *, old: bool) -> None:
        self._refuser = refuser
        self._client = client
        self._server = server
        self._offer = (_OLD,) if old else (_NEW,)
        self._version: Version = (0, 0)
        self._failed = False

    def carry(self) -> None:
        """Serve until either side closes."""
        self._shake_hands()
        while True:
            raw = _read(self._client)
            if raw[1] == _GOODBYE:
                _write(self._server, raw)
                return
            self._handle(raw)

    def _shake_hands(self) -> None:
        _exactly(self._client, 20)
        # Whatever the driver offers, it speaks one of these: the manifest and later versions are not needed here.
        versions = b"".join(bytes([0, 0, minor, major]) for major, minor in self._offer)
        self._server.sendall(_MAGIC + versions.ljust(16, b"\x00"))
        chosen = _exactly(self._server, 4)
        self._version = (chosen[3], chosen[2])
        self._client.sendall(chosen)

    def _handle(self, raw: bytes) -> None:
        # Only these are read: parameters of statements may be of kinds that are of no interest here.
        tag = raw[1]
        if self._failed and tag != _RESET:
            _write(self._client, pack(Message(_IGNORED)))
        elif (refusal := self._refuser.refusal(_statement(raw))) is not None:
            self._failed = True
            _write(self._client, pack(refusal.failure(self._version)))
        else:
            self._failed = False
            _write(self._server, raw)
            self._hand_back(renamed=tag == _HELLO)

    def _hand_back(self, *, renamed: bool) -> None:
        """Hand on records and the summary after them."""
        while True:
            raw = _read(self._server)
            last = raw[1] != _RECORD
            if last and renamed:
                answer = unpack(raw)
                assert isinstance(answer, Message)
                raw = pack(self._refuser.renamed(answer))
            _write(self._client, raw)
            if last:
                return


def _statement(raw: bytes) -> Message:
    """Return a request with its first field only."""
    if raw[1] != _RUN:
        return Message(raw[1])
    return Message(_RUN, (unpack(raw[2:]),))


def _read(line: socket.socket) -> bytes:
    """Return the bytes of the next message."""
    whole = b""
    while (size := int.from_bytes(_exactly(line, 2), "big")) or not whole:
        whole += _exactly(line, size)
    return whole


def _write(line: socket.socket, message: bytes) -> None:
    pieces = (message[at : at + 0xFFFF] for at in range(0, len(message), 0xFFFF))
    line.sendall(b"".join(len(piece).to_bytes(2, "big") + piece for piece in pieces) + b"\x00\x00")


def _exactly(line: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        if not (piece := line.recv(size - len(got))):
            raise ConnectionResetError
        got += piece
    return got


@contextmanager
def bolt_refuser(uri: str, *refusals: Refusal, agent: str = "") -> Iterator[BoltRefuser]:
    """Yield a proxy in front of the server at ``uri``; connections end with the block.

    The first of ``refusals`` that fits a statement answers it. ``agent`` ("Neo4j/4.4.38") is the name that clients are
    told; one of Neo4j 4 also speaks the Bolt of its time.
    """
    with listening(BoltRefuser(uri, refusals, agent)) as refuser:
        yield refuser
