"""The stand-in provider's bad days: faults, broken connections, limits, delays, all by script or by seeded chance."""

from __future__ import annotations

import http.client
import json
import socket
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.servers.provider import Asked, Faults, Latency, Limits, Provider, Reply, names
from tests.servers.provider_answers import unit
from tests.servers.provider_limits import Meter
from tests.servers.provider_replies import FAULTS
from tests.servers.provider_talk import LISTED, NAMES, body, post, said

WHOLE = sorted(name for name, reply in FAULTS.items() if reply.cut is None and not reply.delay_s)
BROKEN = sorted(name for name, reply in FAULTS.items() if reply.cut is not None)


@pytest.mark.parametrize("name", WHOLE)
def test_a_fault_is_sent_as_scripted(provider: Provider, name: str) -> None:
    """Status, headers and body are those of the fault; only what was answered costs, and none is a usable answer."""
    provider.fail(name)
    yes_no = name in {"no logprobs", "no token", "no logprob", "neither"}
    status, headers, text = post(provider.base_url, body("tea?", None if yes_no else NAMES))
    told = {key.lower(): value for key, value in FAULTS[name].headers.items()}
    assert (status, {**headers, **told}) == (FAULTS[name].status, headers)
    assert FAULTS[name].raw in {None, text}
    assert bool(provider.ledger.money) == (status == 200)
    assert provider.ledger.entries[0].answered == ()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_connection_is_broken(provider: Provider, name: str) -> None:
    """Before the answer, in its headers or in its body: the client gets an error, and the answer was billed."""
    provider.fail(name)
    with pytest.raises((http.client.HTTPException, OSError)):
        post(provider.base_url, body("tea?", NAMES), timeout=0.3)
    assert not provider.ledger.entries[0].delivered
    assert provider.ledger.money > 0


def test_a_client_that_leaves_pays(provider: Provider) -> None:
    """An answer that comes too late is in the ledger, undelivered, and counts as paid only when asked for."""
    provider.reply(Reply(names("milk").content, delay_s=60))
    for _ in range(2):
        with pytest.raises(TimeoutError):
            post(provider.base_url, body("tea?", NAMES), timeout=0.1)
    post(provider.base_url, "{}", path="/v1/nowhere")  # answered after both have left
    assert [entry.delivered for entry in provider.ledger.billed] == [False, False]
    assert provider.ledger.paid_twice() == {}
    assert len(provider.ledger.paid_twice(undelivered=True)) == 1


@pytest.mark.parametrize(("name", "ids"), [("missing id", [1]), ("extra id", [1, 2, 3]), ("doubled id", [1, 2, 1])])
def test_packed_replies_may_count_wrongly(provider: Provider, name: str, ids: list[int]) -> None:
    """The numbers are not those of the lines; what has its number once is a usable answer."""
    provider.fail(name)
    answers = said(provider.base_url, body("1. tea\n2. milk", LISTED))["answers"]
    assert [each["id"] for each in answers] == ids
    assert len(provider.ledger.entries[0].answered) == sum(ids.count(number) == 1 for number in (1, 2))


def test_a_reply_may_be_cut_short_or_limited_until_a_date(provider: Provider) -> None:
    """The usual answer ends in the middle; a rate limit may say until when, instead of how long."""
    provider.fail("cut short", times=1)
    provider.fail("rate limit, date")
    choice = json.loads(post(provider.base_url, body("tea?", NAMES))[2])["choices"][0]
    assert choice["finish_reason"] == "length"
    assert choice["message"]["content"].startswith('{"items')
    assert post(provider.base_url, body("tea?", NAMES))[1]["retry-after"].endswith("GMT")


@pytest.mark.parametrize("name", ["missing id", "extra id", "doubled id"])
def test_wrong_counts_leave_single_questions_alone(provider: Provider, name: str) -> None:
    """A question without lines gets its usual answer."""
    usual = said(provider.base_url, body("tea?", NAMES))
    provider.fail(name)
    assert said(provider.base_url, body("tea?", NAMES)) == usual


def test_faults_by_chance_do_not_depend_on_the_order() -> None:
    """Each question meets its own faults, about as many as the share, each kind by its weight."""
    faults = Faults(0.1, {"server error": 3, "reset": 1})
    met = {key: faults.pick(7, str(key), 0) for key in range(4000)}
    assert met == {key: faults.pick(7, str(key), 0) for key in reversed(range(4000))}
    struck = [name for name in met.values() if name]
    assert len(struck) / 4000 == pytest.approx(0.1, abs=0.02)
    assert struck.count("server error") / len(struck) == pytest.approx(0.75, abs=0.07)


def test_a_question_may_be_promised_its_answer() -> None:
    """After so many faults a question meets no more."""
    faults = Faults(0.9, most_per_question=2)
    for key in "abcdef":
        assert sum(faults.pick(1, key, time) is not None for time in range(30)) == 2


def test_a_share_of_requests_fails(provider: Provider) -> None:
    """The server applies its share of faults, and a question that is asked again has another chance."""
    provider.faults = Faults(0.5, {"server error": 1}, most_per_question=1)
    statuses = [[post(provider.base_url, body(f"{n}?", NAMES))[0] for _ in range(6)] for n in range(8)]
    assert {500, 200} == set(chain(*statuses))
    assert all(each.count(500) <= 1 for each in statuses)


@pytest.mark.parametrize(
    ("latency", "low", "high", "mean"),
    [
        (Latency("fixed", 0.5), 0.5, 0.5, 0.5),
        (Latency("uniform", 0.2, 0.4), 0.2, 0.6, 0.4),
        (Latency("lognormal", 0.5, 0.5, most_s=2), 0.0, 2.0, 0.56),
    ],
)
def test_latency_has_its_distribution(latency: Latency, low: float, high: float, mean: float) -> None:
    """Delays drawn by seeded chance lie where the distribution puts them."""
    drawn = [latency.draw(unit(at)) for at in range(3000)]
    assert low <= min(drawn) <= max(drawn) <= high
    assert sum(drawn) / len(drawn) == pytest.approx(mean, rel=0.05)


def test_requests_fill_up_by_the_minute() -> None:
    """A bucket lets its burst through, then one request each time there is enough again."""
    meter = Meter(Limits(rpm=60, burst_requests=2), 0.0)
    assert [meter.admit(1, 0, 1, 0.0) is None for _ in range(3)] == [True, True, False]
    assert meter.admit(1, 0, 1, 0.9) is not None
    assert meter.admit(1, 0, 1, 1.0) is None
    assert meter.admit(1, 0, 1, 1.5) is not None


def test_tokens_fill_up_by_the_minute() -> None:
    """Prompt and reply are taken as billed: after a long reply the next request waits until it is made up for."""
    meter = Meter(Limits(tpm=600, burst_tokens=100), 0.0)
    assert meter.admit(50, 1000, 1, 0.0) is None
    meter.spend(150)
    refused = meter.admit(50, 1000, 1, 10.0)
    assert refused is not None
    assert refused.headers["retry-after"] == "5.000"
    assert meter.admit(50, 1000, 1, 15.0) is None


def test_tokens_may_be_taken_as_requested() -> None:
    """Prompt and room for the reply count, whatever the reply is; a request beyond the minute never passes."""
    meter = Meter(Limits(tpm=600, burst_tokens=100, tokens="requested"), 0.0)
    assert meter.admit(50, 50, 1, 0.0) is None
    meter.spend(1000)
    assert meter.admit(50, 50, 1, 10.0) is None
    too_large = meter.admit(500, 101, 1, 1000.0)
    assert too_large is not None
    assert "too large" in (too_large.raw or "")


def test_buckets_may_start_empty() -> None:
    """Then the first request waits, too."""
    meter = Meter(Limits(rpm=60, start="empty"), 0.0)
    assert [meter.admit(1, 0, 1, now) is None for now in (0.0, 0.99, 1.0)] == [False, False, True]


def test_refused_requests_may_count() -> None:
    """Who hammers waits longer."""
    patient, eager = (Meter(Limits(rpm=60, count_refused=True), 0.0) for _ in range(2))
    for _ in range(2):
        eager.admit(1, 0, 1, 0.0)
    patient.admit(1, 0, 1, 0.0)
    assert patient.admit(1, 0, 1, 1.0) is None
    assert eager.admit(1, 0, 1, 1.0) is not None


@pytest.mark.parametrize(
    ("how", "told"), [("seconds", "30.000"), ("whole", "30"), ("date", "GMT"), ("none", "missing")]
)
def test_a_refusal_tells_the_wait(how: Any, told: str) -> None:
    """Retry-After is decimal seconds, whole seconds, a date, or left out."""
    meter = Meter(Limits(rpm=2, retry_after=how), 0.0)
    meter.admit(1, 0, 1, 0.0)
    refused = meter.admit(1, 0, 1, 0.0)
    assert refused is not None
    assert refused.status == 429
    assert refused.headers.get("retry-after", "missing").endswith(told)


def test_headers_tell_where_the_limits_stand(provider: Provider) -> None:
    """Each answer carries limit, rest and time to the full bucket, for requests and tokens, unless switched off."""
    provider.limits = Limits(rpm=60, tpm=60_000, burst_requests=10)
    status, headers, _ = post(provider.base_url, body("tea?", NAMES))
    assert (status, headers["x-ratelimit-limit-requests"], headers["x-ratelimit-limit-tokens"]) == (200, "60", "60000")
    assert headers["x-ratelimit-remaining-requests"] == "9"
    assert headers["x-ratelimit-reset-requests"] in {"1s", *(f"{n}ms" for n in range(900, 1001))}
    assert headers["x-ratelimit-reset-tokens"].endswith("ms")
    provider.limits = Limits(rpm=60, headers=False)
    assert not [name for name in post(provider.base_url, body("tea?", NAMES))[1] if name.startswith("x-ratelimit")]


def test_a_limited_model_refuses_and_others_answer(provider: Provider) -> None:
    """Limits are each model's own; what is refused costs nothing and is in the ledger."""
    provider.limits = Limits(rpm=1)
    statuses = [post(provider.base_url, body("tea?", NAMES, model=model))[0] for model in ("large", "large", "small")]
    assert statuses == [200, 429, 200]
    assert provider.ledger.statuses() == {200: 2, 429: 1}


def test_no_more_than_so_many_at_once(provider: Provider) -> None:
    """A request beyond the limit on concurrency is refused while the others are under way."""
    provider.limits = Limits(concurrency=1)
    inner: list[int] = []

    def busy(asked: Asked) -> Reply:
        inner.append(post(provider.base_url, body("milk?", NAMES))[0])
        return names("tea")

    provider.reply(busy, when="tea?")
    assert post(provider.base_url, body("tea?", NAMES))[0] == 200
    assert inner == [429]
    assert provider.most_under_way == 2


def test_the_ledger_knows_what_was_in_flight(provider: Provider) -> None:
    """Requests are found by a moment of the clock that all processes share."""
    for words in ("tea?", "milk?"):
        post(provider.base_url, body(words, NAMES))
    first, second = provider.ledger.entries
    assert provider.ledger.in_flight((first.started_s + first.ended_s) / 2) == [first]
    assert provider.ledger.in_flight(second.ended_s + 1) == []


def test_a_connection_serves_many_requests_in_any_pieces(provider: Provider) -> None:
    """Requests one after another, a byte at a time, or two at once, are each answered in order."""
    sent = json.dumps(body("tea?", NAMES)).encode()
    whole = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(sent), sent)
    host, port = urlsplit(provider.base_url).netloc.split(":")
    with socket.create_connection((host, int(port)), 5) as connection:
        for at in range(len(whole)):
            connection.send(whole[at : at + 1])
        connection.sendall(whole + whole.replace(b"Host: x", b"Connection: close"))
        with connection.makefile("rb") as answers:
            assert answers.read().count(b"HTTP/1.1 200 OK") == 3
    assert provider.ledger.requests == 3
