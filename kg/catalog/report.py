"""What a reader says about its work: counts that add up, and why rows were refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from kg.model import StageCounts

__all__ = ["CatalogReport", "EngagementReport", "InputReport", "commonest"]


@dataclass(frozen=True, slots=True)
class InputReport:
    """``counts.dropped`` are the rejects; ``reasons`` pairs each reason with its count, commonest first."""

    counts: StageCounts
    reasons: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogReport(InputReport):
    """The catalogue's report: product types, distinct category paths, products that no type fits."""

    types: int = 0
    categories: int = 0
    other: int = 0


@dataclass(frozen=True, slots=True)
class EngagementReport(InputReport):
    """The engagement's report: pairs of product types that were bought together often enough."""

    type_pairs: int = 0


def commonest(reasons: Counter[str]) -> tuple[tuple[str, int], ...]:
    """Return the reasons by falling count, ties by name."""
    return tuple(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
