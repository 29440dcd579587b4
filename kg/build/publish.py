"""Load a finished build into the graph, and note which build is served."""

from __future__ import annotations

import time

from kg.build.builds import Builds
from kg.build.report import Reporter, StageReport, WriteReport
from kg.build.settings import Workspace
from kg.model import StageCounts
from kg.store.loader import GraphFiles, load
from kg.store.stores import open_store

__all__ = ["graph_files", "load_build"]


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


def load_build(workspace: Workspace, build: str, reporter: Reporter, *, dry_run: bool = False) -> WriteReport:
    """Make the graph hold exactly ``build``, writing only what differs; a dry run only counts.

    Raises:
        StoreError: the database refuses or cannot be reached; the next run finishes the work.
    """
    builds = Builds(workspace.builds)
    started = time.monotonic()
    reporter.started("load", 0)
    with open_store(workspace.store_options()) as store:
        done = load(store, graph_files(builds, build), build, progress=reporter.advance, dry_run=dry_run)
        kind = store.kind
    if not dry_run:
        builds.serve(build)
    total = done.total
    seconds = round(time.monotonic() - started, 3)
    counts = StageCounts(taken=total.sent, kept=total.sent)
    reporter.finished(StageReport("load", counts, seconds, 1, 0, {"writes": done.writes}))
    return WriteReport(kind, total.created, total.updated, total.deleted, total.unchanged, seconds)
