"""The budget: never exceeded, never given up while calls are under way that may leave room."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from extractors.llm.budget import Budget, Reservation, Spent
from extractors.llm.limits_options import BudgetOptions, Price, PriceOptions
from extractors.llm.prices import Prices
from extractors.llm.replies import Usage
from kg.errors import ConfigError

GO = threading.Event()  # never set
PRICES = Prices(PriceOptions(models={"m": Price(prompt=Decimal(1), completion=Decimal(2))}), free=["local"])


def budget(money: str | None = None, tokens: int | None = None, calls: int | None = None) -> Budget:
    """Return a budget."""
    options = BudgetOptions(money=None if money is None else Decimal(money), tokens=tokens, calls=calls)
    return Budget(options, PRICES)


def reserved(budget: Budget, prompt: int = 100, completion: int = 100, model: str = "m") -> Reservation:
    """Return a reservation."""
    found = budget.reserve(model, prompt, completion, GO)
    assert found is not None
    return found


def test_what_was_billed_counts() -> None:
    """What was spent is what was billed, not what was set aside."""
    one = budget(money="1")
    reserved(one).settle(Usage(50, 25))
    reserved(one).cancel()
    assert one.spent() == Spent(1, 50, 25, Decimal("0.0001"))


def test_cached_prompt_tokens_are_cheaper() -> None:
    """Prompt tokens from the provider's cache count at their own price."""
    price = Price(prompt=Decimal(1), completion=Decimal(2), cached_prompt=Decimal("0.5"))
    one = Budget(BudgetOptions(), Prices(PriceOptions(models={"m": price})))
    reserved(one).settle(Usage(100, 0), cached_prompt_tokens=100)
    assert one.spent().money == Decimal("0.00005")


def test_batch_calls_cost_half() -> None:
    """What goes through the Batch API is set aside and counted at its price."""
    one = budget(money="0.00015")
    found = one.reserve("m", 100, 100, GO, batch=True)
    assert found is not None
    found.settle(Usage(100, 100))
    assert one.spent().money == Decimal("0.00015")


def test_sent_without_usage_counts_in_full() -> None:
    """A call that was sent and of which no usage came back counts with all that was set aside."""
    one = budget(tokens=1000)
    reserved(one, 100, 50).settle(None)
    assert one.spent() == Spent(1, 100, 50, Decimal("0.0002"))


@pytest.mark.parametrize(
    ("limits", "named"),
    [({"money": "0.0005"}, "0.0005 USD"), ({"tokens": 399}, "399 tokens"), ({"calls": 1}, "1 calls")],
)
def test_reached(limits: dict[str, str | int], named: str) -> None:
    """When the next call could exceed the budget and none is under way, it is reached, and says how to go on."""
    one = Budget(BudgetOptions.model_validate(limits), PRICES)
    reserved(one).settle(Usage(100, 100))
    assert one.reserve("m", 100, 100, GO) is None
    assert "0.0003 USD, 200 tokens and 1 calls are spent" in one.reached
    assert named in one.reached
    assert f"raise 'models.budget.{next(iter(limits))}' and run again" in one.reached


def test_after_that_nothing() -> None:
    """Once reached, even a small call is refused at once."""
    one = budget(tokens=100)
    assert one.reserve("m", 100, 100, GO) is None
    assert one.reserve("m", 1, 1, GO) is None


def test_room_may_come() -> None:
    """A call for which there is no room waits for those under way, and goes when they leave room."""
    one = budget(tokens=300)
    first, got = reserved(one), []
    thread = threading.Thread(target=lambda: got.append(one.reserve("m", 100, 100, GO)))
    thread.start()
    first.settle(Usage(50, 50))
    thread.join()
    assert isinstance(got[0], Reservation)
    assert not one.reached


def test_room_may_not_come() -> None:
    """A call for which those under way leave no room is refused when the last of them is done."""
    one = budget(tokens=300)
    first, got = reserved(one), []
    thread = threading.Thread(target=lambda: got.append(one.reserve("m", 100, 100, GO)))
    thread.start()
    first.settle(Usage(100, 100))
    thread.join()
    assert got == [None]
    assert one.reached


def test_stop_while_waiting() -> None:
    """A call that waits for room gives up when the round stops; the budget is not reached."""
    one = budget(tokens=300)
    reserved(one)
    stop, got = threading.Event(), []
    threads = [threading.Thread(target=lambda: got.append(one.reserve("m", 100, 100, stop))) for _ in range(4)]
    for thread in threads:
        thread.start()
    stop.set()
    for thread in threads:
        thread.join()
    assert got == [None] * 4
    assert not one.reached


def test_settled_once() -> None:
    """A reservation cannot be settled twice."""
    found = reserved(budget())
    found.settle(Usage(1, 1))
    with pytest.raises(RuntimeError, match="settled or cancelled before"):
        found.cancel()


def test_money_needs_a_price() -> None:
    """A budget in money with a model that has no price is a mistake in the configuration; the line to add is named."""
    with pytest.raises(ConfigError, match=r'no price|"gpt-x": \{prompt: 0.00, completion: 0.00\}'):
        budget(money="1").check("m", "local", "gpt-x")


def test_no_price_no_money() -> None:
    """Without a budget in money a model needs no price, and what was spent in money is then unknown."""
    one = budget(tokens=1000)
    reserved(one, model="gpt-x").settle(Usage(10, 10))
    reserved(one).settle(Usage(10, 10))
    assert one.spent() == Spent(2, 20, 20, None)


def test_reserve_without_waiting() -> None:
    """Where waiting makes no sense, there is room now or there is not; that does not end the budget."""
    one = budget(tokens=300)
    first = one.reserve_now("m", 100, 100)
    assert first is not None
    assert one.reserve_now("m", 100, 100) is None
    assert not one.reached
    first.settle(Usage(50, 50))
    assert one.reserve_now("m", 100, 100) is not None
