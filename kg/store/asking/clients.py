"""The look-ups for services, blocking and asynchronous, from one definition of each question.

::

    with connect("neo4j://graph.example.com", "reader", secret) as graph:
        graph.complements("071397", 5, ["summer"])

    async with connect_async("neo4j://graph.example.com", "reader", secret) as graph:
        await graph.complements("071397", 5, ["summer"])

Open one at the start of a process and share it: it keeps a pool of connections and is safe to use from many threads, or
tasks, at once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from kg.store import queries
from kg.store.asking import explaining, naming, questions
from kg.store.asking.requests import Read, Request, Work
from kg.store.asking.running import as_coroutine, as_method
from kg.store.driver import Row, driver_settings

if TYPE_CHECKING:
    import neo4j

__all__ = ["AsyncGraph", "Graph", "connect", "connect_async"]


class Graph:
    """The look-ups, blocking. Made by :func:`connect`; a context manager that closes its connections.

    Every method raises :class:`kg.errors.StoreError` when the database refuses or does not answer.
    """

    def __init__(self, driver: neo4j.Driver, where: str, database: str) -> None:
        self._driver = driver
        self._where = where
        self._database = database

    intent = as_method(questions.intent)
    complements = as_method(questions.complements)
    complements_of_cart = as_method(questions.complements_of_cart)
    substitutes = as_method(questions.substitutes)
    substitutes_in_stock = as_method(questions.substitutes_in_stock)
    pairings = as_method(questions.pairings)
    neighbourhood = as_method(questions.neighbourhood)
    why = as_method(explaining.why)
    resolve = as_method(naming.resolve)
    stats = as_method(questions.stats)

    def serve(self, request: Request) -> object:
        """Do what a question asks for."""
        return request.run() if isinstance(request, Work) else self._read(request)

    def close(self) -> None:
        """Close all connections."""
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, request: Read) -> list[Row]:
        """Read in one round trip; what fails in passing is read again by the driver's own rules."""
        from neo4j.exceptions import DriverError, Neo4jError  # noqa: PLC0415 - keeps 'kg --help' quick

        from kg.store.failures import mapped  # noqa: PLC0415 - keeps 'kg --help' quick

        text = queries.cypher(request.name)

        def again(tx: neo4j.ManagedTransaction) -> list[Row]:
            return _rows(tx.run(text, request.parameters))

        with mapped(self._where):
            try:
                with self._session() as session:
                    return _rows(session.run(text, request.parameters))
            except (DriverError, Neo4jError) as error:
                if not error.is_retryable():
                    raise
            with self._session() as session:
                return session.execute_read(again)

    def _session(self) -> neo4j.Session:
        return self._driver.session(  # pyright: ignore[reportUnknownMemberType]
            database=self._database, default_access_mode="READ"
        )


class AsyncGraph:
    """The look-ups of :class:`Graph`, each to be awaited. Made by :func:`connect_async`."""

    def __init__(self, driver: neo4j.AsyncDriver, where: str, database: str) -> None:
        self._driver = driver
        self._where = where
        self._database = database

    intent = as_coroutine(questions.intent)
    complements = as_coroutine(questions.complements)
    complements_of_cart = as_coroutine(questions.complements_of_cart)
    substitutes = as_coroutine(questions.substitutes)
    substitutes_in_stock = as_coroutine(questions.substitutes_in_stock)
    pairings = as_coroutine(questions.pairings)
    neighbourhood = as_coroutine(questions.neighbourhood)
    why = as_coroutine(explaining.why)
    resolve = as_coroutine(naming.resolve)
    stats = as_coroutine(questions.stats)

    async def serve(self, request: Request) -> object:
        """Do what a question asks for; work on another thread, so that nothing else waits for it."""
        if isinstance(request, Work):
            return await asyncio.to_thread(request.run)
        return await self._read(request)

    async def close(self) -> None:
        """Close all connections."""
        await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _read(self, request: Read) -> list[Row]:
        """See :meth:`Graph._read`."""
        from neo4j.exceptions import DriverError, Neo4jError  # noqa: PLC0415 - keeps 'kg --help' quick

        from kg.store.failures import mapped  # noqa: PLC0415 - keeps 'kg --help' quick

        text = queries.cypher(request.name)

        async def again(tx: neo4j.AsyncManagedTransaction) -> list[Row]:
            return await _rows_async(await tx.run(text, request.parameters))

        with mapped(self._where):
            try:
                async with self._session() as session:
                    return await _rows_async(await session.run(text, request.parameters))
            except (DriverError, Neo4jError) as error:
                if not error.is_retryable():
                    raise
            async with self._session() as session:
                return await session.execute_read(again)

    def _session(self) -> neo4j.AsyncSession:
        return self._driver.session(  # pyright: ignore[reportUnknownMemberType]
            database=self._database, default_access_mode="READ"
        )


def connect(
    uri: str, user: str, password: str, *, database: str = "neo4j", pool_size: int = 100, retry_s: float = 5.0
) -> Graph:
    """Return the look-ups on the Neo4j at ``uri`` (``bolt://``, ``neo4j://``, with TLS ``neo4j+s://``).

    It connects when first asked. ``user`` needs to read, no more. ``pool_size``: connections at most; who asks when all
    are busy waits. ``retry_s``: seconds to try again what fails in passing.

    Raises:
        StoreUnreachable: ``uri`` is no such address.
    """
    import neo4j  # noqa: PLC0415 - keeps 'kg --help' quick

    from kg.store.failures import mapped  # noqa: PLC0415 - keeps 'kg --help' quick

    with mapped(uri):
        driver = neo4j.GraphDatabase.driver(  # pyright: ignore[reportUnknownMemberType]
            uri, auth=(user, password), max_connection_pool_size=pool_size, **driver_settings(retry_s)
        )
    return Graph(driver, uri, database)


def connect_async(
    uri: str, user: str, password: str, *, database: str = "neo4j", pool_size: int = 100, retry_s: float = 5.0
) -> AsyncGraph:
    """Return the same as :func:`connect`, to be awaited.

    Raises:
        StoreUnreachable: ``uri`` is no such address.
    """
    import neo4j  # noqa: PLC0415 - keeps 'kg --help' quick

    from kg.store.failures import mapped  # noqa: PLC0415 - keeps 'kg --help' quick

    with mapped(uri):
        driver = neo4j.AsyncGraphDatabase.driver(  # pyright: ignore[reportUnknownMemberType]
            uri, auth=(user, password), max_connection_pool_size=pool_size, **driver_settings(retry_s)
        )
    return AsyncGraph(driver, uri, database)


def _rows(result: neo4j.Result) -> list[Row]:
    # A record is a tuple: half the time of dict(record), which looks each key up.
    keys = result.keys()
    return [dict(zip(keys, record.values(), strict=True)) for record in result]


async def _rows_async(result: neo4j.AsyncResult) -> list[Row]:
    keys = result.keys()
    return [dict(zip(keys, record.values(), strict=True)) async for record in result]
