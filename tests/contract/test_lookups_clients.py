"""The look-ups for services: blocking and awaited, one definition, errors and connections."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import neo4j
import pytest

from kg.errors import NotFound, StoreRefused, StoreUnreachable
from kg.model import NodeKind
from kg.store import lookup
from kg.store.driver import GraphStore
from kg.store.lookup import AsyncGraph, Graph, connect, connect_async
from kg.store.options import StoreOptions
from tests.servers.bolt_proxy import Fault, FaultPlan, Kind, bolt_proxy

Address = tuple[str, str, str, str]


@pytest.fixture
def address(stocked: GraphStore, any_store_options: StoreOptions) -> Address:
    """Where a service would reach the store with the small shop: uri, user, password, database."""
    options = any_store_options
    if options.kind == "neo4j":
        return options.uri, options.user, options.password.get_secret_value(), options.database
    host, port = stocked._driver._pool.address
    return f"bolt://{host}:{port}", "root", (options.path / "graph.password").read_text().strip(), "kg"


QUESTIONS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("intent", ("game-day",), {}), ("intent", ("game-day party", 3, ["summer"]), {"by_theme": True}),
    ("intent", ("salmon",), {}), ("complements", ("chips", 2), {}), ("complements", ("water",), {}),
    ("complements", ("soda",), {"kind": NodeKind.TYPE}), ("complements_of_cart", (["chips", "soda"],), {"per_type": 1}),
    ("substitutes", ("milk", 9, ["summer"]), {}), ("substitutes_in_stock", ("milk",), {}),
    ("pairings", ("game-day",), {}), ("pairings", ("grilled salmon",), {}), ("neighbourhood", ("soda",), {}),
    ("why", ("chips", "salsa-1"), {}), ("why", ("water", "salsa"), {}), ("why", ("chips", "milk"), {}),
    ("resolve", ("salsa",), {}), ("resolve", ("sporting event party snack",), {"k": 3}), ("stats", (), {}),
]  # fmt: skip


def test_both_clients_answer_as_an_open_store_does(stocked: GraphStore, address: Address) -> None:
    """Blocking, awaited or on an open store: the same question gives the same answer."""
    uri, user, password, database = address

    async def ask_all() -> list[Any]:
        async with connect_async(uri, user, password, database=database) as graph:
            asked = (getattr(graph, name)(*args, **more) for name, args, more in QUESTIONS)
            return await asyncio.gather(*asked)

    awaited = asyncio.run(ask_all())
    with connect(uri, user, password, database=database, pool_size=2) as graph:
        for (name, args, more), found in zip(QUESTIONS, awaited, strict=True):
            assert found == getattr(graph, name)(*args, **more) == getattr(lookup, name)(stocked, *args, **more)


def test_both_clients_have_the_same_methods() -> None:
    """What one offers, the other offers, with the same parameters; the one blocks, the other is awaited."""

    def methods(kind: type) -> dict[str, inspect.Signature]:
        public = {name: each for name, each in vars(kind).items() if not name.startswith("_") and callable(each)}
        assert all(each.__doc__ for each in public.values())
        return {name: inspect.signature(each) for name, each in public.items()}

    assert methods(Graph) == methods(AsyncGraph)
    questions = set(methods(Graph)) - {"close", "serve"}
    assert questions == {name for name, _, _ in QUESTIONS}
    for name in questions:
        assert inspect.iscoroutinefunction(getattr(AsyncGraph, name))
        assert not inspect.iscoroutinefunction(getattr(Graph, name))
        on_a_store = inspect.signature(getattr(lookup, name)).parameters.values()
        assert list(on_a_store)[1:] == list(methods(Graph)[name].parameters.values())[1:]


def test_errors_of_the_clients_are_ours(stocked: GraphStore, address: Address) -> None:
    """A wrong password, no server, and a question about nothing are told apart, on both clients."""
    uri, user, password, database = address

    async def ask(uri: str, password: str, key: str) -> object:
        async with connect_async(uri, user, password, database=database, retry_s=0) as graph:
            return await graph.complements(key)

    def ask_blocking(uri: str, password: str, key: str) -> object:
        with connect(uri, user, password, database=database, retry_s=0) as graph:
            return graph.complements(key)

    for where, secret, key, kind in (
        (uri, "wrong", "chips", StoreRefused),
        ("bolt://127.0.0.1:9", password, "chips", StoreUnreachable),
        (uri, password, "xyzzy", NotFound),
    ):
        with pytest.raises(kind):
            asyncio.run(ask(where, secret, key))
        with pytest.raises(kind):
            ask_blocking(where, secret, key)
    for opener in (connect, connect_async):
        with pytest.raises(StoreUnreachable, match=r"store\.uri"):
            opener("nonsense://x", user, password)


class FirstIsReset(FaultPlan):
    """The first connection breaks after its third message, the first query; the others hold."""

    def draw(self, number: int) -> Fault:
        """Return what happens to connection ``number``."""
        return Fault(Kind.RESET, after=3, messages=True) if number == 0 else Fault()


@pytest.mark.neo4j
def test_a_connection_that_breaks_costs_a_second_try(neo4j_options: StoreOptions) -> None:
    """What fails in passing is asked again, on a connection that holds; the caller sees the answer only."""
    options, secret = neo4j_options, neo4j_options.password.get_secret_value()

    async def ask(uri: str) -> object:
        async with connect_async(uri, options.user, secret) as graph:
            return await graph.stats()

    with connect(options.uri, options.user, secret) as graph:
        expected = graph.stats()
    with bolt_proxy(options.uri, FirstIsReset(0)) as proxy:
        with connect(proxy.uri, options.user, secret) as graph:
            assert graph.stats() == expected
        assert proxy.struck == {Kind.RESET: 1}
    with bolt_proxy(options.uri, FirstIsReset(0)) as proxy:
        assert asyncio.run(ask(proxy.uri)) == expected
        assert proxy.struck == {Kind.RESET: 1}


@pytest.mark.neo4j
def test_clients_cannot_write(neo4j_options: StoreOptions) -> None:
    """They ask for read access, so that a server refuses a write whatever the user may do."""
    options = neo4j_options
    with (
        connect(options.uri, options.user, options.password.get_secret_value()) as graph,
        graph._session() as session,
        pytest.raises(neo4j.exceptions.ClientError, match=r"(?i)writ"),
    ):
        session.run("CREATE (:Product)").consume()
