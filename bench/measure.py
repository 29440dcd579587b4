"""What every benchmark shares: its flags, the machine, whole processes timed from outside, and the last line."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["KG", "Run", "arguments", "median", "publish", "run", "sized_parser", "sizes_of"]


KG = [sys.executable, "-m", "kg.cli.main"]
"""The command line, run by the interpreter that runs the benchmark."""


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process: wall and CPU seconds, peak resident memory in MB, what it printed."""

    wall_s: float
    cpu_s: float
    rss_mb: float
    stdout: str


def arguments(about: str, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the flags every benchmark takes: ``quick`` and ``json``."""
    return _parser(about).parse_args(argv)


def sized_parser(about: str | None) -> argparse.ArgumentParser:
    """Return a parser of the flags every benchmark takes, and ``products``; for :func:`sizes_of`."""
    parser = _parser(about)
    parser.add_argument("--products", type=int, help="how many, with ten times as many edges")
    return parser


def sizes_of(given: argparse.Namespace, full: Mapping[str, int], quick: Mapping[str, int]) -> dict[str, int]:
    """Return the sizes to measure at."""
    sizes = dict(quick if given.quick else full)
    return sizes | ({"products": given.products} if given.products else {})


def _parser(about: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, done within a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    return parser


def run(command: Sequence[str], environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Run:
    """Run a command to its end and return what it took, by the operating system's own account.

    Raises:
        subprocess.CalledProcessError: it failed; its error output is shown.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, **(environ or {})}, cwd=cwd, text=True
    )
    stdout = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stdout:
        process.stdout.close()
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, list(command), stdout)
    peak = usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
    return Run(wall, usage.ru_utime + usage.ru_stime, peak, stdout)


def median(values: Sequence[float]) -> float:
    """Return the median, rounded to three places."""
    return round(statistics.median(values), 3)


def publish(name: str, sizes: Mapping[str, int], figures: Mapping[str, float], *, as_json: bool) -> dict[str, object]:
    """Print the figures for people and, if asked, as one JSON object last; return that object."""
    result: dict[str, object] = {
        "name": name,
        "machine": machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "sizes": dict(sizes),
        "figures": dict(figures),
    }
    print(f"{name} ({', '.join(f'{key}: {value:,}' for key, value in sizes.items())})")
    for key, value in figures.items():
        print(f"  {key:<34} {value:,}")
    if as_json:
        print(json.dumps(result))
    return result


def machine() -> str:
    """Return what the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = platform.python_version()
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {python}"
