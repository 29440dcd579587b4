"""Load a build into a graph: only what changed, beside what readers see, and the same graph however often interrupted.

Constraints first, nodes before edges, and last of all the switch, which shows the new generation to readers. A changed
edge is a new version beside the old one; one that is gone is marked with the generation it is gone from. Every batch is
one managed transaction of rows that may be written again, so a load that was killed is completed by the next one.

Properties of nodes are facts of the catalogue and have no versions: they are those of the newest load.

Ours is what has one of our labels or types and a content hash ``h``. Nothing else is changed or deleted.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kg.errors import StoreError, StoreRefused, StoreUnreachable
from kg.records import to_json
from kg.store.delta import Delta, GraphFiles, State, Workbench, open_files
from kg.store.driver import GraphStore, Row, Step
from kg.store.kinds import EDGE_KINDS, NODE_KINDS, SCHEMA, EdgeKind, Kind
from kg.store.lock import Writer, only_writer
from kg.store.publisher import Pruned, Served, Switch, current, generations, prune, publish, show

__all__ = ["Altered", "Before", "GraphFiles", "KindCounts", "LoadReport", "load", "stage"]

Progress = Callable[[int], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Before:
    """The files of the build that was loaded last: with them nothing needs to be read back from the graph."""

    build: str
    files: GraphFiles


@dataclass(frozen=True, slots=True)
class Altered:
    """Keys of rows, by kind, whose content in the graph is not what their hash says: they are written again."""

    keys: Mapping[str, Sequence[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class KindCounts:
    """What happened to one kind of node or relationship; ``sent = created + updated + unchanged``.

    ``deleted`` are gone from the build; they are removed once no build that is kept shows them.
    """

    sent: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0

    def __add__(self, other: KindCounts) -> KindCounts:
        return KindCounts(
            self.sent + other.sent,
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.deleted + other.deleted,
        )


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did, or with ``dry_run`` would do; ``counts`` by label and ``Source-TYPE->Target``.

    ``switch`` is ``None`` when readers saw this build already, or are not to see it yet.
    """

    build: str
    dry_run: bool
    counts: dict[str, KindCounts]
    switch: Switch | None = None
    pruned: Pruned = field(default_factory=Pruned)

    @property
    def total(self) -> KindCounts:
        """The sum over all kinds."""
        return sum(self.counts.values(), start=KindCounts())

    @property
    def writes(self) -> int:
        """Rows written or marked as gone; 0 when the graph already was what it should be."""
        total = self.total
        return total.created + total.updated + total.deleted


def load(
    store: GraphStore,
    files: GraphFiles,
    build: str,
    progress: Progress | None = None,
    *,
    dry_run: bool = False,
    before: Before | Altered | None = None,
) -> LoadReport:
    """Make our part of the graph what ``files`` say, show it to readers under the name ``build``, and tidy up.

    Args:
        store: the graph.
        files: the build.
        build: its name; set on what is created or changed only.
        progress: called with increments that add up to the rows in the files.
        dry_run: count only.
        before: the build that was loaded last, if its files are at hand; or rows whose hash is not to be believed.

    Raises:
        ArtefactError: a file is missing or unreadable.
        StoreBusy: another load is under way.
        StoreError: the files do not fit together, or the database refused; readers see what they saw before, and the
            next load completes what was written.
    """
    if dry_run:
        return _Run(store, None, files, build, progress or _ignore).everything(before)
    store.ensure_schema()
    with only_writer(store) as writer:
        report = stage(writer, files, build, progress, before=before)
        return replace(report, switch=_switch(writer, build, report), pruned=prune(writer))


def stage(
    writer: Writer,
    files: GraphFiles,
    build: str,
    progress: Progress | None = None,
    *,
    before: Before | Altered | None = None,
) -> LoadReport:
    """Write what ``build`` needs beside what readers see, and do not show it yet.

    Args and errors as of :func:`load`.
    """
    return _Run(writer.store, writer, files, build, progress or _ignore).everything(before)


def _switch(writer: Writer, build: str, report: LoadReport) -> Switch | None:
    """Show readers what was loaded. What was published already and left by a rollback is gone forward to."""
    served = current(writer.store) or Served()
    sent = {name: count.sent for name, count in report.counts.items()}
    newest = next(iter(generations(writer.store)), None)
    as_published = not report.writes and (served.schema, served.staging) == (SCHEMA, "")
    if newest is None or not as_published or (newest.id, newest.build, newest.counts) != (served.newest, build, sent):
        return publish(writer, served, build, sent)
    if (served.generation, served.build, served.counts) == (newest.id, newest.build, newest.counts):
        return None
    return show(writer, served, newest)


class _Run:
    """One load. Without a ``writer`` it only counts."""

    def __init__(
        self, store: GraphStore, writer: Writer | None, files: GraphFiles, build: str, progress: Progress
    ) -> None:
        self._store = store
        self._writer = writer
        self._files = files
        self._build = build
        self._progress = progress
        self._served = current(store) or Served()
        self._generation = self._served.newest + 1
        self._stale = self._served.schema != SCHEMA
        self._begun = bool(self._served.staging)

    def everything(self, before: Before | Altered | None) -> LoadReport:
        known = before.files if isinstance(before, Before) and self._is_loaded(before) else None
        altered: Mapping[str, Sequence[tuple[str, ...]]] = before.keys if isinstance(before, Altered) else {}
        with open_files(self._files, known, self._store.policy.memory_mb) as bench:
            for kind in (*NODE_KINDS, *EDGE_KINDS):
                bench.stage(kind)
            deltas: dict[str, Delta] = {}
            for kind in (*NODE_KINDS, *EDGE_KINDS):
                if known is None:
                    self._read_back(bench, kind, altered.get(kind.name, ()))
                delta = bench.compare(kind, self._generation, stale=self._stale, known=known is not None)
                deltas[kind.name] = delta
                if isinstance(kind, EdgeKind):
                    self._retire(bench, kind, delta)
                self._upsert(bench, kind, delta)
            for kind in NODE_KINDS:
                self._retire(bench, kind, deltas[kind.name])
        counts = {
            name: KindCounts(delta.sent, delta.created, delta.updated, delta.unchanged, delta.gone)
            for name, delta in deltas.items()
        }
        return LoadReport(self._build, self._writer is None, counts)

    def _is_loaded(self, before: Before) -> bool:
        """Whether the newest state of the graph is that of ``before``, whole."""
        served = self._served
        return (served.newest_build, served.schema, served.staging) == (before.build, SCHEMA, "")

    def _read_back(self, bench: Workbench, kind: Kind, altered: Sequence[tuple[str, ...]]) -> None:
        name = f"read/hashes_{kind.file}"
        self._store.stream(name, None, lambda rows: bench.remember(kind, (row.values() for row in rows)))
        bench.doubt(kind, altered)

    def _upsert(self, bench: Workbench, kind: Kind, delta: Delta) -> None:
        self._progress(delta.unchanged)
        if self._writer is None:
            self._progress(delta.created + delta.updated)
            return
        if not (delta.created or delta.updated):
            return
        for states, steps_of in self._ways(kind):
            for rows in bench.changed(kind, self._store.policy.batch_size, *states):
                self._write(kind, rows, steps_of(kind, rows))
                self._progress(len(rows))
        _log.info("%s: %s created, %s updated", kind.name, delta.created, delta.updated)

    def _ways(self, kind: Kind) -> Sequence[tuple[tuple[State, ...], Callable[[Kind, list[Row]], list[Step]]]]:
        """Return how rows are written: nodes have no versions."""
        if not isinstance(kind, EdgeKind):
            return (((), self._overwrite),)
        return (
            ((State.EARLIER,), self._change),
            ((State.BEGUN,), self._overwrite),
            ((State.FRESH,), self._create),
        )

    def _overwrite(self, kind: Kind, rows: list[Row]) -> list[Step]:
        return [Step(f"write/{kind.stem}", self._rows(rows), len(rows))]

    def _create(self, kind: Kind, rows: list[Row]) -> list[Step]:
        return [Step(f"create/{kind.stem}", self._rows(rows), len(rows), again=f"write/{kind.stem}")]

    def _change(self, kind: Kind, rows: list[Row]) -> list[Step]:
        parameters = {**self._rows(rows), "ours": kind.ours}
        return [Step(f"change/{kind.stem}", parameters, len(rows)), self._note(kind, rows)]

    def _retire(self, bench: Workbench, kind: Kind, delta: Delta) -> None:
        if self._writer is None or not delta.gone:
            return
        for rows in bench.gone(kind, self._store.policy.batch_size):
            self._write(kind, rows, [Step(f"retire/{kind.stem}", self._rows(rows)), self._note(kind, rows)])

    def _rows(self, rows: Iterable[Row]) -> dict[str, Any]:
        return {"rows": rows, "n": self._generation, "build": self._build}

    def _note(self, kind: Kind, rows: list[Row]) -> Step:
        """Return the step that notes what is marked as gone, so that it is found without a search."""
        keys = [[row[key] for key in kind.keys] for row in rows]
        name = f"{self._generation}/{kind.name}/{hashlib.sha256(to_json(keys)).hexdigest()[:16]}"
        s, t = [key[0] for key in keys], [key[1] for key in keys if len(key) > 1]
        props = {"until": self._generation, "kind": kind.name, "s": s, "t": t}
        return Step("publish/retired", {"id": name, "props": props}, 1)

    def _write(self, kind: Kind, rows: list[Row], steps: list[Step]) -> None:
        writer = self._writer
        if writer is None:
            return
        if not self._begun:
            # From here on the graph is ahead of what it is known to hold: the next load reads it back. The version is
            # marked too, should this be the very first load, be cut off, and a newer version complete it.
            marks = {"staging": self._build, "schema": self._served.schema}
            writer.write(Step("publish/meta", {"props": marks}, 1))
            self._begun = True
        try:
            writer.write(*steps)
        except (StoreUnreachable, StoreRefused):
            raise
        except StoreError as error:
            if missing := list(self._missing(kind, rows)):
                raise StoreError(f"{error.reason}; {'; '.join(missing)}", remedy=_TORN) from error
            raise

    def _missing(self, kind: Kind, rows: list[Row]) -> Iterator[str]:
        """Yield in words which rows' nodes are not there, or are somebody else's."""
        columns = zip(kind.keys, kind.ends, strict=True) if isinstance(kind, EdgeKind) else [("id", kind.file)]
        for column, table in columns:
            found = self._store.read(f"read/missing_{table}", {"ids": [row[column] for row in rows]})
            # Of nodes that could not be written, it says nothing that they are not there.
            lost = (("not in the graph", False),) if isinstance(kind, EdgeKind) else ()
            for said, foreign in (*lost, ("made by somebody else, with our label", True)):
                if ids := [row["id"] for row in found if row["foreign"] is foreign]:
                    yield f"{said}: {', '.join(ids)}"


_TORN = "if something else deleted or made nodes with our labels, take them away or rename them, and run it again"


def _ignore(_: int) -> None:
    """Progress that nobody watches."""
