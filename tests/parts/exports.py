"""Write small builds in one format or another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kg.store.export.registry import FORMATS, Options
from kg.store.export.run import Asked, export
from kg.store.kinds import EDGE_KINDS, NODE_KINDS, Kind
from kg.store.tables import GraphFiles, open_tables
from tests.servers.graph_files import World, write_world

__all__ = ["BUILD", "contents", "graph_rows", "written"]

BUILD = "b0123456789ab"


def written(folder: Path, world: World, name: str, options: Options) -> Path:
    """Return what ``world`` is in the format ``name``, written below ``folder``."""
    files = write_world(folder / "build", world)
    out = folder / f"out{FORMATS[name].ending}"
    export(files, Asked(name, BUILD, out, options, force=True))
    return out


def contents(out: Path) -> dict[str, bytes]:
    """Return the bytes of an export, by the names of its files."""
    paths = sorted(out.rglob("*")) if out.is_dir() else [out]
    return {str(path.relative_to(out)): path.read_bytes() for path in paths if path.is_file()}


def graph_rows(files: GraphFiles) -> Iterator[tuple[Kind, Mapping[str, Any]]]:
    """Yield what the loader writes, row by row: the oracle for what a file of properties should hold."""
    with open_tables(files) as engine:
        for kind in (*NODE_KINDS, *EDGE_KINDS):
            cursor = engine.cursor()
            cursor.execute(f"SELECT * FROM ({kind.select}) ORDER BY {', '.join(kind.keys)}")
            names = [column[0] for column in cursor.description or ()]
            for values in cursor.fetchall():
                yield kind, kind.row(dict(zip(names, values, strict=True)))
