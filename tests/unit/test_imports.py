"""Every module can be imported alone, first of all, in a fresh process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
# Each module in a forked child of an interpreter that has imported none of ours, only what ours are made with.
ALONE = """
import importlib, os, sys
import click, difflib, duckdb, filelock, msgspec, multiprocessing, neo4j, networkx, numpy, platformdirs, rapidfuzz
import sqlite3, yaml
from pydantic import BaseModel, Field, SecretStr
failed = 0
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        try:
            importlib.import_module(name)
        except BaseException as error:
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    failed += os.waitpid(child, 0)[1] != 0
sys.exit(failed)
"""


@pytest.mark.parametrize("package", ["kg", "extractors", "linkers", "cypher"])
def test_every_module_can_be_imported_alone(package: str) -> None:
    """No module needs another to have been imported before it."""
    files = sorted((TOP / package).rglob("*.py"))
    names = [".".join(file.relative_to(TOP).with_suffix("").parts).removesuffix(".__init__") for file in files]
    done = subprocess.run([sys.executable, "-c", ALONE, *names], capture_output=True, text=True, cwd=TOP, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_packages_hold_nothing_but_a_docstring() -> None:
    """What a package's __init__ re-exports would be imported by everything below it."""
    for package in ("kg", "extractors", "linkers"):
        for file in (TOP / package).rglob("__init__.py"):
            assert file.read_text().count('"""') == 2, file
            assert file.read_text().count("\n") == 1, file
