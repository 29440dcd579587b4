"""Laws of limits and budgets, whatever happens in whatever order."""

from __future__ import annotations

import random
import threading
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.llm.adaptive import Bucket
from extractors.llm.budget import Budget, Reservation
from extractors.llm.limits_options import BudgetOptions, LimitOptions, Price, PriceOptions
from extractors.llm.pace import Pace, Sent
from extractors.llm.prices import Prices
from extractors.llm.rate_headers import read_allowances
from extractors.llm.replies import Usage
from extractors.llm.tokens import Calibration, Size, most_prompt_tokens, prompt_tokens

PRICES = Prices(PriceOptions(models={"m": Price(prompt=Decimal("0.15"), completion=Decimal("0.6"))}))
WHAT = st.sampled_from(["limit-requests", "Remaining-Tokens", "reset-requests", "reset-tokens", "limit", "policy"])
NAMES = st.builds("{}{}".format, st.sampled_from(["x-ratelimit-", "RateLimit-", "x-rate-limit-", "x-"]), WHAT)
VALUES = st.text() | st.from_regex(r"-?[0-9]{0,20}[.,;mshd]{0,2}[0-9]{0,3}(s|ms|;w=[0-9]*)?", fullmatch=True)
HEADERS = st.dictionaries(NAMES, VALUES)


@given(HEADERS)
def test_headers_are_never_trusted(headers: dict[str, str]) -> None:
    """Whatever stands in headers, what is read is missing or a finite number of 0 or more."""
    for allowance in read_allowances(headers):
        for value in (allowance.per_minute, allowance.remaining, allowance.reset_s):
            assert value is None or 0 <= value < float("inf")


@given(st.integers(1, 60_000), st.lists(st.tuples(st.floats(0, 5), st.integers(1, 500), st.booleans()), max_size=60))
def test_a_bucket_grants_no_more_than_its_rate(per_minute: int, takes: list[tuple[float, int, bool]]) -> None:
    """In any time from the start, at most the rate, the first reserve, a quarter second and two requests are taken."""
    bucket, now, taken, largest = Bucket.of(per_minute, 0.0), 0.0, 0.0, 0
    for pause, amount, lazy in takes:
        now += pause
        wait = bucket.wait_s(now, amount)
        if lazy and wait > 0:
            continue
        now += wait
        bucket.take(now, amount)
        taken += amount
        largest = max(largest, amount)
        assert taken <= per_minute / 60 * (now + 3.25) + 2 * largest + 1e-3


@settings(deadline=None)
@given(st.data())
def test_pace_always_goes_on(data: st.DataObject) -> None:
    """After any outcomes, the next request may go after a finite time, once all that are under way are back."""
    options = LimitOptions(requests_per_minute=data.draw(st.none() | st.integers(1, 9999)), max_pause_s=5)
    pace, now, out = Pace(options, 4, lambda: 0.9), 0.0, list[Sent]()
    for _ in range(data.draw(st.integers(0, 80))):
        now += data.draw(st.floats(0, 3))
        if data.draw(st.booleans()) and pace.wait_s(now, 10) == 0:
            out.append(pace.send(now, 10))
        elif out:
            _back(pace, now, out.pop(data.draw(st.integers(0, len(out) - 1))), data)
        assert pace.under_way == len(out) <= 4
    for sent in out:
        pace.done(sent, 10)
    for _ in range(20):
        wait = pace.wait_s(now, 10)
        if wait == 0:
            return
        assert wait < 4000
        now += wait
    raise AssertionError("the pace stands still")


def _back(pace: Pace, now: float, sent: Sent, data: st.DataObject) -> None:
    what = data.draw(st.sampled_from(["done", "limited", "failed", "unused"]))
    pace.observe(now, data.draw(HEADERS))
    if what == "done":
        pace.done(sent, data.draw(st.integers(0, 100)))
    elif what == "unused":
        pace.unused(sent)
    else:
        getattr(pace, what)(now, sent, data.draw(st.none() | st.floats(0, 30)))


LIMITS = st.builds(
    BudgetOptions,
    money=st.none() | st.decimals(0, "0.01", places=6),
    tokens=st.none() | st.integers(0, 20_000),
    calls=st.none() | st.integers(0, 30),
)


def within(budget: Budget, limits: BudgetOptions) -> bool:
    """Whether no limit is exceeded."""
    spent = budget.spent()
    return (
        (limits.money is None or (spent.money is not None and spent.money <= limits.money))
        and (limits.tokens is None or spent.tokens <= limits.tokens)
        and (limits.calls is None or spent.calls <= limits.calls)
    )


@given(LIMITS, st.data())
def test_budget_is_never_exceeded(limits: BudgetOptions, data: st.DataObject) -> None:
    """However calls overlap, what is spent stays within the budget, and it is only given up with nothing open."""
    budget, out = Budget(limits, PRICES, wait=lambda *_: stop.set()), list[tuple[Reservation, int, int]]()
    for _ in range(data.draw(st.integers(0, 60))):
        stop = threading.Event()
        if data.draw(st.booleans()):
            prompt, reply = data.draw(st.integers(0, 2000)), data.draw(st.integers(0, 2000))
            if found := budget.reserve("m", prompt, reply, stop):
                out.append((found, prompt, reply))
            else:
                assert budget.reached or out
        elif out:
            reservation, prompt, reply = out.pop(data.draw(st.integers(0, len(out) - 1)))
            settled = data.draw(st.none() | st.builds(Usage, st.integers(0, prompt), st.integers(0, reply)))
            reservation.cancel() if data.draw(st.booleans()) else reservation.settle(settled)
        assert within(budget, limits)


@settings(deadline=None, max_examples=10)
@given(LIMITS, st.integers(0, 2**32))
def test_budget_is_never_exceeded_by_threads(limits: BudgetOptions, seed: int) -> None:
    """Of many threads that ask until there is no more, none exceeds the budget, and none is left waiting."""
    budget, go = Budget(limits, PRICES), threading.Event()

    def work(chance: random.Random) -> None:
        for _ in range(20):
            if (found := budget.reserve("m", 500, 500, go)) is None:
                return
            found.settle(Usage(chance.randrange(501), chance.randrange(501)))

    threads = [threading.Thread(target=work, args=(random.Random(seed + number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert within(budget, limits)
    assert bool(budget.reached) == (budget.spent().calls < 160)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 20), st.integers(0, 20_000)), max_size=80))
def test_estimates_are_sane(observed: list[tuple[int, int, int]]) -> None:
    """Whatever was billed, an estimate is at least 1, and never above the bound."""
    calibration = Calibration()
    for size, messages, billed in observed:
        calibration.observe(Size(size, messages), billed)
    for size, messages, _ in observed:
        estimate = prompt_tokens(Size(size, messages), calibration.ratio)
        assert 1 <= estimate <= most_prompt_tokens(Size(size, messages), calibration.ratio)
