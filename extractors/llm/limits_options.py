"""Settings of what a run may cost and how fast it may go: limits, budget, prices."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field, field_validator

from kg.config import Options

__all__ = ["BudgetOptions", "LimitOptions", "Price", "PriceOptions"]


class LimitOptions(Options):
    """How fast an endpoint may be asked, and how long to wait when it says no."""

    requests_per_minute: int | None = Field(
        default=None, ge=1, description="most requests a minute; unset: what the endpoint's headers and refusals teach"
    )
    tokens_per_minute: int | None = Field(
        default=None, ge=1, description="most tokens a minute, prompts and replies; unset: as above"
    )
    pause_s: float = Field(
        default=0.5, gt=0, le=60, description="longest pause before the second try, in seconds; doubles with every try"
    )
    max_pause_s: float = Field(default=60.0, gt=0, description="longest pause that doubling leads to, in seconds")
    deadline_s: float = Field(
        default=900.0, gt=0, description="seconds after a question was first sent in which it may be tried again"
    )


class BudgetOptions(Options):
    """What one run may spend; the run stops before it would spend more, and can be resumed."""

    money: Decimal | None = Field(
        default=None, ge=0, allow_inf_nan=False, description="most money, in the currency of the price table"
    )
    tokens: int | None = Field(default=None, ge=0, description="most tokens, prompts and replies")
    calls: int | None = Field(default=None, ge=0, description="most requests that are answered or may be billed")


class Price(Options):
    """What a model costs, in money per million tokens."""

    prompt: Decimal = Field(ge=0, allow_inf_nan=False, description="a million prompt tokens")
    completion: Decimal = Field(ge=0, allow_inf_nan=False, description="a million tokens of replies")
    cached_prompt: Decimal | None = Field(
        default=None,
        ge=0,
        allow_inf_nan=False,
        description="a million prompt tokens that the provider had in its own cache; unset: as 'prompt'",
    )
    batch_factor: Decimal = Field(
        default=Decimal("0.5"), ge=0, le=1, allow_inf_nan=False, description="what the Batch API costs of all that"
    )


class PriceOptions(Options):
    """The price table. A model that is not in it has an unknown cost; the embedded model costs nothing."""

    currency: str = Field(default="USD", min_length=1, max_length=12, description="name of the money, for reports")
    models: dict[str, Price] = Field(
        default={},
        description="model name -> prices; a name may end with * to stand for all that begin so, the longest counts",
    )

    @field_validator("models")
    @classmethod
    def _names_can_match(cls, models: dict[str, Price]) -> dict[str, Price]:
        for name in models:
            if not name.strip() or "*" in name[:-1]:
                raise ValueError(f"{name!r}: a model's name, or its beginning and one * at the end")
        return models
