"""Settings of extraction: what is asked, about how much, and where answers are kept."""

from __future__ import annotations

from pydantic import Field, field_validator

from extractors.specs import SPECS
from kg.config import Options
from kg.model import Relation

__all__ = ["ExtractionOptions"]


class ExtractionOptions(Options):
    """What the model is asked. Subjects are asked in order of reach, up to the limits."""

    relations: tuple[Relation, ...] = Field(
        default=(Relation.SATISFIED_BY, Relation.COMPLEMENTS, Relation.SUBSTITUTES, Relation.PAIRS_WITH),
        description="relations to distil",
    )
    max_types: int = Field(default=1000, ge=0, description="product types asked about, of greatest reach")
    max_intents: int = Field(default=1000, ge=0, description="intents asked about, most popular first")
    pairing_categories: tuple[str, ...] = Field(
        default=("Groceries",),
        description="categories (or their beginnings) whose types are food or drink, and so have pairings",
    )
    explain_from: float = Field(
        default=0.6, ge=0, le=1, description="plausibility from which typicality and a reason are asked for"
    )
    shard_subjects: int = Field(default=500, ge=1, description="subjects in one resumable piece of work")
    answers: str = Field(default="answers.sqlite", description="the answer cache; keep it, it is paid for")
    recorded_answers: str | None = Field(default=None, description="a JSONL export to start from, if any")

    @field_validator("relations")
    @classmethod
    def _can_be_asked(cls, relations: tuple[Relation, ...]) -> tuple[Relation, ...]:
        if unknown := [relation for relation in relations if relation not in SPECS]:
            raise ValueError(f"{unknown[0].value} cannot be asked of a model; these can: {', '.join(SPECS)}")
        if len(set(relations)) < len(relations):
            raise ValueError("a relation stands there twice")
        return relations
