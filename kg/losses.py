"""What does not go on, and the law that nothing is lost: rejects, drops, failures, and the counts of a stage."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Drop", "Failure", "Reject", "StageCounts"]


@dataclass(frozen=True, slots=True)
class Reject:
    """An input row that was refused. ``line`` is 1-based in the (decompressed) file."""

    file: str
    line: int
    field: str
    value: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Work that could not be done: a dead letter, kept and counted, never an empty result."""

    stage: str
    item: str
    reason: str
    detail: str = ""
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """An item a stage threw out, with the rule that did it."""

    stage: str
    item: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class StageCounts:
    """The law of every stage: ``taken = kept + review + dropped + failed``."""

    taken: int = 0
    kept: int = 0
    review: int = 0
    dropped: int = 0
    failed: int = 0

    @property
    def balanced(self) -> bool:
        """Whether nothing was lost."""
        return self.taken == self.kept + self.review + self.dropped + self.failed

    def __add__(self, other: StageCounts) -> StageCounts:
        return StageCounts(
            self.taken + other.taken,
            self.kept + other.kept,
            self.review + other.review,
            self.dropped + other.dropped,
            self.failed + other.failed,
        )
