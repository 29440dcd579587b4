"""Parquet: a folder of tables, one a kind of node or relationship, flat and typed, compressed with zstd."""

from __future__ import annotations

from dataclasses import dataclass

from kg.records import to_json
from kg.store.export.columns import MEANING
from kg.store.export.output import Output
from kg.store.export.source import Source, Steps, Table
from kg.store.export.texts import quoted
from kg.store.kinds import EDGE_KINDS, NODE_KINDS

__all__ = ["NAME", "ParquetOptions", "write"]

NAME = "parquet"
COLUMNS = "columns.json"
"""What the columns mean, by file."""

_ENDS = {"s": "source_id", "t": "target_id"}
# A column has one type, whichever table it is in.
_WIDER = {"INTEGER": "BIGINT"}
_GROUP = 122_880


@dataclass(frozen=True, slots=True)
class ParquetOptions:
    """There is nothing to choose."""


def write(source: Source, output: Output, options: ParquetOptions, steps: Steps) -> str:
    """Write a build as a folder of Parquet files, those of kinds without rows as well."""
    del options
    kinds = (*NODE_KINDS, *EDGE_KINDS)
    said: dict[str, dict[str, dict[str, str]]] = {}
    for kind in kinds:
        table = source.graph_table(kind, steps)
        name = f"{kind.stem}.parquet"
        relation = source.engine.sql(_text(table))
        relation.write_parquet(str(output.path(name)), compression="zstd", row_group_size=_GROUP)
        output.add(name, table.rows)
        steps("writing", table.rows, source.total(kinds))
        said[name] = {
            _ENDS.get(column, column): {"type": _WIDER.get(kept, kept), "meaning": MEANING[_ENDS.get(column, column)]}
            for column, kept in table.columns.items()
        }
    with output.file(COLUMNS) as sink:
        sink.text(to_json(said).decode() + "\n")
    return ""


def _text(table: Table) -> str:
    parts = (
        f"CAST({quoted(name)} AS {_WIDER.get(kept, kept)}) AS {quoted(_ENDS.get(name, name))}"
        for name, kept in table.columns.items()
    )
    return f"SELECT {', '.join(parts)} FROM ({table.select}) ORDER BY {', '.join(table.kind.keys)}"
