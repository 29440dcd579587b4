"""Run every benchmark and write ``docs/benchmarks.md``."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import cast

from bench.measure import arguments

__all__ = ["main"]

BENCHMARKS = ("skeleton", "engines", "linking_types", "extraction", "packing", "injections")
TARGET = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """\
# Benchmarks

Written by `make bench`. Each table is one command; the machine and the day are those of the run. Times on a shared
machine are upper bounds: read the ratios.
"""


def main() -> None:
    """Run all, one after the other, and write the page."""
    given = arguments(__doc__ or "")
    pages = [HEAD]
    for name in BENCHMARKS:
        command = [sys.executable, "-m", f"bench.{name}", "--json", *(["--quick"] if given.quick else [])]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        print(done.stdout)
        pages.append(_page(name, json.loads(done.stdout.splitlines()[-1])))
    TARGET.write_text("\n".join(pages), encoding="utf-8")


def _page(name: str, result: dict[str, object]) -> str:
    about = _docstring(name).splitlines()[0]
    figures = cast("dict[str, float]", result["figures"])
    rows = "\n".join(f"| `{key}` | {value:,} |" for key, value in figures.items())
    return (
        f"## {name}\n\n{about}\n\n`python -m bench.{name}`; {result['machine']}; {result['date']}; "
        f"sizes {json.dumps(result['sizes'])}\n\n| figure | value |\n|---|---|\n{rows}\n"
    )


def _docstring(name: str) -> str:
    return importlib.import_module(f"bench.{name}").__doc__ or name


if __name__ == "__main__":
    main()
