"""Open the graph in a folder: ArcadeDB inside this process, spoken to over Bolt like a server.

One process at a time may hold the folder: a file lock makes the next one wait. The engine listens on the
loopback interface only, behind a random password that a file readable by its owner keeps.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import filelock
import neo4j

from kg.errors import StoreBusy, StoreError
from kg.records import fsync_folder
from kg.store import queries
from kg.store.driver import GraphStore, Policy, StoreInfo
from kg.store.failures import mapped
from kg.store.options import StoreOptions
from kg.store.server import connect, identify

__all__ = ["open_embedded"]

_BATCH = 1_000
_DATABASE = "kg"
_LOOPBACK = "127.0.0.1"
_PORT_TRIES = 5
_PLUGIN = "Bolt:com.arcadedb.bolt.BoltProtocolPlugin"
_log = logging.getLogger(__name__)


class _Database(Protocol):
    def command(self, language: str, command: str) -> object: ...


class _Engine(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...

    def create_database(self, name: str) -> _Database: ...


@contextmanager
def open_embedded(options: StoreOptions) -> Generator[GraphStore]:
    """Yield the graph in ``options.path``, made when missing.

    Raises:
        StoreBusy: another process holds the folder and did not let go within ``options.lock_timeout_s``.
        StoreError: the engine is not installed or does not start.
    """
    folder = options.path.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}", remedy="set store.path to another folder") from error
    with _held(folder, options.lock_timeout_s):
        engine, uri = _started(folder, password := _password(folder))
        try:
            database = _opened(engine, folder)
            with mapped(str(folder)), connect(uri, "root", password, options.retry_s) as driver:
                yield _store(driver, database, folder, options.policy(_BATCH))
        finally:
            engine.stop()


def _store(driver: neo4j.Driver, database: _Database, folder: Path, policy: Policy) -> GraphStore:
    known = identify(driver, "embedded", str(folder), _DATABASE)
    info = StoreInfo("embedded", str(folder), known.agent, known.version, _DATABASE)

    def index_schema() -> None:
        for statement in queries.statements("schema/arcadedb/search.sql"):
            database.command("sql", statement)

    return GraphStore(driver, info, policy, index_schema)


@contextmanager
def _held(folder: Path, timeout_s: float) -> Generator[None]:
    """Hold the folder for this process; the system lets go when the process ends, however it ends."""
    lock = filelock.FileLock(folder / "graph.lock", timeout=timeout_s)
    holder = folder / "graph.holder"
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise StoreBusy(
            f"{folder} is in use by {_holder(holder)}",
            remedy=f"waited {timeout_s:g} s; wait for it to end, or raise store.lock_timeout_s",
        ) from error
    try:
        holder.write_text(f"process {os.getpid()} ({Path(sys.argv[0]).name})", "utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _holder(path: Path) -> str:
    try:
        return path.read_text("utf-8") or "another process"
    except OSError:
        return "another process"


def _password(folder: Path) -> str:
    """Return the folder's password, made on first use; nobody but the owner can read its file."""
    path = folder / "graph.password"
    if path.exists():
        return path.read_text("ascii").strip()
    password = secrets.token_urlsafe(24)
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write(password)
        handle.flush()
        os.fsync(handle.fileno())
    # The engine keeps a digest of the password of its first start: without ours, that one is worthless.
    (folder / "config" / "server-users.jsonl").unlink(missing_ok=True)
    unfinished.replace(path)
    fsync_folder(folder)
    return password


def _started(folder: Path, password: str) -> tuple[_Engine, str]:
    """Start the engine on free loopback ports; another program may take a port first, so try a few times."""
    arcadedb = _engine_module(folder)
    failure: Exception | None = None
    for _ in range(_PORT_TRIES):
        http, bolt = _free_ports()
        settings = {
            "host": _LOOPBACK,
            "bolt_host": _LOOPBACK,
            "http_port": http,
            "bolt_port": bolt,
            "server_plugins": _PLUGIN,
            # In production mode the engine keeps the reason of an error to its own log.
            "mode": "development",
        }
        engine: _Engine = arcadedb.create_server(str(folder), password, settings)
        try:
            engine.start()
        except arcadedb.ArcadeDBError as error:
            _log.info("the embedded graph did not start on ports %s and %s: %s", http, bolt, error)
            failure = error
            continue
        return engine, f"bolt://{_LOOPBACK}:{bolt}"
    raise StoreError(f"{folder}: the embedded graph does not start: {failure}", remedy=f"see {folder}/log") from failure


def _opened(engine: _Engine, folder: Path) -> _Database:
    from arcadedb import ArcadeDBError  # noqa: PLC0415 - see _engine_module

    try:
        return engine.create_database(_DATABASE)
    except ArcadeDBError as error:
        raise StoreError(
            f"{folder}: the graph cannot be opened: {error}",
            remedy="move the folder away and load again: the build's files hold everything",
        ) from error


def _engine_module(folder: Path) -> Any:  # noqa: ANN401 - the library has no types
    # Read by the library when it is imported: its log goes into the folder, not onto the user's terminal.
    os.environ.setdefault("ARCADEDB_LOG_CONSOLE", "0")
    os.environ.setdefault("ARCADEDB_LOG_DIR", str(folder / "log"))
    try:
        import arcadedb  # noqa: PLC0415 - only who uses the embedded graph needs it
    except ImportError as error:
        raise StoreError(
            "the embedded graph is not installed",
            remedy="pip install 'product-kg[local]', or use a Neo4j server: store.kind: neo4j",
        ) from error
    return arcadedb


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind((_LOOPBACK, 0))
        second.bind((_LOOPBACK, 0))
        return int(first.getsockname()[1]), int(second.getsockname()[1])
