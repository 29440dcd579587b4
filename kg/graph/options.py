"""The settings of the graph room: how many products an edge reaches, which guards hold, when a hub is strong."""

from __future__ import annotations

from pydantic import Field, field_validator

from kg.catalog.vocabulary import PREFERRED
from kg.config import Options
from kg.graph.names import GUARD_NAMES, PROJECTED
from kg.model import Relation

__all__ = ["CheckOptions", "ProjectionOptions"]

_TOP_K = {
    Relation.SATISFIED_BY: 12,
    Relation.COMPLEMENTS: 6,
    Relation.SUBSTITUTES: 6,
    Relation.PAIRS_WITH: 6,
}
# A substitute of the same flavour comes before any other: popularity, brand and all else add up to less than 2.5.
_PREFERENCES = {"diet": 0.25, "flavour": 2.5, "form": 0.5, "scent": 0.25, "size_class": 0.25}


class ProjectionOptions(Options):
    """How type-level edges become edges between products."""

    top_k: dict[Relation, int] = Field(
        default_factory=lambda: dict(_TOP_K),
        description="Products per source and relation; a relation that is left out keeps its default.",
    )
    per_type: int = Field(
        default=3, ge=1, le=100, description="Products of one target type per source and relation: diversity."
    )
    per_group: int = Field(default=2, ge=1, le=100, description="Variants of one group_id per source and target type.")
    guards: tuple[str, ...] = Field(
        default=GUARD_NAMES, description=f"The guards that hold, of: {', '.join(GUARD_NAMES)}."
    )
    in_stock_first: bool = Field(
        default=True, description="Products in stock come before those that are not; none is left out for it."
    )
    brand_bonus: float = Field(
        default=0.1,
        ge=0.0,
        le=1.0,
        description="Added to a product's popularity (0..1 within its type) when the brand is the source's.",
    )
    preferences: dict[str, float] = Field(
        default_factory=lambda: dict(_PREFERENCES),
        description="Added to a substitute's popularity where it shares a preferred value with the source; 0: nothing.",
    )
    fallback_factor: float = Field(
        default=0.8,
        ge=0.0,
        le=1.0,
        description="Confidence is multiplied by this when no product carries a soft qualifier of the mention.",
    )
    size_factor: float = Field(
        default=4.0, ge=1.0, description="A substitute's size may differ by this factor, up or down."
    )
    hard_qualifiers: tuple[str, ...] = Field(
        default=(),
        description="Words that must be honoured or the edge goes, beside diets, audiences and 'unscented'.",
    )
    memory_limit_mb: int = Field(
        default=512, ge=64, description="Memory the out-of-core engine may use, in MB; the rest goes to disk."
    )
    threads: int = Field(default=2, ge=1, le=256, description="Threads of the engine; the bytes do not depend on it.")

    @field_validator("top_k")
    @classmethod
    def _complete(cls, value: dict[Relation, int]) -> dict[Relation, int]:
        for relation, k in value.items():
            if relation not in PROJECTED:
                raise ValueError(f"{relation} is not projected; known here: {', '.join(PROJECTED)}")
            if not 1 <= k <= 1000:
                raise ValueError(f"{relation}: {k} is not between 1 and 1000")
        return _TOP_K | value

    @field_validator("preferences")
    @classmethod
    def _known_preferences(cls, value: dict[str, float]) -> dict[str, float]:
        for name, weight in value.items():
            if name not in PREFERRED:
                raise ValueError(f"no preference is called {name!r}; known: {', '.join(PREFERRED)}")
            if not 0 <= weight <= 100:
                raise ValueError(f"{name}: {weight} is not between 0 and 100")
        return _PREFERENCES | value

    @field_validator("guards")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - set(GUARD_NAMES))
        if unknown:
            raise ValueError(f"unknown guard {unknown[0]!r}; known: {', '.join(GUARD_NAMES)}")
        return tuple(name for name in GUARD_NAMES if name in value)


class CheckOptions(Options):
    """When the shape of the type-level graph deserves a warning."""

    hub_share: float = Field(
        default=0.3,
        gt=0.0,
        le=1.0,
        description="A type that more than this share of a relation's sources point to is a hub.",
    )
    hub_minimum: int = Field(
        default=10, ge=2, description="Fewer sources than this never make a hub, whatever their share."
    )
