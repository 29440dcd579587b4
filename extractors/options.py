"""Settings of extraction: what is asked, about how much, and where answers are kept."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, field_validator, model_validator

from extractors.data import as_data
from extractors.specs import SPECS
from kg.config import Options
from kg.model import Relation

__all__ = ["ContextOptions", "ExtractionOptions"]

_MAX_VALUE = 40
_SEASONS = {
    "spring": "when it gets warm",
    "summer": "the hot months",
    "autumn": "when it gets cold",
    "winter": "the cold months",
}
_EVENTS = {
    "new year": "New Year's Eve and Day",
    "lunar new year": "the new year of the lunar calendar",
    "valentines day": "the day of lovers",
    "ramadan": "the month of fasting, and Eid",
    "easter": "Easter",
    "halloween": "Halloween",
    "diwali": "the festival of lights",
    "thanksgiving": "Thanksgiving",
    "hanukkah": "Hanukkah",
    "christmas": "Christmas and Advent",
    "back to school": "the start of term",
    "birthday": "a birthday party",
    "wedding": "getting married",
    "baby shower": "before a child is born",
    "picnic": "eating outdoors",
    "barbecue": "grilling with guests",
    "travel": "being away from home",
}
_PERSONAS = {
    "families": "people with children at home",
    "new parents": "people with a baby",
    "students": "people at school or university",
    "seniors": "older people",
    "athletes": "people who do sports",
    "office workers": "people who work at a desk",
    "pet owners": "people with an animal",
    "gardeners": "people with plants to care for",
    "home cooks": "people who like to cook",
}


def _askable(relations: tuple[Relation, ...]) -> tuple[Relation, ...]:
    if unknown := [relation for relation in relations if relation not in SPECS]:
        raise ValueError(f"{unknown[0].value} cannot be asked of a model; these can: {', '.join(SPECS)}")
    if len(set(relations)) < len(relations):
        raise ValueError("a relation stands there twice")
    return relations


class ContextOptions(Options):
    """When and for whom edges hold: a closed list of values, each with what it means."""

    relations: tuple[Relation, ...] = Field(
        default=(), description="relations whose edges are asked about, one question an edge; none: off"
    )
    seasons: dict[str, str] = Field(default=_SEASONS, description="seasons; all of them together mean always")
    events: dict[str, str] = Field(default=_EVENTS, description="feasts and occasions")
    personas: dict[str, str] = Field(default=_PERSONAS, description="kinds of people")
    most: int = Field(
        default=3, ge=1, description="values an edge may have; whoever names more says that it always holds"
    )
    sure_from: float = Field(default=0.7, ge=0, le=1, description="probability of yes from which a value is kept")

    def kinds(self) -> tuple[Mapping[str, str], ...]:
        """Return the values by kind, each with its meaning."""
        return self.seasons, self.events, self.personas

    def values(self) -> dict[str, str]:
        """Return all values with their meanings; empty: off."""
        return {value: meaning for kind in self.kinds() for value, meaning in kind.items()} if self.relations else {}

    @field_validator("relations")
    @classmethod
    def _can_be_asked(cls, relations: tuple[Relation, ...]) -> tuple[Relation, ...]:
        return _askable(relations)

    @field_validator("seasons", "events", "personas")
    @classmethod
    def _are_plain(cls, values: dict[str, str]) -> dict[str, str]:
        for value in values:
            if not value or len(value) > _MAX_VALUE or as_data(value) != value:
                raise ValueError(
                    f"{value!r} cannot be a value: it must be a plain name of 1 to {_MAX_VALUE} characters"
                )
        return values

    @model_validator(mode="after")
    def _are_one_list(self) -> ContextOptions:
        seen: set[str] = set()
        for kind in self.kinds():
            if twice := sorted(seen & kind.keys()):
                raise ValueError(f"{twice[0]!r} stands in two of seasons, events and personas")
            seen |= kind.keys()
        return self


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
    samples: int = Field(
        default=1, ge=1, le=20, description="times a subject is asked about; what the askings agree on is evidence"
    )
    samples_needed: int | None = Field(
        default=None, ge=1, le=20, description="askings that must name a thing; unset: more than half of them"
    )
    sample_temperature: float = Field(default=0.7, ge=0, le=2, description="temperature of the askings after the first")
    share_above: float | None = Field(
        default=None, gt=0, le=1, description="likeness from which two names share one question; unset: equal ones only"
    )
    concepts_per_prompt: int = Field(default=1, ge=1, le=20, description="subjects that share a prompt")
    shards_at_once: int = Field(
        default=4,
        ge=1,
        le=64,
        description="pieces of work under way at once (the embedded model: one), so that none waits for another's last",
    )
    themes: bool = Field(
        default=False, description="arrange each intent's product types under headings, one question an intent"
    )
    themes_from: int = Field(default=4, ge=2, description="product types from which an intent gets headings")
    shard_subjects: int = Field(default=500, ge=1, description="subjects in one resumable piece of work")
    answers: str = Field(default="answers.sqlite", description="the answer cache; keep it, it is paid for")
    recorded_answers: str | None = Field(default=None, description="a JSONL export to start from, if any")
    contexts: ContextOptions = ContextOptions()

    def agreed_from(self) -> int:
        """Return how many askings must name a thing for it to be kept."""
        return min(self.samples, self.samples_needed or self.samples // 2 + 1)

    @field_validator("relations")
    @classmethod
    def _can_be_asked(cls, relations: tuple[Relation, ...]) -> tuple[Relation, ...]:
        return _askable(relations)
