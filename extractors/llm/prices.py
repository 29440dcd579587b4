"""What tokens cost. Money is :class:`decimal.Decimal`: prices are decimal fractions, and so are invoices.

A cost is a whole number of tokens times a price, shifted by six places. Nothing is rounded until it has 28 digits, so
the sum over ten million calls is what the provider adds up, to the cent, in whatever order the answers came; binary
floats would do for a total, but not for comparing a reservation with what is left of a budget.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from extractors.llm.limits_options import Price, PriceOptions
from extractors.llm.replies import Usage

__all__ = ["Prices"]

_MILLION = -6
_FREE = Price(prompt=Decimal(0), completion=Decimal(0))


class Prices:
    """The price table. ``free`` names models that run on this machine."""

    def __init__(self, options: PriceOptions, free: Iterable[str] = ()) -> None:
        self.currency = options.currency
        self._exact = {name: price for name, price in options.models.items() if not name.endswith("*")}
        beginnings = [(name[:-1], price) for name, price in options.models.items() if name.endswith("*")]
        self._beginnings = sorted(beginnings, key=lambda pair: (-len(pair[0]), pair[0]))
        self._exact = dict.fromkeys(free, _FREE) | self._exact

    def price(self, model: str) -> Price | None:
        """Return the price of ``model``: by its name, else by the longest beginning; ``None``: unknown."""
        if model in self._exact:
            return self._exact[model]
        return next((price for beginning, price in self._beginnings if model.startswith(beginning)), None)

    def cost(self, model: str, usage: Usage, *, batch: bool = False, cached_prompt_tokens: int = 0) -> Decimal | None:
        """Return the money that ``usage`` costs, exactly; ``None`` when the price is unknown.

        ``cached_prompt_tokens`` is the part of the prompt tokens that the provider had in its own cache.
        """
        price = self.price(model)
        if price is None:
            return None
        cached = min(cached_prompt_tokens, usage.prompt_tokens)
        cached_price = price.prompt if price.cached_prompt is None else price.cached_prompt
        cost = (usage.prompt_tokens - cached) * price.prompt + cached * cached_price
        cost += usage.completion_tokens * price.completion
        return (cost * price.batch_factor if batch else cost).scaleb(_MILLION)
