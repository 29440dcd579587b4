"""The product index of a catalogue: made once for a version of it, kept beside the builds, opened by many.

::

    builds/indexes/products-<key>/    the index; the key names the catalogue and how its texts are read
    builds/indexes/.lock              held while an index is made

A catalogue of another version has its index made from the newest older one, reading only products that are new or
changed. Older indexes go when that is done; whoever has one open keeps it, as the files stay mapped.
"""

from __future__ import annotations

import logging
import multiprocessing
import shutil
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from filelock import FileLock, Timeout

from kg.build.builds import Builds
from kg.build.executors import die_with_parent
from kg.build.product_rows import ProductRows, Steps
from kg.build.stages.base import Artefacts
from kg.errors import ArtefactError
from kg.records import digest
from linkers.products.columns import Columns
from linkers.products.files import MANIFEST, verify
from linkers.products.index import Item, Map, ProductIndex, build_index, index_version, open_index, update_index
from linkers.products.vectors import Encoder

__all__ = ["FEW", "SORTING_MB", "Catalogue", "Making", "Steps", "newest_catalogue", "open_products"]

FEW = 50_000
"""Products that are read in this process: starting others would take longer."""
SORTING_MB = 512
"""Memory that ordering a catalogue by id wants; beyond it, rows go to disk."""
_WRITING = "putting the index together"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The artefacts of a catalogue that linking reads, and the sha256 of each."""

    products: Path
    types: Path
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Making:
    """How an index is made: processes, memory of the engine in MB, the most products that need no other process."""

    workers: int = 1
    memory_mb: int = SORTING_MB
    few: int = FEW


def newest_catalogue(builds: Builds) -> Catalogue:
    """Return the catalogue that was read last: that of the build in progress, else of the latest build.

    Raises:
        ArtefactError: none was read yet.
    """
    artefacts = builds.in_progress()
    if artefacts is None or "catalog" not in artefacts.manifests:
        latest = builds.latest()
        artefacts = builds.artefacts(latest) if latest else None
    if artefacts is None or "catalog" not in artefacts.manifests:
        raise ArtefactError(
            f"no catalogue has been read into {builds.folder} yet", remedy="run 'kg build --to catalog'"
        )
    names = ("products.parquet", "product_types.jsonl")
    products, types = (artefacts.file("catalog", name) for name in names)
    return Catalogue(products, types, _hashes(artefacts, names))


def _hashes(artefacts: Artefacts, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(value for name in names for value in artefacts.sha256("catalog", name))


def open_products(
    folder: Path, catalogue: Catalogue, making: Making, steps: Steps, encoder: Encoder | None = None
) -> ProductIndex:
    """Return the index of a catalogue's products in ``folder``; it is made if it is not there, or of no use.

    ``encoder`` makes vectors of titles; ``None``: the static embeddings.

    Raises:
        ArtefactError: the catalogue cannot be read.
        ConfigError: the embedding table is not installed.
        KgError: what the encoder raises.
    """
    place = folder / f"products-{digest(catalogue.hashes, index_version(encoder))[:16]}"
    if place.is_dir():
        try:
            return open_index(place, encoder)
        except ArtefactError as error:
            _log.info("the product index is made anew: %s", error.reason)
    with _locked(folder):
        try:
            return open_index(place, encoder)  # another command may have made it meanwhile
        except ArtefactError:
            index = _made(place, catalogue, making, steps, encoder)
            steps(_WRITING, 1, 1)
        _sweep(folder, place)
    return index


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _log.warning("another command is making the product index; waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _made(place: Path, catalogue: Catalogue, making: Making, steps: Steps, encoder: Encoder | None) -> ProductIndex:
    """Make an index from the newest of the others, or from nothing where they are of no use."""
    spill = place.with_name(f".{place.name}-engine")
    rows = ProductRows(catalogue.products, catalogue.types, spill, making.memory_mb, steps)
    map_ = _mapped(rows.count(), making, steps)
    for old in _others(place.parent, place):
        try:
            verify(old)
            index, found = update_index(place, old, rows, map_=map_, encoder=encoder)
        except ArtefactError as error:
            _log.info("%s cannot be brought up to date: %s", old.name, error.reason)
            continue
        _log.info("product index: %s read, %s gone, %s as before", found.changed, found.gone, found.kept)
        return index
    index = build_index(place, rows.every(), map_=map_, encoder=encoder)
    _log.info("product index: %s products", len(index))
    return index


def _others(folder: Path, place: Path) -> list[Path]:
    """Return the other indexes, the newest first."""
    found = [(path.stat().st_mtime_ns, path) for path in folder.glob(f"products-*/{MANIFEST}") if path.parent != place]
    return [path.parent for _, path in sorted(found, reverse=True)]


def _sweep(folder: Path, place: Path) -> None:
    """Remove every other index, and what commands that were killed left behind."""
    for path in (*folder.glob("products-*"), *folder.glob(".products-*")):
        if path != place:
            shutil.rmtree(path, ignore_errors=True)


def _mapped(count: int, making: Making, steps: Steps) -> Map:
    """Return how chunks of products are read: here, or by processes started afresh when they are many."""

    def here(read: Callable[[Sequence[Item]], Columns], chunks: Iterable[Sequence[Item]]) -> Iterator[Columns]:
        yield from map(read, chunks)
        steps(_WRITING, 0, 1)

    def in_processes(read: Callable[[Sequence[Item]], Columns], chunks: Iterable[Sequence[Item]]) -> Iterator[Columns]:
        rest = iter(chunks)
        begun = list(islice(rest, 2))
        if len(begun) < 2:  # an update that changes little: not worth a process
            yield from here(read, begun)
            return
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(making.workers, mp_context=context, initializer=die_with_parent) as processes:
            waiting: deque[Future[Columns]] = deque()
            for chunk in chain(begun, rest):  # a pool's own map would hold the whole catalogue at once
                waiting.append(processes.submit(read, chunk))
                if len(waiting) > making.workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        steps(_WRITING, 0, 1)

    return here if making.workers <= 1 or count <= making.few else in_processes
