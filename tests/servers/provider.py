"""A stand-in for a paid provider of language models: a real HTTP server that answers, fails, limits and bills.

Answers are a pure function of the request and the server's seed, so every client gets the same ones; a test scripts
what it wants to be different, by content, a number of times or for good, or by a seeded share. It runs in a thread of
the test (:func:`running`) or as a process of its own (``python -m tests.servers.provider``, see
:mod:`tests.servers.provider_process`); both are the same server.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

import msgspec

from tests.servers.provider_answers import answered, default_reply, unit, yes
from tests.servers.provider_batch_input import BatchPlan
from tests.servers.provider_batches import Batches
from tests.servers.provider_chance import Faults, Latency
from tests.servers.provider_completions import completion, usage_of
from tests.servers.provider_desk import free_of_charge
from tests.servers.provider_embeddings import embed
from tests.servers.provider_files import Shelf
from tests.servers.provider_ledger import Entry, Ledger
from tests.servers.provider_limits import Limits, Meter
from tests.servers.provider_replies import Asked, Reply, fault, names, reason, reply_of
from tests.servers.provider_script import Script
from tests.servers.provider_server import serve
from tests.servers.provider_tokens import PRICES, Price, cost, count, prompt_tokens
from tests.servers.provider_wire import error

__all__ = [
    "Asked",
    "BatchPlan",
    "Entry",
    "Faults",
    "Latency",
    "Ledger",
    "Limits",
    "Price",
    "Provider",
    "Reply",
    "Rule",
    "fault",
    "names",
    "reason",
    "running",
    "yes",
]

_LEFT = Reply(status=499, raw="")
_BATCH_SHARE = Decimal("0.5")


@dataclass
class Rule:
    """A reply for requests that ``when`` picks, for so many ``times`` (``None``: always)."""

    reply: Callable[[Asked], Reply]
    when: Callable[[Asked], bool]
    times: int | None


class Provider:
    """The server's state.

    ``api_keys`` and ``models`` are those it knows (none: all). ``faults`` strike a share of the requests that no rule
    answers. ``credit`` is the money (US dollars) after which there is no quota, ``context_tokens`` the most that
    prompt and room for the reply may be together, ``prices`` those by model, and ``bills_schema`` says that a reply's
    schema is part of the prompt. ``routes`` are the endpoints that answer and bill. ``lock`` guards all of it.
    """

    def __init__(self, seed: int = 0) -> None:
        self.base_url = ""
        self.seed = seed
        self.api_keys: frozenset[str] = frozenset()
        self.models: frozenset[str] = frozenset()
        self.limits = Limits()
        self.latency = Latency()
        self.faults: Faults | None = None
        self.prices: dict[str, Price] = PRICES
        self.credit: Decimal | None = None
        self.context_tokens: int | None = None
        self.bills_schema = False
        self.rules: list[Rule] = []
        self.under_way = 0
        self.most_under_way = 0
        self.routes: dict[tuple[str, str], Callable[[Asked], Reply]] = {
            ("POST", "/v1/chat/completions"): self.chat,
            ("POST", "/v1/embeddings"): self.embeddings,
        }
        self.shelf = Shelf()
        self.batches = Batches(self.shelf, self._line, time.monotonic)
        self._ledger = Ledger()
        self._spent = Decimal(0)
        self._times: Counter[str] = Counter()
        self._meters: dict[tuple[Limits, str], Meter] = {}
        self._blocking = False
        self.lock = threading.RLock()

    @property
    def ledger(self) -> Ledger:
        """What came and what it cost, batches included."""
        with self.lock:
            self.batches.advance()
        return self._ledger

    @property
    def batch_plan(self) -> BatchPlan:
        """How batches go."""
        return self.batches.plan

    @batch_plan.setter
    def batch_plan(self, plan: BatchPlan) -> None:
        self.batches.plan = plan
        self.shelf.most_bytes = plan.upload_bytes

    def reply(
        self,
        reply: Reply | Callable[[Asked], Reply],
        *,
        times: int | None = None,
        when: str | Callable[[Asked], bool] = "",
    ) -> None:
        """Script a reply; earlier rules go first. ``when`` is a test, or words that the question must hold.

        A reply that is made by a function may block: it is made in a thread of its own.
        """
        if isinstance(reply, Reply):
            self._rule(lambda _: reply, times, when)
        else:
            self._blocking = True
            self._rule(reply, times, when)

    def fail(self, name: str, *, times: int | None = None, when: str | Callable[[Asked], bool] = "") -> None:
        """Script one of the named faults."""
        self._rule(reply_of(name), times, when)

    def script(self, script: Script) -> None:
        """Apply what was told from outside."""
        with self.lock:
            if script.clear:
                self.rules.clear()
            for rule in script.rules:
                if rule.reply is not None:
                    self.reply(rule.reply, times=rule.times, when=rule.when)
                else:
                    self.fail(rule.fault, times=rule.times, when=rule.when)
            for name, value in script.settings().items():
                setattr(self, name, value)

    def chat(self, asked: Asked) -> Reply:
        """Return the reply to one chat completion."""
        return self._reply(asked, default_reply)

    def embeddings(self, asked: Asked) -> Reply:
        """Return the reply to one request for embeddings."""
        return self._reply(asked, embed)

    async def respond(self, asked: Asked, gone: Callable[[], bool]) -> tuple[Reply, bytes, dict[str, str]]:
        """Return what is answered to one request, the body it is sent as and the headers to add; bill it."""
        asked = replace(asked, seed=self.seed)
        route = self.routes.get((asked.method, asked.path))
        if route is None and (reply := free_of_charge(self, asked)) is not None:
            return reply, (reply.raw or "").encode("utf-8", "surrogateescape"), {}
        started_s = time.monotonic()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        reply = _LEFT
        try:
            reply = await self._made(route or (lambda _: fault("unknown model")), asked)
            if reply.cut is None and reply.delay_s:
                await asyncio.sleep(reply.delay_s)
        finally:
            self.under_way -= 1
            delivered = reply.cut is None and not gone()
            body, _ = self._book(asked, reply, started_s, delivered=delivered)
        return reply, body.encode(), self._meter(asked.model).headers(time.monotonic())

    async def _made(self, route: Callable[[Asked], Reply], asked: Asked) -> Reply:
        if self._blocking:
            return await asyncio.get_running_loop().run_in_executor(None, route, asked)
        return route(asked)

    def _rule(self, reply: Callable[[Asked], Reply], times: int | None, when: str | Callable[[Asked], bool]) -> None:
        self.rules.append(Rule(reply, when if callable(when) else lambda asked: when in asked.last, times))

    def _reply(self, asked: Asked, usual: Callable[[Asked], Reply]) -> Reply:
        """Return the reply to a question: refused, by a rule, by a fault of the share, or the usual one."""
        with self.lock:
            if (refused := self._refused(asked)) is not None:
                return refused
            time_, self._times[asked.key] = self._times[asked.key], self._times[asked.key] + 1
            make = self._picked(asked, time_) or usual
        reply = make(asked)  # outside the lock: it may take its time
        if asked.transport == "batch":
            return reply
        with self.lock:
            self._meter(asked.model).spend(count(reply.content or "") if reply.billed else 0)
        waited = self.latency.draw(unit(self.seed, asked.key, time_, "latency"))
        return msgspec.structs.replace(reply, delay_s=reply.delay_s + waited) if waited else reply

    def _refused(self, asked: Asked) -> Reply | None:
        if self.api_keys and asked.api_key not in self.api_keys:
            return fault("wrong key")
        if self.models and asked.model not in self.models:
            return fault("unknown model")
        if asked.body.get("stream"):
            return error(400, "invalid_request_error", "streams are not served here")
        if self.credit is not None and self._spent >= self.credit:
            return fault("no quota")
        prompt, room = _prompt(asked), asked.room or 0
        if self.context_tokens is not None and prompt + room > self.context_tokens:
            text = f"This model's maximum context length is {self.context_tokens} tokens; {prompt} + {room} requested"
            return error(400, "context_length_exceeded", text)
        if asked.transport == "batch":
            return None
        return self._meter(asked.model).admit(prompt, room, self.under_way, time.monotonic())

    def _picked(self, asked: Asked, time_: int) -> Callable[[Asked], Reply] | None:
        """Return the first rule's reply that still applies, else the fault that strikes, if one does."""
        for rule in self.rules:
            if rule.times != 0 and rule.when(asked):
                if rule.times is not None:
                    rule.times -= 1
                return rule.reply
        faults = self.batch_plan.faults if asked.transport == "batch" else self.faults
        name = faults.pick(self.seed, asked.key, time_) if faults is not None else None
        return reply_of(name) if name is not None else None

    def _meter(self, model: str) -> Meter:
        found = self._meters.get((self.limits, model))
        if found is None:
            found = self._meters[self.limits, model] = Meter(self.limits, time.monotonic())
        return found

    def _line(self, asked: Asked) -> tuple[Reply, str, tuple[int, int]]:
        """Answer and bill one line of a batch."""
        route = self.routes.get((asked.method, asked.path))
        reply = fault("unknown model") if route is None else route(asked)
        return reply, *self._book(asked, reply, time.monotonic(), delivered=reply.cut is None)

    def _book(self, asked: Asked, reply: Reply, started_s: float, *, delivered: bool) -> tuple[str, tuple[int, int]]:
        """Write a reply into the ledger and return its body and its tokens."""
        usage = usage_of(asked, reply, with_schema=self.bills_schema)
        price = self.prices.get(asked.model) or self.prices.get("", PRICES[""])
        money = cost(price, usage, _BATCH_SHARE if asked.transport == "batch" else Decimal(1))
        entry = Entry(
            *(asked.key, asked.last, asked.api_key, reply.status, *usage),
            model=asked.model,
            money=money,
            questions=tuple(asked.questions.values()),
            answered=answered(asked, reply),
            transport=asked.transport,
            delivered=delivered,
            started_s=started_s,
            ended_s=time.monotonic(),
        )
        with self.lock:
            self._spent += money
            self._ledger.entries.append(entry)
        body = reply.raw if reply.raw is not None else json.dumps(completion(asked, reply, usage))
        return body, usage


def _prompt(asked: Asked) -> int:
    """Return the tokens of what is asked: the messages, or the texts to embed."""
    return prompt_tokens(asked.messages) if asked.messages else count(asked.last)


@contextmanager
def running(seed: int = 0) -> Generator[Provider]:
    """Yield a provider that listens on a free loopback port; nothing of it is left afterwards."""
    provider = Provider(seed)
    ready: Future[Callable[[], None]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(serve(provider, 0, ready.set_result)), name="provider")
    thread.start()
    stop = ready.result(10)
    try:
        yield provider
    finally:
        stop()
        thread.join()


if __name__ == "__main__":
    from tests.servers.provider_process import main

    main()
