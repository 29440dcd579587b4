"""What a stand-in provider answers free of charge: models, files, batches; and to its tests, the ledger and scripts."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Protocol

import msgspec

from tests.servers.provider_batches import Batches
from tests.servers.provider_files import Shelf
from tests.servers.provider_ledger import Ledger
from tests.servers.provider_replies import fault
from tests.servers.provider_script import Script
from tests.servers.provider_tokens import Price
from tests.servers.provider_wire import Asked, Reply, error, json_reply

__all__ = ["free_of_charge"]


class _Provider(Protocol):
    api_keys: frozenset[str]
    models: frozenset[str]
    prices: dict[str, Price]
    shelf: Shelf
    batches: Batches
    under_way: int
    most_under_way: int
    lock: threading.RLock

    @property
    def ledger(self) -> Ledger: ...

    def script(self, script: Script) -> None: ...


def free_of_charge(provider: _Provider, asked: Asked) -> Reply | None:
    """Return the reply to a request that costs nothing; ``None`` if it is no such request."""
    match asked.method, asked.path:
        case "GET", "/_ledger":
            return _exported(provider, asked.query)
        case "POST", "/_script":
            try:
                provider.script(msgspec.convert(asked.body, Script))
            except msgspec.ValidationError as mistake:
                return error(400, "invalid_request_error", str(mistake))
            return json_reply({})
        case _, path if path.startswith("/v1/"):
            with provider.lock:
                return _resource(provider, asked, path.removeprefix("/v1/").split("/"))
        case _:
            return None


def _resource(provider: _Provider, asked: Asked, parts: list[str]) -> Reply | None:
    named = ["{id}" if at == 1 else part for at, part in enumerate(parts)]
    ledger = provider.ledger  # moves the batches on
    ledger.call(f"{asked.method} /v1/{'/'.join(named)}")
    if provider.api_keys and asked.api_key not in provider.api_keys:
        return fault("wrong key")
    match parts:
        case ["files", *rest]:
            return provider.shelf.answer(asked, rest)
        case ["batches", *rest]:
            return provider.batches.answer(asked, rest)
        case ["models"]:
            models = [{"id": name, "object": "model"} for name in sorted(provider.models or provider.prices) if name]
            return json_reply({"object": "list", "data": models})
        case _:
            return None


def _exported(provider: _Provider, query: Mapping[str, str]) -> Reply:
    ledger = provider.ledger
    summary = {**ledger.summary(), "under_way": provider.under_way, "most_under_way": provider.most_under_way}
    if "summary" in query:
        return json_reply(summary)
    whole = {"entries": ledger.entries, "calls": ledger.calls, "summary": summary}
    return Reply(raw=msgspec.json.encode(whole).decode())
