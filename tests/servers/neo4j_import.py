"""Run the real ``neo4j-admin``, from the jars that the tests' server is made of, the way an export's script runs it."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from tests.servers.neo4j_jars import jars, java_for, wanted_version
from tests.servers.neo4j_server import OPENS, QUICK_START

__all__ = ["run_import"]

_TIMEOUT_S = 240


def run_import(
    export: Path, home: Path, *, java_options: tuple[str, ...] = QUICK_START, timeout_s: float = _TIMEOUT_S
) -> str:
    """Import an export into the empty installation ``home`` with the export's own script; return what was said.

    ``java_options`` are for a quick start; give your own to measure rates.

    Raises:
        ServerMissing: there is no fitting JDK or no Maven.
    """
    program = _admin_program(home, java_options)
    environ = {**os.environ, "NEO4J_ADMIN": str(program), "TMPDIR": str(home)}
    done = subprocess.run(
        ["sh", str(export / "import.sh")],
        env=environ, cwd="/", capture_output=True, text=True, check=False, timeout=timeout_s,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    return done.stdout


def _admin_program(home: Path, java_options: tuple[str, ...]) -> Path:
    """Return a program that does what ``bin/neo4j-admin`` does for the installation in ``home``."""
    wanted = wanted_version()
    (home / "conf").mkdir(parents=True, exist_ok=True)
    opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENS]
    command = [str(java_for(wanted)), *java_options, *opens, "-cp", f"{jars(wanted)}/*", "org.neo4j.cli.AdminTool"]
    program = home / "neo4j-admin"
    program.write_text(
        f"#!/bin/sh\nexport NEO4J_HOME={shlex.quote(str(home))} NEO4J_CONF={shlex.quote(str(home / 'conf'))}\n"
        f'exec {shlex.join(command)} "$@"\n'
    )
    program.chmod(0o755)
    return program
