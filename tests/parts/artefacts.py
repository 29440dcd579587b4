"""What a build left behind, as bytes that can be compared."""

from __future__ import annotations

import hashlib
from pathlib import Path

from kg.build.settings import open_workspace
from kg.store import canonical
from kg.store.stores import open_store

__all__ = ["fingerprint", "graph_digest"]


def fingerprint(config: Path) -> dict[str, str]:
    """Return the sha256 of every file of the finished builds beside ``config``, by its path below the builds."""
    builds = config.parent / "builds"
    return {
        str(path.relative_to(builds)): hashlib.sha256(path.read_bytes()).hexdigest()
        for build in sorted(builds.glob("b*"))
        for path in sorted(build.rglob("*"))
        if path.is_file()
    }


def graph_digest(config: Path) -> str:
    """Return the canonical digest of the graph that ``config`` names."""
    with open_store(open_workspace(config).store_options()) as store:
        return canonical.digest(store)
