"""Open a Neo4j server as a store."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator
from contextlib import contextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

import neo4j

from kg.errors import StoreTooOld
from kg.store.driver import GraphStore, StoreInfo, driver_settings
from kg.store.failures import mapped
from kg.store.options import StoreOptions

__all__ = ["MINIMUM_VERSION", "connect", "identify", "open_server", "refuse_old"]

_log = logging.getLogger(__name__)
MINIMUM_VERSION = (5, 26)
_BATCH = 5_000
_AGENT = re.compile(r"^(?P<product>[^/]+)/(?P<version>(?P<major>\d+)\.(?P<minor>\d+)\S*)")


@contextmanager
def open_server(options: StoreOptions) -> Generator[GraphStore]:
    """Yield the store at ``options.uri``.

    Raises:
        StoreUnreachable: nothing answers there, or the address is no Bolt address.
        StoreRefused: wrong name or password.
        StoreTooOld: the server is older than :data:`MINIMUM_VERSION`.
    """
    _warn_of_plain_text(options.uri)
    with mapped(options.uri):
        driver = connect(options.uri, options.user, options.password.get_secret_value(), options.retry_s)
    with driver:
        info = identify(driver, "neo4j", options.uri, options.database)
        refuse_old(info)
        yield GraphStore(driver, info, options.policy(_BATCH))


def _warn_of_plain_text(uri: str) -> None:
    """Say so when password and data would travel to another machine in the clear."""
    address = urlsplit(uri)
    if address.scheme in {"bolt", "neo4j"} and not _is_here(address.hostname or ""):
        _log.warning("%s is not encrypted: the password can be read on the way; use %s+s://", uri, address.scheme)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def refuse_old(info: StoreInfo) -> None:
    """Raise :class:`StoreTooOld` when ``info.agent`` is not Neo4j from :data:`MINIMUM_VERSION` on."""
    match = _AGENT.match(info.agent)
    if match is None or (int(match["major"]), int(match["minor"])) < MINIMUM_VERSION:
        raise StoreTooOld(f"{info.where} is {info.agent or 'unknown'}", remedy="use Neo4j 5.26 or later")


def connect(uri: str, user: str, password: str, retry_s: float = 30.0) -> neo4j.Driver:
    """Return a driver with our timeouts; it connects when first used. ``retry_s``: seconds to try again."""
    return neo4j.GraphDatabase.driver(  # pyright: ignore[reportUnknownMemberType]
        uri, auth=(user, password), **driver_settings(retry_s)
    )


def identify(driver: neo4j.Driver, kind: str, where: str, database: str) -> StoreInfo:
    """Return what answers, after logging in.

    Raises:
        StoreError: see :func:`open_server`.
    """
    with mapped(where):
        # Fails at once, where a managed transaction would try again for half a minute.
        driver.verify_connectivity()  # pyright: ignore[reportUnknownMemberType]
        with driver.session(database=database) as session:  # pyright: ignore[reportUnknownMemberType]
            agent = session.execute_read(_agent)
    match = _AGENT.match(agent)
    return StoreInfo(kind, where, agent, match["version"] if match else "", database)


def _agent(tx: neo4j.ManagedTransaction) -> str:
    return tx.run("RETURN 1 AS one").consume().server.agent
