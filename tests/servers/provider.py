"""A stand-in for a paid provider of language models: a real HTTP server that answers, fails and bills.

Answers are a pure function of the request, so every client gets the same ones; a test scripts what it wants to
be different, by content, a number of times or for good. Endpoints are rows of :attr:`Provider.routes`:
embeddings, files and batches are further rows over the same ledger.
"""

from __future__ import annotations

import hashlib
import json
import math
import socket
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Asked", "Entry", "Ledger", "Provider", "Reply", "Rule", "fault", "names", "reason", "running", "yes"]

NOUNS = ("lanterns", "tongs", "ribbons", "kettles", "marbles", "trowels", "quilts", "gaskets", "pulleys", "stencils")
"""What the default answers are made of; no catalogue of ours holds them all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the provider sees it."""

    body: dict[str, Any]
    api_key: str

    @property
    def messages(self) -> list[dict[str, str]]:
        """The messages, each with role and content."""
        return self.body.get("messages", [])

    @property
    def last(self) -> str:
        """The last message: the question itself."""
        return str(self.messages[-1]["content"]) if self.messages else ""

    @property
    def schema(self) -> str:
        """The name of the reply schema, or nothing: a yes or no."""
        return str(self.body.get("response_format", {}).get("json_schema", {}).get("name", ""))

    @property
    def key(self) -> str:
        """Equal for equal questions, whoever asks them and when."""
        return hashlib.sha256(json.dumps(self.body, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back. ``cut`` resets the connection after so many bytes of the body; ``billed``: it costs.

    ``raw`` replaces the whole body, otherwise it is a chat completion with ``content`` (or ``refusal``), ended by
    ``finish``. ``top`` are the alternatives of the first token with their log-probabilities; ``None`` sends none.
    """

    content: str | None = ""
    finish: str = "stop"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: str | None = None
    refusal: str | None = None
    top: tuple[tuple[str, float], ...] | None = None
    delay_s: float = 0.0
    cut: int | None = None

    @property
    def billed(self) -> bool:
        """A provider bills what it generated, also when the client could not use or did not receive it."""
        return self.status == 200


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


def names(*items: str) -> Reply:
    """Return a reply of the names schema."""
    return Reply(json.dumps({"items": items}))


def reason(text: str) -> Reply:
    """Return a reply of the reason schema."""
    return Reply(json.dumps({"reason": text}))


def yes(probability: float) -> Reply:
    """Return a yes or no whose first token holds 0.9 of the mass, split by ``probability`` (0..1)."""
    mass = (("Yes", 0.9 * probability), ("No", 0.9 * (1 - probability)), ("Maybe", 0.1))
    ordered = sorted(mass, key=lambda pair: -pair[1])
    top = tuple((word, math.log(max(p, 1e-9))) for word, p in ordered)
    return Reply(top[0][0], top=top)


def _error(status: int, code: str, message: str, **headers: str) -> Reply:
    body = {"error": {"message": message, "type": code, "param": None, "code": code}}
    return Reply(status=status, raw=json.dumps(body), headers={k.replace("_", "-"): v for k, v in headers.items()})


_FAULTS: dict[str, Reply] = {
    "rate limit": _error(429, "rate_limit_exceeded", "Rate limit reached"),
    "rate limit, wait": _error(429, "rate_limit_exceeded", "Rate limit reached", retry_after="0.01"),
    "no quota": _error(429, "insufficient_quota", "You exceeded your current quota"),
    "no credit": _error(402, "insufficient_balance", "Insufficient balance"),
    "server error": _error(500, "server_error", "The server had an error"),
    "bad gateway": Reply(status=502, raw="<html>Bad Gateway</html>", headers={"Content-Type": "text/html"}),
    "overloaded": _error(503, "overloaded", "Overloaded", retry_after="0.01"),
    "timeout": _error(408, "timeout", "Request timed out"),
    "wrong key": _error(401, "invalid_api_key", "Incorrect API key provided"),
    "no right": _error(403, "forbidden", "You may not use this model"),
    "unknown model": _error(404, "model_not_found", "The model does not exist"),
    "too long": _error(400, "context_length_exceeded", "maximum context length is 16 tokens"),
    "forbidden content": _error(400, "content_policy_violation", "Your request was rejected"),
    "malformed": Reply('{"items": ["lanterns", '),
    "off schema": Reply('{"things": ["lanterns"], "items": 7}'),
    "not json": Reply("Sure! Here are some lanterns."),
    "truncated": Reply('{"items": ["lanterns", "ton', finish="length"),
    "filtered": Reply("", finish="content_filter"),
    "empty": Reply(""),
    "null": Reply(None),
    "refusal": Reply(None, refusal="I cannot help with that."),
    "no choices": Reply(raw='{"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": []}'),
    "null choices": Reply(raw='{"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": null}'),
    "body not json": Reply(raw="<html>It works!</html>", headers={"Content-Type": "text/html"}),
    "body cut json": Reply(raw='{"id": "x", "choices": ['),
    "no logprobs": Reply("Yes"),
    "neither": Reply("Maybe", top=(("Maybe", -0.1), ("Perhaps", -2.0))),
    "reset": Reply("{}", cut=10),
    "closed": Reply("{}", cut=0),
    "slow": Reply(json.dumps({"items": ["lanterns"]}), delay_s=5.0),
}


def fault(name: str, **changes: Any) -> Reply:
    """Return one of the named faults, with fields of :class:`Reply` changed."""
    return replace(_FAULTS[name], **changes)


def default_reply(asked: Asked) -> Reply:
    """Return the answer to a request: a pure function of its messages and schema."""
    seed = int(hashlib.sha256(json.dumps(asked.messages, sort_keys=True).encode()).hexdigest()[:8], 16)
    if asked.schema == "Names":
        return names(*(NOUNS[(seed + 3 * i) % len(NOUNS)] for i in range(4)))
    if asked.schema == "Reason":
        return reason(f"Because it fits the plan number {seed % 1000}.")
    return yes(round(0.05 + 0.9 * (seed % 1000) / 999, 3))


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
        self, reply: Reply | Callable[[Asked], Reply], *, times: int | None = None, when: str | Callable[[Asked], bool] = ""
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
        with self._lock:
            for rule in self.rules:
                if rule.times != 0 and rule.when(asked):
                    if rule.times is not None:
                        rule.times -= 1
                    return rule.reply(asked)
        return default_reply(asked)

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
            with _gone():
                connection.shutdown(socket.SHUT_RDWR)
        server.server_close()


@contextmanager
def _gone() -> Generator[None]:
    try:
        yield
    except OSError:
        time.sleep(0)  # the client was faster


