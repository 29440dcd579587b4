"""Steps of benchmarks in processes of their own, so that the time and the memory of each are its own.

A step is a module with a ``main`` that reads one JSON object, its last argument, and prints one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from kg.store.tables import GraphFiles

__all__ = ["command", "paths", "step"]


def step(module: Sequence[str], **given: Any) -> dict[str, Any]:  # noqa: ANN401 - plain data
    """Return what a module, with the name of its step if it has several, prints.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    return json.loads(subprocess.run(command(module, **given), stdout=subprocess.PIPE, check=True).stdout)


def command(module: Sequence[str], **given: Any) -> list[str]:  # noqa: ANN401 - plain data
    """Return the command that does a step."""
    return [sys.executable, "-m", *module, json.dumps(given)]


def paths(files: GraphFiles) -> dict[str, str]:
    """Return the files as a step is given them."""
    return {name: str(path) for name, path in asdict(files).items() if name != "tags"}
