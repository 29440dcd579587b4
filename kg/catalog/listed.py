"""Read a small table whose columns we name (intents, co-purchases, queries): the one loop that they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from kg.catalog.readers import Source, read_batches
from kg.catalog.rejects import RejectLog
from kg.catalog.tables import Batch
from kg.errors import InputError
from kg.model import Reject
from kg.text import normalise

__all__ = ["plain_name", "read_listed"]


def read_listed(
    file: Path, required: Sequence[str], remedy: str, log: RejectLog, use: Callable[[Batch], Iterable[Reject]]
) -> int:
    """Give every batch of ``file`` to ``use``, which returns the rows it refuses; return how many rows there were.

    Refused and unreadable rows go to ``log``; ``required`` columns (as :func:`plain_name` has them) must be there, and
    ``remedy`` says what to do when one is not.

    Raises:
        InputError: the file cannot be read, or lacks a column.
    """
    taken = 0
    with closing(read_batches(Source(file))) as batches:
        for batch in batches:
            if not taken:
                _require(str(file), batch.header, required, remedy)
            taken += len(batch.lines) + len(batch.rejects)
            log.add(batch.rejects)
            log.add(use(batch))
    return taken


def plain_name(column: str) -> str:
    """Return a column's name as we compare it: ``A Count`` -> ``a_count``."""
    return normalise(column).replace(" ", "_")


def _require(file: str, header: Sequence[str], required: Sequence[str], remedy: str) -> None:
    names = {plain_name(name) for name in header}
    for field in required:
        if field not in names:
            reason = f"no column {field!r}; the file has: {', '.join(header)}"
            raise InputError(reason, file=file, line=1, remedy=remedy)
