"""What a reader hands on: a batch of records as columns, and the rows it could not read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kg.model import Reject

__all__ = ["BATCH_ROWS", "Batch"]

BATCH_ROWS = 8192


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one file, by column.

    ``header`` are the columns' names as received; ``lines`` holds each record's 1-based line (of Parquet: row);
    ``column(name)`` returns one value a record, ``None`` where a record lacks it; ``rejects`` are rows that could
    not be split into columns. ``text`` says that every value is already text;
    ``inexact`` are columns of floating-point numbers, which cannot hold ids.
    """

    file: str
    header: tuple[str, ...]
    lines: Sequence[int]
    column: Callable[[str], Sequence[object]]
    rejects: Sequence[Reject] = ()
    text: bool = False
    inexact: frozenset[str] = frozenset()
