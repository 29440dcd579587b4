"""Load a build into a graph: only what changed, and the same graph however often it is interrupted.

Constraints first, nodes before edges, edges that are gone before new ones of their kind, nodes that are
gone last, and last of all ``KgMeta``, which names the build. Every batch is one managed transaction of rows
that may be written again, so a load that was killed is completed by the next one.

Ours is what has one of our labels or types and a content hash ``h``. Nothing else is changed or deleted.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from kg.errors import StoreError, StoreUnreachable
from kg.store.delta import Delta, GraphFiles, Workbench, open_files
from kg.store.driver import GraphStore
from kg.store.kinds import EDGE_KINDS, NODE_KINDS, SCHEMA, EdgeKind, NodeTable

__all__ = ["GraphFiles", "KindCounts", "LoadReport", "load"]

Progress = Callable[[int], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KindCounts:
    """What happened to one kind of node or relationship; ``sent = created + updated + unchanged``.

    ``kept`` nodes are gone from the build, but stay because somebody's own relationships hang on them.
    """

    sent: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    kept: int = 0

    def __add__(self, other: KindCounts) -> KindCounts:
        return KindCounts(
            self.sent + other.sent,
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.deleted + other.deleted,
            self.kept + other.kept,
        )


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did, or with ``dry_run`` would do; ``counts`` by label and ``Source-TYPE->Target``."""

    build: str
    dry_run: bool
    counts: dict[str, KindCounts]

    @property
    def total(self) -> KindCounts:
        """The sum over all kinds."""
        return sum(self.counts.values(), start=KindCounts())

    @property
    def writes(self) -> int:
        """Rows written or deleted; 0 when the graph already was what it should be."""
        total = self.total
        return total.created + total.updated + total.deleted


def load(
    store: GraphStore,
    files: GraphFiles,
    build: str,
    progress: Progress | None = None,
    *,
    dry_run: bool = False,
) -> LoadReport:
    """Make our part of the graph what ``files`` say, and name it ``build``.

    ``progress`` is called with increments that add up to the rows in the files. ``build`` is set on what is
    created or changed only.

    Raises:
        ArtefactError: a file is missing or unreadable.
        StoreError: the files do not fit together, or the database refused; what was written before stays,
            and the next load completes it.
    """
    with open_files(files) as bench:
        for kind in (*NODE_KINDS, *EDGE_KINDS):
            bench.stage(kind)
        current = _current(store)
        stale = current is not None and current["schema"] != SCHEMA
        if not dry_run:
            store.ensure_schema()
            if current is None:
                # Marks which version wrote, should this first load be cut off and a newer version complete it.
                store.write("publish/current", {"props": {"build": "", "schema": SCHEMA, "counts": "{}"}})
        run = _Run(store, bench, build, progress or _ignore, stale, dry_run)
        counts = run.everything()
    if not dry_run:
        _publish(store, build, counts)
    return LoadReport(build, dry_run, counts)


@dataclass(frozen=True, slots=True)
class _Run:
    store: GraphStore
    bench: Workbench
    build: str
    progress: Progress
    stale: bool
    dry_run: bool

    def everything(self) -> dict[str, KindCounts]:
        counts: dict[str, KindCounts] = {}
        deltas: dict[str, Delta] = {}
        for kind in NODE_KINDS:
            deltas[kind.name] = self._compare(kind)
            counts[kind.name] = self._upsert(kind, deltas[kind.name])
        for kind in EDGE_KINDS:
            delta = self._compare(kind)
            deleted = self._delete(kind, delta)
            counts[kind.name] = replace(self._upsert(kind, delta), deleted=deleted)
        for kind in NODE_KINDS:
            gone = deltas[kind.name].gone
            deleted = self._delete(kind, deltas[kind.name])
            counts[kind.name] = replace(counts[kind.name], deleted=deleted, kept=gone - deleted)
        return counts

    def _compare(self, kind: NodeTable | EdgeKind) -> Delta:
        self.store.stream(
            f"read/hashes_{kind.file}",
            None,
            lambda rows: self.bench.remember(kind, (row.values() for row in rows)),
        )
        return self.bench.compare(kind, stale=self.stale)

    def _upsert(self, kind: NodeTable | EdgeKind, delta: Delta) -> KindCounts:
        self.progress(delta.unchanged)
        if self.dry_run:
            self.progress(delta.created + delta.updated)
        elif delta.created or delta.updated:
            for rows in self.bench.changed(kind, self.store.batch_size):
                self._write(kind, rows)
                self.progress(len(rows))
            _log.info("%s: %s created, %s updated", kind.name, delta.created, delta.updated)
        return KindCounts(delta.sent, delta.created, delta.updated, delta.unchanged)

    def _write(self, kind: NodeTable | EdgeKind, rows: list[dict[str, Any]]) -> None:
        try:
            self.store.write_rows(f"write/{kind.stem}", rows, self.build)
        except StoreError as error:
            reachable = not isinstance(error, StoreUnreachable)
            if reachable and isinstance(kind, EdgeKind) and (missing := self._missing(kind, rows)):
                raise StoreError(
                    f"{error.reason}; not in the graph: {', '.join(missing)}",
                    remedy="something else deleted nodes during the load: run it again",
                ) from error
            raise

    def _missing(self, kind: EdgeKind, rows: list[dict[str, Any]]) -> list[str]:
        found: list[str] = []
        for column, table in zip(kind.keys, kind.ends, strict=True):
            ids = [row[column] for row in rows]
            found += [row["id"] for row in self.store.read(f"read/missing_{table}", {"ids": ids})]
        return found

    def _delete(self, kind: NodeTable | EdgeKind, delta: Delta) -> int:
        if self.dry_run or not delta.gone:
            return delta.gone
        deleted = 0
        for rows in self.bench.gone(kind, self.store.batch_size):
            deleted += self.store.write(f"delete/{kind.stem}", {"rows": rows})[0]["deleted"]
        return deleted


def _current(store: GraphStore) -> dict[str, Any] | None:
    return next(iter(store.read("read/current")), None)


def _publish(store: GraphStore, build: str, counts: dict[str, KindCounts]) -> None:
    """Name the build in the graph, unless it is named already."""
    sent = {name: count.sent for name, count in counts.items()}
    props = {"build": build, "schema": SCHEMA, "counts": json.dumps(sent, sort_keys=True)}
    if _current(store) != props:
        store.write("publish/current", {"props": props})


def _ignore(_: int) -> None:
    """Progress that nobody watches."""
