"""What a run did, as data: for people (the command line prints it), for machines, and for ``kg status``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from extractors.llm.asker import AskerStats
from kg.model import StageCounts

__all__ = ["BuildReport", "Quiet", "Reporter", "StageReport", "WriteReport"]


@dataclass(frozen=True, slots=True)
class StageReport:
    """One stage of a run. ``reused`` of its ``shards`` were there already."""

    name: str
    counts: StageCounts
    seconds: float
    shards: int
    reused: int
    details: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What the load changed in the graph, from the store's own counts."""

    store: str
    created: int
    updated: int
    deleted: int
    unchanged: int
    seconds: float

    @property
    def writes(self) -> int:
        """Changes in all."""
        return self.created + self.updated + self.deleted


@dataclass(frozen=True, slots=True)
class BuildReport:
    """One run. ``build`` is empty when it stopped before the last stage; ``gates`` lists what was missed."""

    build: str
    stages: tuple[StageReport, ...]
    answers: AskerStats
    load: WriteReport | None = None
    gates: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Wall time of the stages and the load."""
        return sum(stage.seconds for stage in self.stages) + (self.load.seconds if self.load else 0.0)


class Reporter(Protocol):
    """Is told what happens while it happens; the core draws nothing itself."""

    def started(self, name: str, total: int) -> None:
        """A stage begins; ``total`` is in the units of :meth:`advance`, 0 when it is not known."""
        ...

    def advance(self, count: int) -> None:
        """Some work of the current stage is done."""
        ...

    def finished(self, report: StageReport) -> None:
        """The current stage is done."""
        ...


class Quiet:
    """A reporter that says nothing."""

    def started(self, name: str, total: int) -> None:
        """See :class:`Reporter`."""

    def advance(self, count: int) -> None:
        """See :class:`Reporter`."""

    def finished(self, report: StageReport) -> None:
        """See :class:`Reporter`."""
