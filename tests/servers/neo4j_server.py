"""Start a real Neo4j Community server for the tests, from its Maven artefacts, on a free loopback port.

``NEO4J_URI`` (with ``NEO4J_USER`` and ``NEO4J_PASSWORD``) uses a server of your own instead; it must be empty,
because the tests wipe it.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock
import neo4j
import platformdirs

__all__ = ["QUICK_START", "Neo4jServer", "ServerMissing", "running_server"]

HERE = Path(__file__).parent / "neo4j"
START_TIMEOUT_S = 120
QUICK_START = ("-Xms256m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
OPENS = ("java.nio", "java.io", "sun.nio.ch")


class ServerMissing(Exception):  # noqa: N818 - reads as the state it reports
    """There is neither a server to use nor what it takes to start one."""


@dataclass(frozen=True, slots=True)
class Neo4jServer:
    """Where the server listens and how to log in."""

    uri: str
    user: str
    password: str
    process: subprocess.Popen[bytes] | None = None


@contextmanager
def running_server(java_options: tuple[str, ...] = QUICK_START) -> Iterator[Neo4jServer]:
    """Yield a server that answers; stop it afterwards when it is ours.

    ``java_options`` are for a quick start; give your own to measure rates.
    """
    if uri := os.environ.get("NEO4J_URI"):
        server = Neo4jServer(uri, os.environ.get("NEO4J_USER", "neo4j"), os.environ.get("NEO4J_PASSWORD", "neo4j"))
        _refuse_a_used_database(server)
        yield server
        return
    home = Path(tempfile.mkdtemp(prefix="product-kg-neo4j-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        port = _free_port()
        process = _launch(_jars(), home, port, java_options)
        yield _with_password(process, f"bolt://127.0.0.1:{port}")
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(home, ignore_errors=True)


def _jars() -> Path:
    """Return the folder with the server's jars, fetching them once into the user's cache folder."""
    version = _version()
    folder = Path(platformdirs.user_cache_dir("product-kg")) / f"neo4j-{version}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder.with_suffix(".lock")):
        if folder.is_dir():
            return folder
        maven = _need("mvn", "Maven 3 (apt install maven, brew install maven)")
        with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
            command = [
                maven, "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies",
                "-DincludeScope=runtime", f"-DoutputDirectory={unfinished}/lib",
            ]  # fmt: skip
            done = subprocess.run(command, cwd=unfinished, capture_output=True, text=True, check=False, timeout=900)
            if done.returncode:
                raise ServerMissing(f"Maven could not fetch Neo4j {version}: {(done.stdout + done.stderr)[-800:]}")
            Path(unfinished, "lib").rename(folder)
    return folder


def _version() -> str:
    found = re.search(r"<neo4j.version>(.+?)</neo4j.version>", (HERE / "pom.xml").read_text("utf-8"))
    assert found
    return found[1]


def _launch(jars: Path, home: Path, port: int, java_options: tuple[str, ...]) -> subprocess.Popen[bytes]:
    java = _need("java", "a JDK of version 17 or 21 (apt install openjdk-17-jdk, brew install openjdk@17)")
    opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENS]
    command = [
        java, *java_options, *opens,
        "-cp", f"{jars}/*", str(HERE / "Server.java"), str(home), str(port),
    ]  # fmt: skip
    # The pipe on its standard input is a leash: the server ends when this process does, however it does.
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + START_TIMEOUT_S
    while b"READY" not in (said := (home / "server.log").read_bytes()):
        if process.poll() is not None or time.monotonic() > deadline:
            _stop(process)
            raise ServerMissing(f"Neo4j did not start (is {java} a JDK 17 or 21?): {said.decode()[-800:]}")
        time.sleep(0.05)
    return process


def _with_password(process: subprocess.Popen[bytes], uri: str) -> Neo4jServer:
    """Do the first login's duty: replace the well-known password."""
    password = secrets.token_urlsafe(16)
    with neo4j.GraphDatabase.driver(uri, auth=("neo4j", "neo4j")) as driver:
        driver.execute_query(
            "ALTER CURRENT USER SET PASSWORD FROM $old TO $new", old="neo4j", new=password, database_="system"
        )
    return Neo4jServer(uri, "neo4j", password, process)


def _refuse_a_used_database(server: Neo4jServer) -> None:
    with neo4j.GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver:
        used = driver.execute_query("MATCH (n) RETURN n LIMIT 1").records
    if used:
        raise ServerMissing(f"{server.uri} (NEO4J_URI) is not empty, and the tests wipe it: name an empty server")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End it at once: its data is thrown away, so a checkpoint would be lost time."""
    process.kill()
    process.wait()
    assert process.stdin is not None
    process.stdin.close()


def _need(program: str, what: str) -> str:
    if (path := shutil.which(program)) is None:
        raise ServerMissing(
            f"the tests need a real Neo4j, and {program} is not here: install {what}, "
            "or name an empty server with NEO4J_URI, NEO4J_USER and NEO4J_PASSWORD"
        )
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
