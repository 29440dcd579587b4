"""The graph database a benchmark speaks to: a process of its own with data of its own, for either store.

``python -m bench.store_server FOLDER`` holds the embedded graph of a folder, says where it listens, and ends when its
standard input does: so a client and its memory can be told from the engine, and a second process can read.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path

import neo4j

from bench.store_apoc import VERSION, apoc_plugins
from kg.store.options import StoreOptions
from kg.store.server import connect
from kg.store.stores import open_store
from tests.servers.neo4j_server import restartable_server

__all__ = ["JAVA", "Address", "connected", "main", "serving", "serving_filled", "serving_with_apoc", "session_of"]

JAVA = ("-Xms3g", "-Xmx3g")
"""What a Neo4j is given."""
_SETTINGS = {"server.memory.pagecache.size": "2g"}
_BATCH = {"embedded": 1_000, "neo4j": 5_000}  # as the stores' own


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store answers, how to log in, and its process; ``batch`` rows are one transaction of a load."""

    kind: str
    uri: str
    user: str
    password: str
    database: str
    batch: int
    pid: int

    def peak_mb(self) -> float:
        """Return the peak resident memory of the store's process in MB, by the kernel's account (Linux; else 0)."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        except OSError:
            return 0.0
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@contextlib.contextmanager
def serving(kind: str) -> Generator[Address]:
    """Yield an empty store of ``kind`` in a process of its own; its data are thrown away afterwards."""
    with _neo4j(None, {}) if kind == "neo4j" else _embedded() as address:
        yield address


@contextlib.contextmanager
def serving_filled(home: Path) -> Generator[Address]:
    """Yield a Neo4j on the data that are in ``home``, which stay."""
    with _neo4j(None, {}, home) as address:
        yield address


@contextlib.contextmanager
def serving_with_apoc() -> Generator[Address]:
    """Yield an empty Neo4j that has APOC.

    Raises:
        OSError: there is no Maven to fetch it with.
        subprocess.CalledProcessError: it could not be fetched.
    """
    plugins = {
        "server.directories.plugins": str(apoc_plugins()),
        "dbms.security.procedures.unrestricted": "apoc.*",
    }
    with _neo4j(VERSION, plugins) as address:
        yield address


@contextlib.contextmanager
def connected(address: Address) -> Generator[neo4j.Driver]:
    """Yield a driver to it."""
    with connect(address.uri, address.user, address.password) as driver:
        yield driver


def session_of(driver: neo4j.Driver, address: Address, mode: str = "WRITE") -> neo4j.Session:
    """Return a session on its database."""
    return driver.session(  # pyright: ignore[reportUnknownMemberType]
        database=address.database, default_access_mode=mode
    )


@contextlib.contextmanager
def _neo4j(version: str | None, settings: dict[str, str], home: Path | None = None) -> Generator[Address]:
    with restartable_server(JAVA, version=version, settings=_SETTINGS | settings, home=home) as server:
        yield Address("neo4j", server.uri, "neo4j", server.password, "neo4j", _BATCH["neo4j"], server.pid)


@contextlib.contextmanager
def _embedded() -> Generator[Address]:
    with tempfile.TemporaryDirectory(prefix="product-kg-embedded-") as folder:
        command = [sys.executable, "-m", "bench.store_server", folder]
        host = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert host.stdin is not None
        assert host.stdout is not None
        try:
            yield Address(**json.loads(host.stdout.readline()))
        finally:
            host.stdin.close()
            host.wait(60)
            host.stdout.close()


def main() -> None:
    """Hold the embedded graph of a folder until standard input ends."""
    folder = Path(sys.argv[1])
    with open_store(StoreOptions(path=folder)) as store:
        store.ensure_schema()  # its full-text and vector indexes can only be declared from inside
        driver: neo4j.Driver = store._driver  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        where: neo4j.Address = driver.get_server_info().address  # pyright: ignore[reportUnknownMemberType]
        password = (folder / "graph.password").read_text("ascii")
        batch = _BATCH["embedded"]
        address = Address("embedded", f"bolt://{where.host}:{where.port}", "root", password, "kg", batch, os.getpid())
        print(json.dumps(asdict(address)), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
