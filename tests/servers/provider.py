"""A stand-in for a paid provider of language models: a real HTTP server that answers, fails and bills.

Answers are a pure function of the request, so every client gets the same ones; a test scripts what it wants to
be different, by content, a number of times or for good. Endpoints are rows of :attr:`Provider.routes`:
embeddings, files and batches are further rows over the same ledger.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.servers.provider_replies import Asked, Reply, default_reply, fault, names, reason, yes

__all__ = ["Asked", "Entry", "Ledger", "Provider", "Reply", "Rule", "fault", "names", "reason", "running", "yes"]


@dataclass
class Rule:
    """A reply for requests that ``when`` picks, for so many ``times`` (``None``: always)."""

    reply: Callable[[Asked], Reply]
    when: Callable[[Asked], bool]
    times: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One request in the ledger. ``key`` is that of the question, tokens are what was billed for it."""

    key: str
    last: str
    api_key: str
    status: int
    prompt_tokens: int
    completion_tokens: int


@dataclass
class Ledger:
    """What came and what it cost."""

    entries: list[Entry] = field(default_factory=list[Entry])

    @property
    def requests(self) -> int:
        """All requests, also those that were refused."""
        return len(self.entries)

    @property
    def billed(self) -> list[Entry]:
        """The requests that cost money."""
        return [entry for entry in self.entries if entry.status == 200]

    @property
    def keys(self) -> list[str]:
        """The questions that were billed, one for each time."""
        return [entry.key for entry in self.billed]

    @property
    def tokens(self) -> tuple[int, int]:
        """Prompt and completion tokens billed."""
        return sum(e.prompt_tokens for e in self.billed), sum(e.completion_tokens for e in self.billed)

    def asked(self, words: str) -> int:
        """Return how many requests had ``words`` in their question."""
        return sum(words in entry.last for entry in self.entries)


class Provider:
    """The server's state: rules, ledger, the keys it takes (none: all of them) and the models it has."""

    def __init__(self) -> None:
        self.base_url = ""
        self.ledger = Ledger()
        self.api_keys: frozenset[str] = frozenset()
        self.models: frozenset[str] = frozenset()
        self.rules: list[Rule] = []
        self.under_way = 0
        self.most_under_way = 0
        self.stopping = threading.Event()
        self.routes: dict[tuple[str, str], Callable[[Asked], Reply]] = {("POST", "/v1/chat/completions"): self.chat}
        self._lock = threading.Lock()

    def reply(
        self,
        reply: Reply | Callable[[Asked], Reply],
        *,
        times: int | None = None,
        when: str | Callable[[Asked], bool] = "",
    ) -> None:
        """Script a reply; earlier rules go first. ``when`` is a test, or words that the question must hold."""
        picks = when if callable(when) else lambda asked: when in asked.last
        self.rules.append(Rule(reply if callable(reply) else lambda _: reply, picks, times))

    def fail(self, name: str, *, times: int | None = None, when: str | Callable[[Asked], bool] = "") -> None:
        """Script one of the named faults."""
        self.reply(fault(name), times=times, when=when)

    def chat(self, asked: Asked) -> Reply:
        """Return the reply to one chat completion."""
        if self.api_keys and asked.api_key not in self.api_keys:
            return fault("wrong key")
        if self.models and asked.body.get("model") not in self.models:
            return fault("unknown model")
        return self._rule(asked)(asked)

    def _rule(self, asked: Asked) -> Callable[[Asked], Reply]:
        """Return the first rule's reply that still applies; taken here, made by the caller, outside the lock."""
        with self._lock:
            for rule in self.rules:
                if rule.times != 0 and rule.when(asked):
                    if rule.times is not None:
                        rule.times -= 1
                    return rule.reply
        return default_reply

    def handle(self, method: str, path: str, asked: Asked) -> tuple[Reply, bytes]:
        """Return what is answered to one request and the body it is sent as; bill it."""
        with self._lock:
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        route = self.routes.get((method, path.partition("?")[0]))
        reply = fault("unknown model") if route is None else route(asked)
        if reply.delay_s:
            self.stopping.wait(reply.delay_s)
        usage = _usage(asked, reply)
        body = reply.raw if reply.raw is not None else json.dumps(_completion(asked, reply, usage))
        with self._lock:
            self.under_way -= 1
            self.ledger.entries.append(Entry(asked.key, asked.last, asked.api_key, reply.status, *usage))
        return reply, body.encode()


def _usage(asked: Asked, reply: Reply) -> tuple[int, int]:
    """Return prompt and completion tokens: words, which is as good as any other count."""
    if not reply.billed:
        return 0, 0
    prompt = sum(len(str(message["content"]).split()) + 4 for message in asked.messages)
    return prompt, max(1, len((reply.content or reply.refusal or "").split()))


def _completion(asked: Asked, reply: Reply, usage: tuple[int, int]) -> dict[str, Any]:
    """Return a chat completion as the API's reference describes it."""
    logprobs = None
    if asked.body.get("logprobs") and reply.top is not None:
        alternatives = [{"token": token, "logprob": p, "bytes": list(token.encode())} for token, p in reply.top]
        logprobs = {"content": [{**alternatives[0], "top_logprobs": alternatives}], "refusal": None}
    message = {"role": "assistant", "content": reply.content, "refusal": reply.refusal}
    return {
        "id": f"chatcmpl-{asked.key[:12]}",
        "object": "chat.completion",
        "created": 0,
        "model": asked.body.get("model", ""),
        "choices": [{"index": 0, "message": message, "logprobs": logprobs, "finish_reason": reply.finish}],
        "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)},
    }


class _Server(ThreadingHTTPServer):
    """One provider behind a loopback port; knows its connections, so that stopping closes each of them."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is none of our business."""


class _Handler(BaseHTTPRequestHandler):
    """Reads one request, sends one reply, and keeps the connection as HTTP/1.1 does."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Be quiet."""

    def _answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(json.loads(raw) if raw else {}, self.headers.get("Authorization", "").removeprefix("Bearer "))
        reply, body = self.server.provider.handle(self.command, self.path, asked)
        if reply.cut == 0:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: reply.cut])
        if reply.cut is not None:
            self.wfile.flush()
            self.close_connection = True


@contextmanager
def running() -> Generator[Provider]:
    """Yield a provider that listens on a free loopback port; nothing of it is left afterwards."""
    provider = Provider()
    server = _Server(provider)
    provider.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="provider")
    thread.start()
    try:
        yield provider
    finally:
        provider.stopping.set()
        server.shutdown()
        thread.join()
        for connection in list(server.connections):
            with suppress(OSError):  # the client may be faster
                connection.shutdown(socket.SHUT_RDWR)
        server.server_close()
