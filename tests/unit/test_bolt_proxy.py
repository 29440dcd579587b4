"""The bad network of the fault tests is as bad as it says: a real proxy before a real server."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.servers.bolt_frames import MANIFEST, Frames, Place, Talk
from tests.servers.bolt_proxy import BoltProxy, Fault, FaultPlan, Kind, bolt_proxy

OFFER = b"\x60\x60\xb0\x17" + bytes(16)
WORDS = [b"first message", b"second", b"third and last"]


class Parrot(socketserver.BaseRequestHandler):
    """Shakes hands as a Bolt server does, then says everything again, and goodbye at the end of input."""

    def handle(self) -> None:
        """Serve one connection."""
        try:
            if self.request.recv(20, socket.MSG_WAITALL):
                self.request.sendall(b"\x00\x00\x04\x05")
            while data := self.request.recv(65_536):
                self.request.sendall(data)
            self.request.sendall(b"goodbye")
        except ConnectionError:
            return


@pytest.fixture(scope="module")
def parrot() -> Iterator[str]:
    """The address of a plain TCP server that echoes."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Parrot) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"bolt://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def framed(words: bytes) -> bytes:
    """Return a message of one chunk."""
    return len(words).to_bytes(2, "big") + words + b"\x00\x00"


@contextmanager
def line(parrot: str, fault: Fault | FaultPlan) -> Iterator[tuple[socket.socket, BoltProxy]]:
    """Yield a connection through the proxy, hands shaken."""
    with bolt_proxy(parrot, fault) as proxy, socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as client:
        client.sendall(OFFER)
        yield client, proxy


def everything(client: socket.socket) -> bytes:
    """Return what comes until the other side closes."""
    got = b""
    while data := client.recv(65_536):
        got += data
    return got


def test_a_connection_in_peace_is_handed_on_whole(parrot: str) -> None:
    """Every byte arrives in order both ways, and the end of input does, too."""
    sent = bytes(range(256)) * 2_000
    with line(parrot, Fault()) as (client, proxy):
        threading.Thread(target=lambda: (client.sendall(sent), client.shutdown(socket.SHUT_WR))).start()
        assert everything(client) == b"\x00\x00\x04\x05" + sent + b"goodbye"
        assert (proxy.connections, proxy.struck) == (1, Counter())


@pytest.mark.parametrize("to_server", [True, False])
def test_a_reset_is_a_reset(parrot: str, to_server: bool) -> None:
    """After its bytes the connection breaks with RST, not with an end of input."""
    with line(parrot, Fault(Kind.RESET, to_server=to_server, after=30)) as (client, proxy):
        with pytest.raises(ConnectionResetError):  # noqa: PT012 - which of the calls finds out is the network's choice
            client.sendall(bytes(1_000))
            everything(client)
            client.sendall(b"!")
            client.recv(1)
        assert proxy.struck == {Kind.RESET: 1}


def test_a_truncation_by_bytes_ends_the_stream_at_that_byte(parrot: str) -> None:
    """What was before the place arrives, nothing after it does, and the connection is closed."""
    with line(parrot, Fault(Kind.TRUNCATE, to_server=False, after=9)) as (client, proxy):
        client.sendall(b"".join(framed(words) for words in WORDS))
        assert everything(client) == b"\x00\x00\x04\x05" + framed(WORDS[0])[:5]
        assert proxy.struck == {Kind.TRUNCATE: 1}


def test_a_truncation_by_messages_cuts_the_next_chunk_in_half(parrot: str) -> None:
    """So many whole messages arrive, and half a chunk of the next one, however the bytes come in."""
    with line(parrot, Fault(Kind.TRUNCATE, to_server=False, after=2, messages=True)) as (client, proxy):
        for byte in b"".join(framed(words) for words in WORDS):
            client.sendall(bytes([byte]))
        whole = b"".join(framed(words) for words in WORDS[:2])
        assert everything(client) == b"\x00\x00\x04\x05" + whole + framed(WORDS[2])[: 2 + 7]
        assert proxy.struck == {Kind.TRUNCATE: 1}


def test_a_half_close_ends_one_direction_only(parrot: str) -> None:
    """After one message the server finds the end of input, and its goodbye still arrives."""
    with line(parrot, Fault(Kind.HALF_CLOSE, to_server=True, after=1, messages=True)) as (client, proxy):
        client.sendall(b"".join(framed(words) for words in WORDS))
        assert everything(client) == b"\x00\x00\x04\x05" + framed(WORDS[0]) + b"goodbye"
        assert proxy.struck == {Kind.HALF_CLOSE: 1}


def test_a_delay_loses_nothing(parrot: str) -> None:
    """What was held up arrives whole."""
    with line(parrot, Fault(Kind.DELAY, after=1, messages=True, seconds=0.05)) as (client, proxy):
        client.sendall(b"".join(framed(words) for words in WORDS))
        client.shutdown(socket.SHUT_WR)
        assert everything(client) == b"\x00\x00\x04\x05" + b"".join(framed(words) for words in WORDS) + b"goodbye"
        assert proxy.struck == {Kind.DELAY: 1}


def test_a_server_that_is_gone_is_a_reset() -> None:
    """With nothing behind the proxy the client is not left waiting."""
    # The reset may come before the client knows that it is connected: then connecting fails with it.
    with (
        bolt_proxy("bolt://127.0.0.1:1", Fault()) as proxy,
        pytest.raises(ConnectionResetError),
        socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as client,
    ):
        client.recv(1)


def test_every_connection_draws_its_own_fault() -> None:
    """The same seed gives the same faults, another seed others; all kinds come up, peace as often as asked."""
    plan = FaultPlan(7, peace=0.3)
    drawn = [plan.draw(number) for number in range(2_000)]
    assert drawn == [FaultPlan(7, peace=0.3).draw(number) for number in range(2_000)]
    assert drawn != [FaultPlan(8, peace=0.3).draw(number) for number in range(2_000)]
    kinds = Counter(fault.kind for fault in drawn)
    assert set(kinds) == set(Kind)
    assert 500 < kinds[Kind.NONE] < 700
    assert {(f.to_server, f.messages) for f in drawn} == {(a, b) for a in (True, False) for b in (True, False)}


def test_a_plan_strikes_again_and_again(parrot: str) -> None:
    """In one run some connections are broken and some are not, as drawn."""
    plan = FaultPlan(3, peace=0.5, within_bytes=20, within_messages=0, kinds=(Kind.RESET, Kind.TRUNCATE))
    expected = Counter(fault.kind for fault in map(plan.draw, range(20)) if fault.kind is not Kind.NONE)
    with bolt_proxy(parrot, plan) as proxy:
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as client:
                try:
                    client.sendall(OFFER)
                    client.sendall(framed(bytes(60)))
                    client.shutdown(socket.SHUT_WR)
                    everything(client)
                except OSError:
                    continue
    assert proxy.struck == expected
    assert len(expected) == 2


def test_a_handshake_by_manifest_is_no_message() -> None:
    """Versions offered and chosen are skipped on both sides before messages are counted."""
    talk = Talk()
    client, server = Frames(talk, from_client=True), Frames(talk, from_client=False)
    assert list(client.feed(OFFER)) == []
    # Two versions, and capabilities that take two bytes.
    assert list(server.feed(MANIFEST + b"\x02" + b"\x00\x08\x08\x05" * 2 + b"\x81\x01")) == []
    assert list(client.feed(b"\x00\x00\x08\x05\x00" + framed(b"ab"))) == [(8, Place.MIDDLE), (11, Place.END)]
    # A chunk of length 0 between messages keeps the line alive, and is none.
    assert list(server.feed(b"\x00\x00" + framed(b"c"))) == [(5, Place.MIDDLE), (7, Place.END)]
