"""Rejects: rows that were refused, kept with where they stand and what to do, and the limit on their share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from kg.catalog.report import InputReport, commonest
from kg.errors import InputError
from kg.model import Reject, StageCounts
from kg.records import fsync_folder, to_json

__all__ = ["SHOWN", "RejectLog", "shown"]

SHOWN = 200  # characters of a refused value that are kept


def shown(value: object) -> str:
    """Return ``value`` as text that can be written as UTF-8 and is not longer than ``SHOWN`` characters."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return text[:SHOWN].encode("utf-8", "backslashreplace").decode("utf-8")


class RejectLog:
    """Writes rejects as they come, so that memory stays flat when every row is wrong.

    A context manager; the file appears under its name when the block ends, also when it ends in an error
    about the input itself.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reasons: Counter[str] = Counter()
        self.remedies: dict[str, str] = {}
        self._temporary = path.with_name(f".{path.name}.tmp")
        self._handle: BinaryIO | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = self._temporary.open("wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None
        if kind is None or issubclass(kind, InputError):
            self._temporary.replace(self.path)
            fsync_folder(self.path.parent)
        else:
            self._temporary.unlink(missing_ok=True)

    @property
    def count(self) -> int:
        """How many rows were refused so far."""
        return self.reasons.total()

    def add(self, rejects: Iterable[Reject]) -> None:
        """Write ``rejects`` and count their reasons."""
        if self._handle is None:
            return
        for reject in rejects:
            self._handle.write(to_json(reject) + b"\n")
            self.reasons[reject.reason] += 1
            self.remedies.setdefault(reject.reason, reject.remedy)

    def report(self, taken: int) -> InputReport:
        """Return the counts after ``taken`` rows."""
        counts = StageCounts(taken=taken, kept=taken - self.count, dropped=self.count)
        return InputReport(counts, commonest(self.reasons))

    def check_share(self, taken: int, limit: float, file: str) -> None:
        """Stop when too many rows were refused.

        Raises:
            InputError: more than ``limit`` (0..1) of the ``taken`` rows were refused; says where the rejects
                are and names the commonest reasons.
        """
        if self.count <= limit * taken:
            return
        top = commonest(self.reasons)[:3]
        why = "; ".join(f"{count} x {reason} ({self.remedies[reason]})" for reason, count in top)
        raise InputError(
            f"{self.count} of {taken} rows were refused ({self.count / taken:.1%}), "
            f"more than max_reject_share {limit:.1%} allows: {why}",
            file=file,
            remedy=f"every refused row is in {self.path}",
        )
