"""The parts of a Neo4j Community server: which versions there are, their jars from Maven, the JDK they run on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import filelock
import platformdirs

from tests.servers.java_homes import find_java, found_homes

__all__ = ["HERE", "LATEST", "LONG_TERM", "ServerMissing", "jars", "java_for", "wanted_version"]

HERE = Path(__file__).parent / "neo4j"
# The two that this project is tested with: the long-term release, and the newest of those named after the year.
LONG_TERM = "5.26.30"
LATEST = "2026.08.1"
_FETCH_TIMEOUT_S = 900


class ServerMissing(Exception):  # noqa: N818 - reads as the state it reports
    """There is neither a server to use nor what it takes to start one."""


def wanted_version() -> str:
    """Return the version that ``NEO4J_VERSION`` names, else that of the pom."""
    found = re.search(r"<neo4j.version>(.+?)</neo4j.version>", (HERE / "pom.xml").read_text("utf-8"))
    assert found
    return os.environ.get("NEO4J_VERSION") or found[1]


def java_for(version: str) -> Path:
    """Return a ``java`` that runs Neo4j ``version``.

    Raises:
        ServerMissing: there is no such JDK; says which are there.
    """
    majors = (17, 21) if version.startswith("5.") else (25, 21)
    if (java := find_java(majors)) is not None:
        return java
    there = ", ".join(f"{major} in {home}" for major, home in found_homes()) or "none"
    names = " or ".join(map(str, sorted(majors)))
    raise _missing(f"Neo4j {version} runs on Java {names}: set JAVA_HOME to a JDK of that version (found: {there})")


def jars(version: str) -> Path:
    """Return the folder with the server's jars, fetching them once into the user's cache folder."""
    folder = Path(platformdirs.user_cache_dir("product-kg")) / f"neo4j-{version}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder.with_name(folder.name + ".lock")):
        if folder.is_dir():
            return folder
        if (maven := shutil.which("mvn")) is None:
            raise _missing("mvn is not here: install Maven 3 (apt install maven, brew install maven)")
        with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
            _fetch(maven, version, Path(unfinished, "lib"))
            Path(unfinished, "lib").rename(folder)
    return folder


def _fetch(maven: str, version: str, into: Path) -> None:
    command = [
        maven, "-q", "-B", "-f", str(HERE / "pom.xml"), f"-Dneo4j.version={version}", "dependency:copy-dependencies",
        "-DincludeScope=runtime", f"-DoutputDirectory={into}",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=into.parent, capture_output=True, text=True, check=False, timeout=_FETCH_TIMEOUT_S
    )
    if done.returncode:
        raise ServerMissing(f"Maven could not fetch Neo4j {version}: {(done.stdout + done.stderr)[-800:]}")


def _missing(what: str) -> ServerMissing:
    remedy = "or name an empty server with NEO4J_URI, NEO4J_USER and NEO4J_PASSWORD"
    return ServerMissing(f"the tests need a real Neo4j, and {what}; {remedy}")
