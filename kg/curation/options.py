"""The settings of curation: thresholds per relation, text limits, policy lists, how scores are combined."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, cast

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from kg.config import Options
from kg.curation import wordlists
from kg.model import Relation, VerdictKind

__all__ = [
    "CalibrationOptions",
    "ClaimPattern",
    "CurationOptions",
    "ExplanationOptions",
    "Misfit",
    "Platt",
    "PolicyOptions",
    "RuleAction",
    "RuleName",
    "ScoringOptions",
    "Threshold",
    "Thresholds",
    "VariantOptions",
]


def _off_of_yaml(value: object) -> object:
    """Read YAML's bare ``off``, which arrives as false; its ``on`` names no action."""
    if value is True:
        raise ValueError("no action (YAML reads a bare on or yes as true); write drop, review or off")
    return "off" if value is False else value


RuleAction = Annotated[Literal["drop", "review", "off"], BeforeValidator(_off_of_yaml)]
RuleName = Literal[
    "variant", "weak_link", "lookalike", "same_head", "other_department",
    "model_talk", "short_explanation", "long_explanation", "generic_explanation", "repetitive", "copied",
    "prompt_leak", "contradiction", "elsewhere",
    "blocked", "unsafe_claim", "misfit",
    "plausibility", "typicality", "confidence",
]  # fmt: skip
"""The rules whose verdict a shop may change; the others keep promises of the graph."""


class Threshold(Options):
    """One score: kept at ``keep`` or above, dropped below ``drop``, a person looks between."""

    keep: float = Field(default=0.5, ge=0, le=1, description="keep at this value or above")
    drop: float = Field(default=0.2, ge=0, le=1, description="drop below this value; review between")

    @model_validator(mode="after")
    def _ordered(self) -> Threshold:
        if self.drop > self.keep:
            raise ValueError(f"drop ({self.drop}) must not be above keep ({self.keep}); give both")
        return self


class Thresholds(Options):
    """The thresholds of one relation. Where only ``keep`` or ``drop`` is given, the other is this score's default."""

    plausibility: Threshold = Field(default=Threshold(keep=0.5, drop=0.2), description="is the claim true at all")
    typicality: Threshold = Field(default=Threshold(keep=0.35, drop=0.1), description="would most shoppers agree")
    confidence: Threshold = Field(
        default=Threshold(keep=0.45, drop=0.15), description="all evidence together, the link included"
    )
    link: Threshold = Field(
        default=Threshold(keep=0.6, drop=0.35), description="does the mention mean this product type"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _completed(cls, value: object, info: ValidationInfo) -> object:
        default = cls.model_fields[str(info.field_name)].get_default()
        if value is None:
            return default
        given = value.model_dump(exclude_unset=True) if isinstance(value, Threshold) else value
        if not isinstance(given, Mapping):
            return given
        return default.model_dump() | cast("Mapping[str, object]", given)


class ExplanationOptions(Options):
    """What a sentence for shoppers may look like."""

    min_words: int = Field(default=4, ge=1, description="shorter explanations go to review")
    max_words: int = Field(default=45, ge=1, description="longer explanations go to review")
    max_characters: int = Field(default=300, ge=20, description="longer explanations go to review")
    copies: int = Field(default=2, ge=2, description="one subject: as many targets with the same reason are copies")
    copies_across: int = Field(
        default=6, ge=2, description="whole build: as many targets with the same reason are copies"
    )


class VariantOptions(Options):
    """Words that tell variants of one thing apart, not things."""

    sizes: tuple[str, ...] = Field(default=(*wordlists.SIZES, *wordlists.PACKS), description="size and pack words")
    looks: tuple[str, ...] = Field(
        default=(*wordlists.COLOURS, *wordlists.FLAVOURS), description="colour and flavour words"
    )
    kind_heads: tuple[str, ...] = Field(
        default=tuple(wordlists.KIND_HEADS),
        description="with these last words a colour or flavour is another kind (red wine), never a variant",
    )


class ClaimPattern(Options):
    """A regular expression over explanation and mention that a claim must not match."""

    name: str = Field(default="", description="what is wrong, for the reason")
    pattern: str = Field(default="(?!)", description="regular expression, without case")
    verdict: VerdictKind = Field(default=VerdictKind.REVIEW, description="DROP or REVIEW")

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value


class Misfit(Options):
    """A subject that must not lead to a target without a person's consent (insomnia -> coffee)."""

    name: str = Field(default="", description="what is wrong, for the reason")
    subject: tuple[str, ...] = Field(default=(), description="words or phrases of the subject's name")
    target: tuple[str, ...] = Field(default=(), description="words or phrases of the mention or target")
    unless: tuple[str, ...] = Field(
        default=(), description="words or phrases of the mention or target that make it harmless"
    )
    except_subject: tuple[str, ...] = Field(
        default=(), description="words or phrases of the subject that make it harmless"
    )


class PolicyOptions(Options):
    """What the shop does not want to say or sell this way."""

    blocked_words: tuple[str, ...] = Field(default=(), description="words that no mention or explanation may contain")
    blocked_types: tuple[str, ...] = Field(
        default=(), description="product types (id or name) that never enter the graph"
    )
    unsafe: tuple[ClaimPattern, ...] = Field(
        default=tuple(
            ClaimPattern(name=name, pattern=pattern, verdict=VerdictKind(verdict))
            for name, pattern, verdict in wordlists.UNSAFE
        ),
        description="medical, dosage, safety and proof claims",
    )
    model_talk: tuple[str, ...] = Field(
        default=wordlists.MODEL_TALK, description="regular expressions of a model speaking about itself"
    )
    misfits: tuple[Misfit, ...] = Field(
        default=tuple(
            Misfit(name=name, subject=subject, target=target, unless=unless, except_subject=except_subject)
            for name, subject, target, unless, except_subject in wordlists.MISFITS
        ),
        description="pairs of subject and target words that need a person's consent",
    )
    opposites: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = Field(
        default=tuple((tuple(left), tuple(right)) for left, right in wordlists.OPPOSITES),
        description="two sets of words that one reason should not promise at once",
    )
    negations: tuple[str, ...] = Field(
        default=tuple(wordlists.NEGATIONS),
        description="words with which opposites may stand in one true reason",
    )
    filler: tuple[str, ...] = Field(
        default=tuple(wordlists.FILLER), description="words that say nothing about a product"
    )

    @field_validator("model_talk")
    @classmethod
    def _compile(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            ClaimPattern(pattern=pattern)
        return value


class Platt(Options):
    """A calibrator ``sigmoid(slope * logit(p) + intercept)`` (J. Platt 1999); the default changes nothing."""

    slope: float = Field(default=1.0, gt=0, description="below 1 softens overconfident answers")
    intercept: float = Field(default=0.0, description="above 0 raises every probability")


class CalibrationOptions(Options):
    """The calibrators of one relation's two scores."""

    plausibility: Platt = Field(default=Platt(), description="of the model's yes on 'is it true'")
    typicality: Platt = Field(default=Platt(), description="of the model's yes on 'is it typical'")


class ScoringOptions(Options):
    """How evidence becomes ``confidence``; the formula stands in :mod:`kg.curation.critic`."""

    neutral: float = Field(default=0.5, gt=0, lt=1, description="stands for a score that was not asked")
    plausibility_weight: float = Field(
        default=0.6, ge=0, le=1, description="share of plausibility; the rest is typicality's"
    )
    agreement_weight: float = Field(default=0.5, ge=0, description="weight of the samples' agreement, in log-odds")
    engagement_pairs: float = Field(default=10.0, gt=0, description="pairs at which a lift counts by half")
    engagement_cap: float = Field(default=1.5, ge=0, description="most log-odds that engagement may add")
    engagement_weights: dict[Relation, float] = Field(
        default={Relation.COMPLEMENTS: 1.0, Relation.PAIRS_WITH: 1.0, Relation.SUBSTITUTES: -0.25},
        description="how far buying together speaks for a relation; negative: against it",
    )
    calibration: dict[Relation, CalibrationOptions] = Field(default={}, description="fitted calibrators per relation")


class CurationOptions(Options):
    """Everything curation can be told."""

    thresholds: dict[Relation, Thresholds] = Field(
        default={}, description="thresholds per relation; what is not given has the defaults"
    )
    max_per_subject: int = Field(
        default=12, ge=1, description="most kept edges per subject and relation; the rest goes to review"
    )
    explanation: ExplanationOptions = Field(default=ExplanationOptions(), description="length and copying limits")
    variants: VariantOptions = Field(default=VariantOptions(), description="words that make a mere variant")
    policy: PolicyOptions = Field(default=PolicyOptions(), description="unsafe and unwanted claims")
    scoring: ScoringOptions = Field(default=ScoringOptions(), description="how scores are combined")
    rules: dict[RuleName, RuleAction] = Field(
        default={}, description="a rule's name -> drop, review or off, against its own choice"
    )
    decisions: str | None = Field(
        default=None, description="the file of human decisions (CSV), relative to the configuration"
    )

    def of(self, relation: Relation) -> Thresholds:
        """Return the thresholds of ``relation``."""
        return self.thresholds.get(relation, Thresholds())
