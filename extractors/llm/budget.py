"""What one run may spend: money, tokens, calls. Nothing is sent that could lead beyond.

Before a call, the most it can cost is set aside; afterwards, what it did cost is kept. A call for which there is no
room waits while others are under way, since they rarely cost as much as was set aside for them; only when none is under
way the budget is reached, and from then on there is no more.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from decimal import Decimal
from math import inf

from extractors.llm.limits_options import BudgetOptions
from extractors.llm.prices import Prices
from extractors.llm.replies import Usage
from extractors.llm.turnstile import Turnstile, Wait
from kg.errors import ConfigError

__all__ = ["Budget", "Reservation", "Spent"]


@dataclass(frozen=True, slots=True)
class Spent:
    """What was billed. ``money`` is ``None`` when a model without a price was asked."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    money: Decimal | None = Decimal(0)

    @property
    def tokens(self) -> int:
        """Prompts and replies."""
        return self.prompt_tokens + self.completion_tokens

    def plus(self, other: Spent) -> Spent:
        """Return the sum."""
        unknown = self.money is None or other.money is None
        return Spent(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            None if unknown else (self.money or Decimal(0)) + (other.money or Decimal(0)),
        )


class Reservation:
    """What was set aside for one call. Say exactly one of: settle, cancel.

    Raises:
        RuntimeError: it was settled or cancelled before.
    """

    __slots__ = ("_batch", "_budget", "_most", "model")

    def __init__(self, budget: Budget, model: str, most: Spent, *, batch: bool) -> None:
        self._budget = budget
        self._most: Spent | None = most
        self._batch = batch
        self.model = model

    def settle(self, usage: Usage | None, *, cached_prompt_tokens: int = 0) -> None:
        """Note what was billed; ``None``: it was sent, but no usage came back: all that was set aside counts."""
        most = self._closed()
        if usage is None:
            self._budget.close(most, most)
            return
        prices = self._budget.prices
        money = prices.cost(self.model, usage, batch=self._batch, cached_prompt_tokens=cached_prompt_tokens)
        self._budget.close(most, Spent(1, usage.prompt_tokens, usage.completion_tokens, money))

    def cancel(self) -> None:
        """Note that nothing was billed: not sent, refused (429), or not accepted (other 4xx)."""
        self._budget.close(self._closed(), Spent())

    def _closed(self) -> Spent:
        most, self._most = self._most, None
        if most is None:
            raise RuntimeError("this reservation was settled or cancelled before")
        return most


class Budget:
    """Hard limits for one run, for all its threads. ``reached`` holds a sentence once there is no more."""

    def __init__(self, options: BudgetOptions, prices: Prices, *, wait: Wait | None = None) -> None:
        self.prices = prices
        self.reached = ""
        self._options = options
        self._spent = Spent()
        self._aside: Spent = Spent()
        self._open = 0
        self._turnstile = Turnstile(wait)

    def check(self, *models: str) -> None:
        """Check that a budget in money can be kept with these models.

        Raises:
            ConfigError: one of them has no price.
        """
        for model in models:
            if self._options.money is not None and self.prices.price(model) is None:
                raise ConfigError(
                    f"a budget in money needs the price of {model!r}",
                    remedy=f'add a line to models.prices.models: "{model}": '
                    f"{{prompt: 0.00, completion: 0.00}}, with the {self.prices.currency} per million tokens",
                )

    def reserve(
        self, model: str, prompt_tokens: int, completion_tokens: int, stop: threading.Event, *, batch: bool = False
    ) -> Reservation | None:
        """Set aside the most that a call can cost: upper bounds of its tokens.

        Returns:
            ``None`` when the budget is reached, or once ``stop`` is set.

        Raises:
            ConfigError: the budget is in money, and the model has no price.
        """
        most = self._most(model, prompt_tokens, completion_tokens, batch=batch)
        with self._turnstile:
            if not self._turnstile.pass_when(lambda: self._room_in_s(most), stop) or self.reached:
                return None
            return self._set_aside(model, most, batch=batch)

    def reserve_now(
        self, model: str, prompt_tokens: int, completion_tokens: int, *, batch: bool = False
    ) -> Reservation | None:
        """Set aside as :meth:`reserve` does, but do not wait: ``None`` when there is no room now."""
        most = self._most(model, prompt_tokens, completion_tokens, batch=batch)
        with self._turnstile:
            if self._room_in_s(most) or self.reached:
                return None
            return self._set_aside(model, most, batch=batch)

    def close(self, most: Spent, spent: Spent) -> None:
        """Take back what was set aside, and count what was spent; for :class:`Reservation`."""
        with self._turnstile:
            self._aside = _minus(self._aside, most)
            self._open -= 1
            self._spent = self._spent.plus(spent)
            self._turnstile.changed()

    def spent(self) -> Spent:
        """Return what was spent so far."""
        with self._turnstile:
            return self._spent

    def _most(self, model: str, prompt_tokens: int, completion_tokens: int, *, batch: bool) -> Spent:
        self.check(model)
        money = self.prices.cost(model, Usage(prompt_tokens, completion_tokens), batch=batch)
        return Spent(1, prompt_tokens, completion_tokens, money)

    def _set_aside(self, model: str, most: Spent, *, batch: bool) -> Reservation:
        self._aside = self._aside.plus(most)
        self._open += 1
        return Reservation(self, model, most, batch=batch)

    def _room_in_s(self, most: Spent) -> float:
        if self.reached:
            return 0
        lacking = self._lacking(self._spent.plus(self._aside).plus(most))
        if lacking and not self._open:
            self.reached = self._sentence(lacking)
        return inf if lacking and self._open else 0

    def _lacking(self, total: Spent) -> str:
        """Return the name of the limit that ``total`` is above, if any."""
        limits = self._options
        if limits.money is not None and (total.money or 0) > limits.money:
            return "money"
        if limits.tokens is not None and total.tokens > limits.tokens:
            return "tokens"
        return "calls" if limits.calls is not None and total.calls > limits.calls else ""

    def _sentence(self, lacking: str) -> str:
        spent, currency = self._spent, self.prices.currency
        limit = getattr(self._options, lacking)
        money = "" if spent.money is None else f"{spent.money:.4f} {currency}, "
        return (
            f"the budget is reached: {money}{spent.tokens:,} tokens and {spent.calls:,} calls are spent, and the next "
            f"call could exceed {limit:,} {currency if lacking == 'money' else lacking}; "
            f"raise 'models.budget.{lacking}' and run again: every answer is kept, and nothing is asked twice"
        )


def _minus(one: Spent, other: Spent) -> Spent:
    unknown = one.money is None or other.money is None
    return Spent(
        one.calls - other.calls,
        one.prompt_tokens - other.prompt_tokens,
        one.completion_tokens - other.completion_tokens,
        None if unknown else (one.money or Decimal(0)) - (other.money or Decimal(0)),
    )
