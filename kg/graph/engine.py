"""DuckDB as the out-of-core engine of projection: little memory, spilling beside the output, removed at the end.

Chosen over Polars by measurement (``python -m bench.engines``): at a million products it keeps to a limit that can be
set, where Polars, up to a third faster, takes three to four times the memory and has no limit to set.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from kg.errors import ArtefactError

__all__ = ["Columns", "literal", "need", "opened", "put"]

Columns = Mapping[str, tuple[str, Sequence[Any]]]  # name -> (SQL type, one value a row)
_PIECE = 2000


@contextmanager
def opened(out: Path, memory_limit_mb: int, threads: int) -> Generator[duckdb.DuckDBPyConnection]:
    """Yield a connection that may use ``memory_limit_mb`` and spills into a temporary folder inside ``out``.

    Raises:
        ArtefactError: the work does not fit the memory limit, or an input is no Parquet file of ours.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".work-", dir=out) as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": threads,
            "memory_limit": f"{memory_limit_mb}MB",
            "temp_directory": str(Path(folder) / "spill"),
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": False,
        }
        try:
            with duckdb.connect(config=config) as engine:
                yield engine
        except duckdb.OutOfMemoryException as error:
            raise ArtefactError(
                f"projection does not fit {memory_limit_mb} MB", remedy="raise memory_limit_mb or lower threads"
            ) from error
        except (duckdb.IOException, duckdb.BinderException, duckdb.InvalidInputException) as error:
            raise ArtefactError(
                f"cannot read the products or edges: {error}", remedy="run the stages that make them again: kg build"
            ) from error


def need(path: Path) -> Path:
    """Return ``path``.

    Raises:
        ArtefactError: there is no such file.
    """
    if not path.is_file():
        raise ArtefactError(f"{path} is missing", remedy="run the stage that makes it: kg build")
    return path


def put(engine: duckdb.DuckDBPyConnection, table: str, columns: Columns) -> None:
    """Create ``table`` (a name of ours) of ``columns``; every value goes in as a parameter."""
    fields = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
    engine.execute(f"CREATE OR REPLACE TABLE {table} ({fields})")
    insert = f"INSERT INTO {table} SELECT " + ", ".join(f"unnest(CAST(? AS {kind}[]))" for kind, _ in columns.values())
    rows = max((len(values) for _, values in columns.values()), default=0)
    for start in range(0, rows, _PIECE):
        engine.execute(insert, [list(values[start : start + _PIECE]) for _, values in columns.values()])


def literal(path: Path) -> str:
    """Return ``path`` as an SQL string literal, for COPY, which takes no parameters. The paths are our own."""
    return "'" + str(path).replace("'", "''") + "'"
