"""What an endpoint says about waiting: rate-limit headers, Retry-After, and pauses without either."""

from __future__ import annotations

import pytest

from extractors.llm.backoff import next_try_s, pause_s
from extractors.llm.limits_options import LimitOptions
from extractors.llm.rate_headers import Allowance, read_allowances


@pytest.mark.parametrize(
    ("headers", "requests", "tokens"),
    [
        (
            {
                "x-ratelimit-limit-requests": "60",
                "x-ratelimit-remaining-requests": "59",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-limit-tokens": "150000",
                "x-ratelimit-remaining-tokens": "149984",
                "x-ratelimit-reset-tokens": "20ms",
            },
            Allowance(60, 59, 1),
            Allowance(150000, 149984, 0.02),
        ),
        (
            {"X-RateLimit-Limit-Requests": "14400", "X-RateLimit-Reset-Requests": "6m0s"},
            Allowance(),
            Allowance(),
        ),
        ({"x-rate-limit-reset-tokens": "55"}, Allowance(), Allowance(reset_s=55)),
        ({"x-ratelimit-limit-tokens": "-1", "x-ratelimit-remaining-tokens": "-1"}, Allowance(), Allowance()),
        (
            {"RateLimit-Limit": "100, 100;w=10", "RateLimit-Remaining": "50", "RateLimit-Reset": "5"},
            Allowance(600, 50, 5),
            Allowance(),
        ),
        (
            {"ratelimit-limit": "10", "ratelimit-policy": "10;w=1", "ratelimit-remaining": "1"},
            Allowance(600, 1),
            Allowance(),
        ),
        ({"x-ratelimit-limit": "120", "x-ratelimit-reset": "1764000000"}, Allowance(), Allowance()),
        ({"ratelimit-limit": "120"}, Allowance(120), Allowance()),
        ({"x-ratelimit-reset-requests": "1m30s"}, Allowance(reset_s=90), Allowance()),
        ({"x-ratelimit-limit-requests": "many", "x-ratelimit-remaining-requests": "1e9"}, Allowance(), Allowance()),
        ({"content-type": "application/json"}, Allowance(), Allowance()),
    ],
)
def test_headers(headers: dict[str, str], requests: Allowance, tokens: Allowance) -> None:
    """Rate-limit headers are read in every spelling; what is longer than a minute, unknown or rubbish is not."""
    assert read_allowances(headers) == (requests, tokens)


def test_pause_doubles_up_to_the_cap() -> None:
    """The ceiling of a pause doubles with each failure, up to the cap."""
    options = LimitOptions(pause_s=1, max_pause_s=5)
    assert [pause_s(options, failures, draw=lambda: 0.5) for failures in (1, 2, 3, 4, 2000)] == [0.5, 1, 2, 2.5, 2.5]


def test_retry_after_is_the_least() -> None:
    """What the endpoint asked for is waited for, even beyond the cap."""
    options = LimitOptions(pause_s=1, max_pause_s=5)
    assert pause_s(options, 9, retry_after_s=30, draw=lambda: 0.9) == 30


def test_no_try_after_the_deadline() -> None:
    """A try that would begin after the question's deadline is not made."""
    options = LimitOptions(deadline_s=100)
    assert next_try_s(options, 1, 50, retry_after_s=49, draw=lambda: 0.0) == 49
    assert next_try_s(options, 1, 50, retry_after_s=50, draw=lambda: 0.0) is None
