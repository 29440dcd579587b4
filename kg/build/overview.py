"""The builds there are: in the folder, in the graph, and which one readers see."""

from __future__ import annotations

from dataclasses import dataclass

from kg.build.builds import Builds
from kg.build.manifest import read_manifest
from kg.build.settings import Workspace
from kg.errors import StoreError
from kg.store.publisher import Generation, Served, current, generations
from kg.store.stores import open_store

__all__ = ["BuildLine", "Overview", "overview"]


@dataclass(frozen=True, slots=True)
class BuildLine:
    """One build.

    Attributes:
        name: its name, a hash of its content.
        finished_at: when it was finished, epoch milliseconds; ``None``: its files are not here.
        published_at: when readers first saw it in the graph as it is; ``None``: the graph does not hold it.
        products, edges: how many products, and edges between them and from intents, it has; ``None``: not known.
        served: readers see it.
        latest: it was finished last.
        staged: it is being loaded, or its load was cut off.
    """

    name: str
    finished_at: int | None
    published_at: int | None
    products: int | None
    edges: int | None
    served: bool
    latest: bool
    staged: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """All builds, newest first; ``trouble`` says why nothing is known of the graph, if so."""

    builds: tuple[BuildLine, ...]
    trouble: str = ""


def overview(workspace: Workspace, *, graph_is_made: bool) -> Overview:
    """Return what builds there are. A graph that cannot be reached is no error: its half is missing then."""
    builds = Builds(workspace.builds)
    held: tuple[Generation, ...] = ()
    served: Served | None = None
    trouble = ""
    if graph_is_made:
        try:
            with open_store(workspace.store_options()) as store:
                served, held = current(store), generations(store)
        except StoreError as error:
            trouble = str(error)
    published = {each.build: each for each in reversed(held)}
    here = builds.names()
    names = [*(each.build for each in held if each.build not in here), *here]
    lines = tuple(_line(builds, name, name in here, published.get(name), served) for name in dict.fromkeys(names))
    return Overview(lines, trouble)


def _line(builds: Builds, name: str, here: bool, held: Generation | None, served: Served | None) -> BuildLine:
    counts = _counts(builds, name) if here else (None, None)
    if held and not here:
        edges = sum(count for kind, count in held.counts.items() if kind.endswith("->Product"))
        counts = held.counts.get("Product"), edges
    return BuildLine(
        name,
        finished_at=_finished_at(builds, name) if here else None,
        published_at=held.published_at if held else None,
        products=counts[0],
        edges=counts[1],
        served=name == (served.build if served else builds.current()),
        latest=name == builds.latest(),
        staged=served is not None and name == served.staging,
    )


def _finished_at(builds: Builds, name: str) -> int:
    return int((builds.folder / name / "project" / "manifest.json").stat().st_mtime * 1000)


def _counts(builds: Builds, name: str) -> tuple[int | None, int | None]:
    catalog, project = (read_manifest(builds.folder / name / stage) for stage in ("catalog", "project"))
    products = catalog.details.get("products", {}).get("kept") if catalog else None
    return products, project.details.get("product_edges") if project else None
