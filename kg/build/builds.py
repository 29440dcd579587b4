"""The folder of builds: the pool of shards, the build in progress, finished builds, and which one is served.

::

    builds/pool/<stage>/<key>/        every shard ever run, once
    builds/next/<stage>/              the build in progress (files are hard links into the pool)
    builds/<build>/<stage>/           a finished build; its name is a hash of its content
    builds/LATEST, builds/CURRENT     the last finished build; the one the graph was loaded from
    builds/last_run.json              what the last run did, with times
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kg.build.manifest import Manifest, read_manifest
from kg.build.report import BuildReport
from kg.build.stages.base import Artefacts
from kg.errors import ArtefactError
from kg.records import atomic_path, digest, from_json, fsync_folder, to_json

__all__ = ["Builds"]

_LOCK_TIMEOUT_S = 2.0


class Builds:
    """One folder of builds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pool = folder / "pool"
        self._next = folder / "next"

    @contextmanager
    def lock(self) -> Generator[None]:
        """Keep other runs out while this one makes a build.

        Raises:
            ArtefactError: another run is under way here.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=_LOCK_TIMEOUT_S)
        except Timeout as error:
            raise ArtefactError(
                f"another kg build is running in {self.folder}", remedy="wait for it, or use another build.folder"
            ) from error
        try:
            yield
        finally:
            lock.release()

    def start(self, carry: Sequence[str] = ()) -> Path:
        """Return the folder of the build in progress, with the stages to ``carry`` taken from the latest one."""
        latest = self.latest()
        for name in carry:
            if latest is not None and not (self._next / name).exists():
                shutil.copytree(self.folder / latest / name, self._next / name, copy_function=os.link)
        self._next.mkdir(parents=True, exist_ok=True)
        return self._next

    def finish(self, manifests: Mapping[str, Manifest]) -> str:
        """Give the build in progress its name, made of what it holds; return it. Equal content, equal name."""
        build = "b" + digest([manifests[name].digest for name in sorted(manifests)])[:12]
        final = self.folder / build
        if final.exists():
            shutil.rmtree(self._next)
        else:
            self._next.rename(final)
            fsync_folder(self.folder)
        self._write("LATEST", build)
        return build

    def latest(self) -> str | None:
        """Return the last finished build."""
        return self._read("LATEST")

    def current(self) -> str | None:
        """Return the build that the graph was loaded from."""
        return self._read("CURRENT")

    def serve(self, build: str) -> None:
        """Note that the graph now holds ``build``."""
        self._write("CURRENT", build)

    def artefacts(self, build: str) -> Artefacts:
        """Return a finished build's artefacts.

        Raises:
            ArtefactError: there is no such build.
        """
        found = _published(self.folder / build)
        if found is None:
            raise ArtefactError(f"no build {build!r} in {self.folder}", remedy="'kg status' names the builds there are")
        return found

    def in_progress(self) -> Artefacts | None:
        """Return what the unfinished build has so far, if there is one."""
        return _published(self._next)

    def write_last_run(self, report: BuildReport) -> None:
        """Keep what the last run did, for ``kg status``."""
        with atomic_path(self.folder / "last_run.json") as temporary:
            temporary.write_bytes(to_json(report))

    def last_run(self) -> BuildReport | None:
        """Return what the last run did."""
        file = self.folder / "last_run.json"
        return from_json(file.read_bytes(), BuildReport) if file.is_file() else None

    def _read(self, name: str) -> str | None:
        file = self.folder / name
        text = file.read_text(encoding="utf-8").strip() if file.is_file() else ""
        return text if text and (self.folder / text).is_dir() else None

    def _write(self, name: str, build: str) -> None:
        with atomic_path(self.folder / name) as temporary:
            temporary.write_text(build + "\n", encoding="utf-8")


def _published(folder: Path) -> Artefacts | None:
    manifests = {path.name: manifest for path in sorted(folder.glob("*")) if (manifest := read_manifest(path))}
    return Artefacts(folder, manifests) if manifests else None
