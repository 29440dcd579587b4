"""The limiter: as fast as the endpoint allows, hardly ever refused, fair, and quick to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from extractors.llm.limiter import Limiter, Permit
from extractors.llm.limits_options import LimitOptions
from extractors.llm.replies import Usage
from tests.parts.limited_provider import Provider, Simulation, Work

RPM, TPM = 600, 180_000
SEEDS = range(1, 4)
GO = threading.Event()  # never set


def simulated(provider: Provider, work: Work, seed: int = 1) -> tuple[float, float]:
    """Return wall time by ideal time, and the share of requests that were refused for being too many."""
    outcome = Simulation(provider, work, seed).run()
    return outcome.ratio, outcome.refused_share


@pytest.mark.parametrize("full", [True, False], ids=["full", "empty"])
@pytest.mark.parametrize("holds_s", [1.0, 60.0])
@pytest.mark.parametrize("known", ["configured", "headers"])
@pytest.mark.parametrize("limit", ["rpm", "tpm"])
class TestKnownLimits:
    def test_ideal_time(self, limit: str, known: str, holds_s: float, full: bool) -> None:
        """With limits configured or in headers, 2,000 calls take at most 1.02 of the ideal and few refusals."""
        provider, work = _limited(limit, known, holds_s, full, faults=0.0)
        for seed in SEEDS:
            ratio, refused = simulated(provider, work, seed)
            assert ratio <= 1.02
            assert refused <= 0.02

    def test_ideal_time_with_faults(self, limit: str, known: str, holds_s: float, full: bool) -> None:
        """With a tenth of the requests refused without cause, answered 500 or reset, they take at most 1.10."""
        provider, work = _limited(limit, known, holds_s, full, faults=0.1)
        for seed in SEEDS:
            ratio, refused = simulated(provider, work, seed)
            assert ratio <= 1.10
            assert refused <= 0.02


def _limited(limit: str, known: str, holds_s: float, full: bool, faults: float) -> tuple[Provider, Work]:
    rpm, tpm = (RPM, None) if limit == "rpm" else (None, TPM)
    headers = known == "headers"
    provider = Provider(rpm, tpm, holds_s, full, headers=headers, retry_after=True, faults=faults)
    return provider, Work() if headers else Work(rpm=rpm, tpm=tpm)


@pytest.mark.parametrize("full", [True, False], ids=["full", "empty"])
@pytest.mark.parametrize("holds_s", [1.0, 60.0])
@pytest.mark.parametrize(("rpm", "tpm"), [(600, None), (6000, None), (None, TPM)])
def test_unknown_limits(rpm: float | None, tpm: float | None, holds_s: float, full: bool) -> None:
    """When nothing is known and refusals say nothing, a rate is learned: at most 1.25 of the ideal, 3 % refused."""
    provider = Provider(rpm, tpm, holds_s, full, latency_s=1.0 if rpm != 6000 else 0.3)
    for seed in SEEDS:
        ratio, refused = simulated(provider, Work(), seed)
        assert ratio <= 1.25
        assert refused <= 0.03


@pytest.mark.parametrize("rpm", [None, 100_000])
def test_concurrency_alone(rpm: int | None) -> None:
    """Where concurrency is the limit, no slot stays empty."""
    provider = Provider(rpm=rpm, latency_s=5.0)
    ratio, refused = simulated(provider, Work(concurrency=50, rpm=rpm))
    assert ratio <= 1.02
    assert refused == 0


def test_configured_limits_are_bounds() -> None:
    """An endpoint that would allow more is asked no more than configured, but for three seconds' worth at first."""
    sent = Simulation(Provider(), Work(rpm=RPM)).run().sent
    in_a_minute = max(sum(1 for at in sent if start <= at < start + 60) for start in sent)
    assert in_a_minute <= RPM * 63 / 60 + 3


def test_limits_configured_too_high() -> None:
    """A configured limit that is ten times the endpoint's is found to be wrong."""
    ratio, refused = simulated(Provider(rpm=RPM, holds_s=1), Work(rpm=10 * RPM))
    assert ratio <= 1.25
    assert refused <= 0.05


def test_chance_refusals_do_not_slow_down() -> None:
    """An endpoint without limits that refuses one in twenty whatever the rate is not asked ever more slowly."""
    for seed in SEEDS:
        ratio, _ = simulated(Provider(faults=0.1), Work(), seed)
        assert ratio <= 4


def test_outage_costs_few_tries() -> None:
    """While the endpoint is down for a minute, the questions wait; they do not use up their tries."""
    outcome = Simulation(Provider(rpm=RPM, down=(30.0, 90.0)), Work(rpm=RPM)).run()
    assert len(outcome.sent) - 2000 <= 100
    assert outcome.wall_s <= 2000 / RPM * 60 + 60 + 60


class Time:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        """Return the seconds."""
        return self.now

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Let the seconds pass."""
        self.now += seconds


def limiter(time: Time, **options: float) -> Limiter:
    """Return a limiter for 8 at once, by ``time``."""
    chosen = LimitOptions.model_validate(options)
    return Limiter(chosen, 8, clock=time.clock, wait=time.wait, draw=lambda: 0.5)


def acquired(limiter: Limiter, tokens: int = 100) -> Permit:
    """Return a permit."""
    permit = limiter.acquire(tokens, GO)
    assert permit is not None
    return permit


def test_stopped() -> None:
    """A stopped round gets no permit."""
    stop = threading.Event()
    stop.set()
    assert limiter(Time()).acquire(100, stop) is None


def test_pause_for_everyone() -> None:
    """After a refusal of an endpoint without known limits, nobody asks before its Retry-After is over."""
    time = Time()
    one = limiter(time)
    acquired(one).limited(retry_after_s=20)
    acquired(one)
    assert 20 <= time.now <= 20.5


def test_tokens_are_settled() -> None:
    """Tokens that were set aside and not billed are there for the next request."""
    time = Time()
    one = limiter(time, tokens_per_minute=6000)
    acquired(one, 1000).done(Usage(50, 50))
    acquired(one, 100)
    assert time.now < 3


def test_tokens_not_settled_are_missing() -> None:
    """An answer without usage counts as estimated."""
    time = Time()
    one = limiter(time, tokens_per_minute=6000)
    acquired(one, 1000).done(Usage())
    acquired(one, 100)
    assert time.now >= 1000 / 110


def test_unused_permit() -> None:
    """A permit that was not used takes nothing away."""
    time = Time()
    one = limiter(time, tokens_per_minute=6000)
    acquired(one, 1000).unused()
    acquired(one, 100)
    assert time.now < 1.5
    assert one.under_way == 1


def test_headers_of_little_left() -> None:
    """When the endpoint says that less is left than we think, the pace drops."""
    time = Time()
    one = limiter(time, requests_per_minute=6000)
    acquired(one).done(Usage(1, 1))
    time.now = 10.0
    one.observe({"X-RateLimit-Remaining-Requests": "0"})
    acquired(one)
    acquired(one)
    assert time.now > 10.0


def test_headers_alone_without_limit() -> None:
    """Azure's reset, which comes without a limit, is waited for when nothing is left."""
    time = Time()
    one = limiter(time)
    one.observe({"x-ratelimit-remaining-tokens": "0", "x-rate-limit-reset-tokens": "55"})
    acquired(one)
    assert 55 <= time.now <= 55.2


@pytest.mark.parametrize(
    "back",
    [lambda p: p.done(Usage()), lambda p: p.limited(None), lambda p: p.failed(None), lambda p: p.unused()],
    ids=["done", "limited", "failed", "unused"],
)
def test_a_permit_goes_back_once(back: Callable[[Permit], None]) -> None:
    """A permit that was given back cannot be given back again."""
    one = limiter(Time())
    permit = acquired(one)
    back(permit)
    with pytest.raises(RuntimeError, match="given back before"):
        back(permit)
    assert one.under_way == 0


def test_never_more_than_allowed_at_once() -> None:
    """Of many threads, never more than the concurrency are under way, and all get their turn."""
    one = Limiter(LimitOptions(requests_per_minute=600_000), 4)
    most, lock, done = [0, 0], threading.Lock(), []

    def work(number: int) -> None:
        for _ in range(20):
            permit = acquired(one)
            with lock:
                most[0] += 1
                most[1] = max(most)
            with lock:
                most[0] -= 1
            permit.done(Usage(1, 1))
        done.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 32
    assert 1 <= most[1] <= 4


def test_first_come_first_served() -> None:
    """Threads get their permits in the order they asked."""
    one = Limiter(LimitOptions(requests_per_minute=600_000), 1)
    held = acquired(one)
    order: list[int] = []
    threads: list[threading.Thread] = []

    def work(number: int) -> None:
        permit = acquired(one)
        order.append(number)
        permit.done(Usage(1, 1))

    for number in range(6):
        thread = threading.Thread(target=work, args=(number,))
        threads.append(thread)
        thread.start()
        while one.waiting <= number:
            threading.Event().wait(0.001)
    held.done(Usage(1, 1))
    for thread in threads:
        thread.join()
    assert order == list(range(6))


def test_stop_releases_all() -> None:
    """Setting ``stop`` releases every waiting thread, though no permit comes back."""
    one = Limiter(LimitOptions(), 1)
    acquired(one)
    stop, got = threading.Event(), []
    threads = [threading.Thread(target=lambda: got.append(one.acquire(1, stop))) for _ in range(16)]
    for thread in threads:
        thread.start()
    stop.set()
    for thread in threads:
        thread.join()
    assert got == [None] * 16
