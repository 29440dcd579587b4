"""Load a finished build into the graph, show it to readers, go back to an earlier one, and note which is served."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from kg.build.builds import Builds
from kg.build.report import Reporter, StageReport, WriteReport
from kg.build.settings import Workspace
from kg.errors import ArtefactError, StoreError
from kg.model import StageCounts
from kg.store.driver import GraphStore
from kg.store.loader import Before, GraphFiles, LoadReport, load, stage
from kg.store.lock import only_writer, take_over
from kg.store.publisher import Switch, current, generations, rollback
from kg.store.stores import open_store
from kg.store.verify import Verified, verify
from kg.store.verify import repair as mend

__all__ = ["How", "graph_files", "load_build", "roll_back", "verify_graph"]


@dataclass(frozen=True, slots=True)
class How:
    """How to load.

    Attributes:
        dry_run: count only.
        show: show the build to readers when it is written.
        read_back: compare with what the graph says it holds, not with the files of the build that was loaded last.
        take_over: break the lock of another load.
    """

    dry_run: bool = False
    show: bool = True
    read_back: bool = False
    take_over: bool = False


def graph_files(builds: Builds, build: str) -> GraphFiles:
    """Return the files of a finished build that go into the graph."""
    artefacts = builds.artefacts(build)
    return GraphFiles(
        products=artefacts.file("catalog", "products.parquet"),
        tags=tuple(artefacts.files("tag", "tags.parquet")),
        product_types=artefacts.file("catalog", "product_types.jsonl"),
        intents=artefacts.file("catalog", "intents.jsonl"),
        edges=artefacts.file("enrich", "edges.jsonl"),
        themes=artefacts.file("enrich", "themes.jsonl"),
        product_edges=artefacts.file("project", "product_edges.parquet"),
    )


def load_build(workspace: Workspace, build: str, reporter: Reporter, how: How | None = None) -> WriteReport:
    """Write what ``build`` needs beside what readers see, and show it to them; a dry run only counts.

    Raises:
        StoreBusy: another load is under way.
        StoreError: the database refuses or cannot be reached; the next run finishes the work.
    """
    how = how or How()
    builds = Builds(workspace.builds)
    started = time.monotonic()
    reporter.started("load", 0)
    with open_store(workspace.store_options()) as store:
        if how.take_over:
            take_over(store)
        done = _loaded(store, builds, build, reporter, how)
        kind = store.kind
    if how.show and not how.dry_run:
        builds.serve(build)
    seconds = round(time.monotonic() - started, 3)
    sent = done.total.sent
    counts = StageCounts(taken=sent, kept=sent)
    reporter.finished(StageReport("load", counts, seconds, 1, 0, {"writes": done.writes}))
    return _report(kind, done, seconds)


def _loaded(store: GraphStore, builds: Builds, build: str, reporter: Reporter, how: How) -> LoadReport:
    files = graph_files(builds, build)
    before = None if how.read_back else _before(store, builds)
    if how.show or how.dry_run:
        return load(store, files, build, reporter.advance, dry_run=how.dry_run, before=before)
    store.ensure_schema()
    with only_writer(store) as writer:
        return stage(writer, files, build, reporter.advance, before=before)


def _before(store: GraphStore, builds: Builds) -> Before | None:
    """Return the build that was loaded last, if its files are here."""
    served = current(store)
    if served is None or not served.newest_build:
        return None
    try:
        return Before(served.newest_build, graph_files(builds, served.newest_build))
    except ArtefactError:
        return None


def _report(kind: str, done: LoadReport, seconds: float) -> WriteReport:
    total = done.total
    return WriteReport(
        kind,
        total.created,
        total.updated,
        total.deleted,
        total.unchanged,
        seconds,
        build=done.build,
        kinds={name: asdict(counts) for name, counts in done.counts.items()},
        before=done.switch.before if done.switch else "",
        generation=done.switch.generation if done.switch else 0,
        switch_seconds=done.switch.seconds if done.switch else 0.0,
        removed=done.pruned.deleted,
        kept=done.pruned.kept,
        left=done.pruned.left,
    )


def roll_back(workspace: Workspace, build: str | None = None, *, by_force: bool = False) -> Switch:
    """Show readers an earlier build again, by default the one before; ``by_force``: though a load is under way.

    ``build`` may be the beginning of its name.

    Raises:
        StoreBusy: a load is under way.
        StoreError: the graph does not hold it.
    """
    builds = Builds(workspace.builds)
    with open_store(workspace.store_options()) as store:
        if by_force:
            take_over(store)
        switch = rollback(store, _held(store, build))
    builds.serve(switch.build)
    return switch


def _held(store: GraphStore, name: str | None) -> str | None:
    """Return the only build in the graph whose name begins so, or ``name`` itself."""
    found = {each.build for each in generations(store) if name and each.build.startswith(name)}
    return found.pop() if len(found) == 1 else name


def verify_graph(workspace: Workspace, *, repair: bool = False, quick: bool = False) -> Verified:
    """Compare the graph with the files of the build that readers see; ``repair``: mend it and compare again.

    Raises:
        ArtefactError: the files of that build are not here.
        StoreError: nothing was ever loaded.
    """
    builds = Builds(workspace.builds)
    with open_store(workspace.store_options()) as store:
        served = current(store)
        if served is None or not served.generation:
            raise StoreError(f"{store.info().where} holds no graph yet", remedy="load one: kg publish")
        files = graph_files(builds, served.build)
        found = verify(store, files, quick=quick)
        if repair and not found.ok:
            mend(store, files, found)
            found = verify(store, files, quick=quick)
    return found
