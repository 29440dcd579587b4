"""Start a real Neo4j Community server for the tests, from its Maven artefacts, on a free loopback port.

``NEO4J_VERSION`` says which version, ``NEO4J_URI`` (with ``NEO4J_USER`` and ``NEO4J_PASSWORD``) uses a server of your
own instead; that must be empty, because the tests wipe it. Tests that kill a server always start their own.
"""

from __future__ import annotations

import os
import random
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import neo4j

from tests.servers.neo4j_jars import HERE, LATEST, LONG_TERM, ServerMissing, jars, java_for, wanted_version

__all__ = [
    "LATEST",
    "LONG_TERM",
    "OPENS",
    "QUICK_START",
    "Neo4jServer",
    "RestartableServer",
    "ServerMissing",
    "restartable_server",
    "running_server",
]

START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 60
QUICK_START = ("-Xms256m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
OPENS = ("java.nio", "java.io", "sun.nio.ch")
# Below the ports that systems hand to clients: nobody takes ours while a server is being started again.
_PORTS = range(20_000, 32_000)
_SETTINGS = {
    "server.bolt.enabled": "true",
    "server.memory.pagecache.size": "256m",
    "dbms.security.auth_enabled": "true",
}
_USER = "neo4j"


@dataclass(frozen=True, slots=True)
class Neo4jServer:
    """Where the server listens and how to log in."""

    uri: str
    user: str
    password: str
    process: subprocess.Popen[bytes] | None = None


@contextmanager
def running_server(
    java_options: tuple[str, ...] = QUICK_START,
    *,
    version: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Neo4jServer]:
    """Yield a server that answers; stop it afterwards when it is ours.

    ``java_options`` are for a quick start; give your own to measure rates, and ``settings`` of Neo4j's
    (``{"server.memory.pagecache.size": "1g"}``). A server named with ``NEO4J_URI`` is taken as it is, unless
    ``version`` asks for one.
    """
    if version is None and (uri := os.environ.get("NEO4J_URI")):
        server = Neo4jServer(uri, os.environ.get("NEO4J_USER", "neo4j"), os.environ.get("NEO4J_PASSWORD", "neo4j"))
        _refuse_a_used_database(server)
        yield server
        return
    with restartable_server(java_options, version=version, settings=settings) as ours:
        yield ours.address()


@contextmanager
def restartable_server(
    java_options: tuple[str, ...] = QUICK_START,
    *,
    version: str | None = None,
    settings: Mapping[str, str] | None = None,
    home: Path | None = None,
) -> Iterator[RestartableServer]:
    """Yield a server of ours that runs and may be killed and started again; at the end it is killed.

    ``home`` is kept for another day; without one the data are thrown away.
    """
    folder = home or Path(tempfile.mkdtemp(prefix="product-kg-neo4j-"))
    server = RestartableServer(folder, java_options, version=version, settings=settings)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        if home is None:
            shutil.rmtree(folder, ignore_errors=True)


class RestartableServer:
    """A Neo4j with data, address and password that outlive its process.

    ``as_usual`` is whether it runs, and was started with nothing but its own settings.
    """

    def __init__(
        self,
        home: Path,
        java_options: tuple[str, ...] = QUICK_START,
        *,
        version: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.version = version or wanted_version()
        self.uri = f"bolt://127.0.0.1:{(port := _free_port())}"
        self._java_options = java_options
        self._settings = {**_SETTINGS, "server.bolt.listen_address": f"127.0.0.1:{port}", **(settings or {})}
        self._password_file = home / "test.password"
        self._process: subprocess.Popen[bytes] | None = None
        self.as_usual = False
        home.mkdir(parents=True, exist_ok=True)

    @property
    def password(self) -> str:
        """The password, since the first start."""
        return self._password_file.read_text("ascii")

    @property
    def pid(self) -> int:
        """The running server's process."""
        assert self._process is not None, "not started"
        return self._process.pid

    def address(self) -> Neo4jServer:
        """Return where it listens and how to log in."""
        return Neo4jServer(self.uri, _USER, self.password, self._process)

    def start(
        self,
        *,
        read_only: bool = False,
        settings: Mapping[str, str] | None = None,
        largest_file: int | None = None,
    ) -> None:
        """Start it on the data that are there, and wait until it answers.

        ``read_only`` refuses writes to all databases, ``settings`` are for this start only, ``largest_file`` is as a
        full disk: no file can grow beyond that many bytes. The first start wants none of them.

        Raises:
            ServerMissing: there is no JDK or no Maven, or it does not start; with its last words.
        """
        assert self._process is None, "it runs"
        locked = {"server.databases.default_to_read_only": "true"} if read_only else {}
        told = {**self._settings, **locked, **(settings or {})}
        lines = "".join(f"{name}={value}\n" for name, value in told.items())
        (self.home / "server.conf").write_text(lines, "utf-8")
        command = _command(self.version, self.home, self._java_options)
        self._process = _launch(command if largest_file is None else _limited(command, largest_file), self.home)
        self.as_usual = not (read_only or settings or largest_file)
        if not self._password_file.exists():
            self._password_file.write_text(_set_password(self.uri), "ascii")

    def kill(self) -> None:
        """End it with SIGKILL: no checkpoint, no goodbye."""
        if (process := self._take()) is not None:
            _kill(process)

    def stop(self) -> None:
        """Shut it down in order, so that a start needs no recovery."""
        if (process := self._take()) is not None:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(STOP_TIMEOUT_S)

    def _take(self) -> subprocess.Popen[bytes] | None:
        process, self._process = self._process, None
        self.as_usual = False
        return process


def _command(version: str, home: Path, java_options: tuple[str, ...]) -> list[str]:
    opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENS]
    source = str(HERE / "Server.java")
    return [str(java_for(version)), *java_options, *opens, "-cp", f"{jars(version)}/*", source, str(home)]


def _limited(command: list[str], largest_file: int) -> list[str]:
    """Return a command that sets a limit, and then is the same process."""
    text = "import os, resource, sys; n = int(sys.argv[1]); resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)); "
    return [sys.executable, "-c", text + "os.execv(sys.argv[2], sys.argv[2:])", str(largest_file), *command]


def _launch(command: list[str], home: Path) -> subprocess.Popen[bytes]:
    # The pipe on its standard input is a leash: the server ends when this process does, however it does.
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + START_TIMEOUT_S
    while b"READY" not in (said := (home / "server.log").read_bytes()):
        if process.poll() is not None or time.monotonic() > deadline:
            _kill(process)
            raise ServerMissing(f"Neo4j did not start: {shlex.join(command)}: {said.decode()[-800:]}")
        time.sleep(0.05)
    return process


def _set_password(uri: str) -> str:
    """Do the first login's duty: replace the well-known password."""
    password = secrets.token_urlsafe(16)
    with neo4j.GraphDatabase.driver(uri, auth=(_USER, "neo4j")) as driver:
        driver.execute_query(
            "ALTER CURRENT USER SET PASSWORD FROM $old TO $new", old="neo4j", new=password, database_="system"
        )
    return password


def _refuse_a_used_database(server: Neo4jServer) -> None:
    with neo4j.GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver:
        used = driver.execute_query("MATCH (n) RETURN n LIMIT 1").records
    if used:
        raise ServerMissing(f"{server.uri} (NEO4J_URI) is not empty, and the tests wipe it: name an empty server")


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    assert process.stdin is not None
    process.stdin.close()


def _free_port() -> int:
    """Return a port that nobody listens on."""
    for port in random.sample(_PORTS, 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise ServerMissing(f"no free port among {_PORTS}")
