"""Run every benchmark, or those that are named, and write ``docs/benchmarks.md``.

Run with ``python -m bench.all [--quick] [NAME ...]``; the sections of those not named stay as they are.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

__all__ = ["main", "page", "write"]

BENCHMARKS = (
    "skeleton",
    "engines",
    "extraction",
    "packing",
    "injections",
    "linking_types",
    "linking",
    "linking_peers",
    "candidate_engines",
    "store_neo4j",
    "store_embedded",
    "exports",
)
TARGET = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """\
# Benchmarks

Written by `make bench`. Each table is one command; the machine and the day are those of the run. Times on a shared
machine are upper bounds: read the ratios.
"""


def main() -> None:
    """Run them, one after the other, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="which (default: all)")
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    given = parser.parse_args()
    pages = _pages()
    for name in given.names or BENCHMARKS:
        command = [sys.executable, "-m", *_asked(name), "--json", *(["--quick"] if given.quick else [])]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        print(done.stdout)
        write(pages | {name: page(name, json.loads(done.stdout.splitlines()[-1]))})
        pages = _pages()


def write(pages: Mapping[str, str]) -> None:
    """Write the page from the sections of benchmarks."""
    TARGET.write_text("\n".join([HEAD, *(pages[name] for name in BENCHMARKS if name in pages)]), encoding="utf-8")


def _pages() -> dict[str, str]:
    """Return the sections that are there."""
    text = TARGET.read_text(encoding="utf-8") if TARGET.is_file() else ""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {part.splitlines()[0].removeprefix("## "): part.rstrip() + "\n" for part in parts}


def page(name: str, result: dict[str, object]) -> str:
    """Return the section of one benchmark's result."""
    module, *options = _asked(name)
    about = _docstring(module).splitlines()[0]
    figures = cast("dict[str, float]", result["figures"])
    rows = "\n".join(f"| `{key}` | {value:,} |" for key, value in figures.items())
    return (
        f"## {name}\n\n{about}\n\n`python -m {' '.join([module, *options])}`; {result['machine']}; {result['date']}; "
        f"sizes {json.dumps(result['sizes'])}\n\n| figure | value |\n|---|---|\n{rows}\n"
    )


def _asked(name: str) -> list[str]:
    """Return the module of a benchmark and its options."""
    if name.startswith("store_"):
        return ["bench.store", "--store", name.removeprefix("store_")]
    return [f"bench.{name}"]


def _docstring(module: str) -> str:
    return importlib.import_module(module).__doc__ or module


if __name__ == "__main__":
    main()
