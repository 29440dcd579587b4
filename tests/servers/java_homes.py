"""Find a JDK of a fitting version on this machine."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

__all__ = ["find_java", "found_homes"]

_ROOTS = ("/usr/lib/jvm/*", "/Library/Java/JavaVirtualMachines/*/Contents/Home", "/opt/homebrew/opt/openjdk*")
_VERSION = re.compile(r'^JAVA_VERSION="(?:1\.)?(\d+)', re.MULTILINE)


def find_java(majors: tuple[int, ...]) -> Path | None:
    """Return the ``java`` program of a JDK of one of ``majors``, the first of them that is there."""
    homes = dict(reversed(list(found_homes())))
    return next((homes[major] / "bin" / "java" for major in majors if major in homes), None)


def found_homes() -> Iterator[tuple[int, Path]]:
    """Yield version and home of every JDK: what variables name first, then PATH, then where systems put them."""
    for home in _candidates():
        # A JRE has no compiler, and a server given as source needs one.
        if (home / "bin" / "javac").exists() and (major := _major(home)):
            yield major, home


def _candidates() -> Iterator[Path]:
    yield from (Path(os.environ[name]) for name in sorted(os.environ) if name.startswith("JAVA_HOME"))
    if java := shutil.which("java"):
        yield Path(java).resolve().parents[1]
    for root in _ROOTS:
        yield from sorted(Path("/").glob(root.removeprefix("/")))


def _major(home: Path) -> int:
    """Return the version that a JDK's own ``release`` file names; 0 when there is none."""
    try:
        found = _VERSION.search((home / "release").read_text("utf-8"))
    except OSError:
        return 0
    return int(found[1]) if found else 0
