"""What projection tells about itself: counts that add up, and what each guard refused."""

from __future__ import annotations

from dataclasses import dataclass, field

from kg.model import Relation, StageCounts

__all__ = ["GuardDrop", "ProjectionReport"]


@dataclass(frozen=True, slots=True)
class GuardDrop:
    """What one guard refused of one type-level edge.

    ``pairs`` are product pairs; a pair counts at every guard that refuses it. The example is the first pair by
    source id and target id among the refused.
    """

    relation: Relation
    source_id: str
    target_id: str
    guard: str
    pairs: int
    example_source: str
    example_target: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProjectionReport:
    """``counts`` are type-level edges: kept ones reached at least one product. ``rows`` are product edges.

    ``relations`` holds product edges per relation, ``guards`` refused product pairs per guard, ``drops``
    type-level edges without a product edge per rule.
    """

    counts: StageCounts
    rows: int
    relations: dict[str, int] = field(default_factory=dict[str, int])
    guards: dict[str, int] = field(default_factory=dict[str, int])
    drops: dict[str, int] = field(default_factory=dict[str, int])
