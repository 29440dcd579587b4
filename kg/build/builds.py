"""The folder of builds: the pool of shards, the build in progress, finished builds, and which one is served.

::

    builds/pool/<stage>/<key>/        every shard ever run, once
    builds/next/<stage>/              the build in progress (files are hard links into the pool)
    builds/<build>/<stage>/           a finished build; its name is a hash of its content
    builds/LATEST, builds/CURRENT     the last finished build; the one the graph was loaded from
    builds/last_run.json              what the last run did, with times
    builds/refused/                   the refused rows of a last run that was stopped by them
"""

from __future__ import annotations

import shutil
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kg.build.manifest import Manifest, hard_link, read_manifest, unpublish
from kg.build.report import BuildReport
from kg.build.stages.base import Artefacts
from kg.errors import ArtefactError
from kg.records import atomic_path, digest, from_json, fsync_folder, to_json

__all__ = ["Builds"]

_LOCK_TIMEOUT_S = 2.0
_LAST_STAGE = "project/manifest.json"


class Builds:
    """One folder of builds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pool = folder / "pool"
        self.refused = folder / "refused"
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
        """Return the folder of the build in progress, holding the stages to ``carry`` and nothing else.

        They are those of the build in progress if it has all of them, else those of the latest build: stages of
        two builds are never mixed. Call it under the lock: leftovers of runs that were killed are removed.
        """
        self._sweep()
        latest = self.latest()
        whole = all(read_manifest(self._next / name) for name in carry)
        keep = carry if whole or latest is None else ()
        self._next.mkdir(parents=True, exist_ok=True)
        for path in sorted(self._next.iterdir()):
            if path.name not in keep:
                unpublish(path)
        if latest is not None and not whole:
            for name in carry:
                copy = self._next / f".{name}"
                shutil.copytree(self.folder / latest / name, copy, copy_function=_link)
                copy.rename(self._next / name)
        return self._next

    def _sweep(self) -> None:
        """Remove what runs that were killed left behind, and the refused rows of an earlier run."""
        for path in [*self.folder.glob(".*.tmp"), *self.folder.glob(".old.*"), *self.pool.glob("*/.*"), self.refused]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def finish(self, manifests: Mapping[str, Manifest]) -> str:
        """Give the build in progress its name, made of what it holds; return it. Equal content, equal name."""
        build = "b" + digest([manifests[name].digest for name in sorted(manifests)])[:12]
        final = self.folder / build
        fsync_folder(self._next)
        if final.exists():
            old = self.folder / f".old.{build}"
            self._next.rename(old)
            shutil.rmtree(old)
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

    def names(self) -> list[str]:
        """Return the finished builds, the one that was finished last first."""
        found = self.folder.glob(f"b*/{_LAST_STAGE}")
        newest_first = sorted(found, key=lambda path: (-path.stat().st_mtime, path))
        return [path.relative_to(self.folder).parts[0] for path in newest_first]

    def find(self, name: str) -> str:
        """Return the finished build of this name, or the only one whose name begins so.

        Raises:
            ArtefactError: there is none, or several; names those there are.
        """
        there = self.names()
        found = [build for build in there if name and build.startswith(name)]
        if name in found or len(found) == 1:
            return name if name in found else found[0]
        if found:
            raise ArtefactError(f"{name!r} begins several builds: {', '.join(found)}", remedy="give more of the name")
        marks = {self.latest(): " (latest)", self.current(): " (served)"}
        remedy = (
            f"there are: {', '.join(build + marks.get(build, '') for build in there)}" if there else "run 'kg build'"
        )
        raise ArtefactError(f"no build {name!r} in {self.folder}", remedy=remedy)

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


def _link(source: str, target: str) -> None:
    hard_link(Path(source), Path(target))


def _published(folder: Path) -> Artefacts | None:
    manifests = {path.name: manifest for path in sorted(folder.glob("*")) if (manifest := read_manifest(path))}
    return Artefacts(folder, manifests) if manifests else None
