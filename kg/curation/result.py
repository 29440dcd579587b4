"""What curation hands on."""

from __future__ import annotations

from dataclasses import dataclass, field

from kg.model import Edge, Failure, Relation, StageCounts, Verdict, VerdictKind

__all__ = ["CurationResult", "DecisionCounts", "ReviewItem"]


@dataclass(frozen=True, slots=True)
class DecisionCounts:
    """What became of the lines of the decisions file; ``created`` are those of ``applied`` that made a claim."""

    read: int = 0
    applied: int = 0
    superseded: int = 0
    unmatched: int = 0
    unknown: int = 0
    created: int = 0

    @property
    def balanced(self) -> bool:
        """Whether every decision is accounted for."""
        return self.read == self.applied + self.superseded + self.unmatched + self.unknown


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A claim that waits for a person.

    ``subject`` and ``target`` are names, or ids where a name is ambiguous.
    ``reach`` is the mean of the subject's and the target's reach, ``priority`` the uncertainty times it;
    both 0..1.
    """

    statement_id: str
    relation: Relation
    subject: str
    target: str
    explanation: str
    mention: str
    verdict: VerdictKind
    rule: str
    reason: str
    plausibility: float
    typicality: float
    confidence: float
    reach: float
    priority: float


@dataclass(frozen=True, slots=True)
class CurationResult:
    """The verdicts, by statement id; the kept edges, by relation, source, rank and target; and the rest.

    A statement has exactly one verdict or one failure. ``counts.taken`` is the statements and the claims that
    people made; ``counts.failed == len(failures)``. ``warnings`` are decisions that could not be carried
    out, that clash, or that met nothing: to be reported, they stop nothing.
    """

    verdicts: tuple[Verdict, ...] = ()
    edges: tuple[Edge, ...] = ()
    failures: tuple[Failure, ...] = ()
    counts: StageCounts = field(default_factory=StageCounts)
    warnings: tuple[Failure, ...] = ()
    decisions: DecisionCounts = DecisionCounts()
    review: tuple[ReviewItem, ...] = ()
