"""The batch transport: the same answers as online at half the price, and what becomes of each fault."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from extractors.llm.asker import Asker
from extractors.llm.cache import AnswerCache
from extractors.llm.options import ModelOptions
from extractors.llm.session import open_asker
from kg.errors import ModelError
from kg.model import Failure
from tests.parts.batches import batches, kinds, mixed, question, questions
from tests.servers.provider import BatchPlan, Provider, Reply, fault, names
from tests.servers.provider_talk import sdk_client

OpenAsker = Callable[..., Asker]
FOREVER = 1e9
PRICES = {"models": {"large": {"prompt": "3", "completion": "12"}}}


def test_answers_are_those_of_the_online_path_at_half_the_price(
    provider: Provider, open_batch_asker: OpenAsker, tmp_path: Path
) -> None:
    """Every kind of reply, alone and in shared prompts: equal in all fields, in order and in what is exported."""
    batch = open_batch_asker(per_prompt=3)
    got = batch.ask_all(mixed())
    half = provider.ledger.money
    assert {entry.transport for entry in provider.ledger.entries} == {"batch"}
    options = ModelOptions.model_validate({"base_url": provider.base_url, "model": "large"})
    with open_asker(options, tmp_path / "online.sqlite") as online:
        online.per_prompt = 3
        assert got == online.ask_all(mixed())
        assert list(batch.cache.export()) == list(online.cache.export())
    assert provider.ledger.money == 3 * half > 0
    assert kinds(got) == ["answer"] * len(got)


def test_the_provider_bills_what_we_count(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """Requests, tokens and money of the run and of the cache are those of the provider's ledger."""
    provider.fail("malformed", when="thing 1?", times=1)
    asker = open_batch_asker(prices=PRICES)
    asker.ask_all(questions(5))
    stats, ledger = asker.stats, provider.ledger
    assert (stats.prompt_tokens, stats.completion_tokens) == ledger.tokens
    assert (stats.requests, stats.repeated, stats.live) == (ledger.requests, 1, 5) == (6, 1, 5)
    sent, received = ledger.tokens
    assert stats.money == (sent * Decimal(3) + received * Decimal(12)) / 2 / 1_000_000
    assert [(b.kind, b.calls, b.prompt_tokens, b.completion_tokens) for b in asker.cache.billed()] == [
        ("names (batch)", 6, sent, received)
    ]


def test_nothing_is_left_behind(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """Files at the provider are deleted, no job and no lease stays, and what was asked costs nothing the next time."""
    asker = open_batch_asker()
    progress: list[int] = []
    asker.ask_all(questions(6), progress.append)
    assert (provider.shelf.files, asker.cache.jobs(), asker.cache.leased()) == ({}, [], 0)
    assert sum(progress) == 6
    again = open_batch_asker()
    again.ask_all(questions(6))
    assert (batches(provider), again.stats.cached) == (1, 6)


@pytest.mark.parametrize("name", ["rate limit", "server error", "bad gateway", "closed", "no choices"])
def test_a_line_that_fails_goes_into_the_next_job(provider: Provider, open_batch_asker: OpenAsker, name: str) -> None:
    """Whether it has an error, no line at all or no completion: the others are kept, and it is asked once more."""
    provider.fail(name, when="thing 2?", times=1)
    asker = open_batch_asker()
    assert kinds(asker.ask_all(questions(4))) == ["answer"] * 4
    assert (batches(provider), provider.ledger.asked("thing 2?"), asker.stats.repeated) == (2, 2, 1)
    assert not provider.ledger.paid_twice()


def test_after_the_last_try_there_is_a_failure_to_retry(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """It says why; the next run asks again, from the beginning."""
    provider.fail("server error", when="thing 2?", times=3)
    asker = open_batch_asker(max_tries=3)
    got = asker.ask_all(questions(4))
    failed = got[2]
    assert isinstance(failed, Failure)
    assert (failed.reason, failed.retryable, batches(provider)) == ("no answer", True, 3)
    assert "server had an error" in failed.detail
    assert (asker.cache.leased(), asker.stats.failed) == (0, 1)
    assert kinds(asker.ask_all(questions(4))) == ["answer"] * 4


def test_a_bad_reply_is_shown_to_the_model_once(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """The second request holds the first reply and what was wrong with it."""
    provider.fail("off schema", when="thing 1?", times=1)
    assert kinds(open_batch_asker().ask_all(questions(2))) == ["answer", "answer"]
    repair = provider.ledger.entries[-1]
    assert "That reply cannot be used (not the schema" in repair.last


def test_a_reply_that_was_cut_short_gets_more_room(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """The same request, with three times the tokens."""
    rooms: list[int | None] = []

    def reply(asked: Any) -> Reply:
        rooms.append(asked.room)
        return fault("truncated") if len(rooms) == 1 else names("milk")

    provider.reply(reply, when="thing 0?")
    assert kinds(open_batch_asker().ask_all(questions(1))) == ["answer"]
    assert rooms == [60, 180]


def test_two_bad_replies_are_a_dead_letter(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """It tells of both, is not asked again, and is when it is told to be."""
    provider.fail("malformed", when="thing 1?", times=1)
    provider.fail("off schema", when="cannot be used", times=1)
    asker = open_batch_asker()
    failed = asker.ask_all(questions(2))[1]
    assert isinstance(failed, Failure)
    assert (failed.reason, failed.retryable) == ("bad reply", False)
    assert "the first reply: not the schema" in failed.detail
    assert kinds(open_batch_asker().ask_all(questions(2))) == ["answer", "bad reply"]
    assert provider.ledger.requests == 3
    assert kinds(open_batch_asker(retry_dead=True).ask_all(questions(2))) == ["answer", "answer"]


@pytest.mark.parametrize("name", ["refusal", "filtered", "too long", "forbidden content"])
def test_a_refused_question_is_not_asked_again(provider: Provider, open_batch_asker: OpenAsker, name: str) -> None:
    """It is a dead letter at once."""
    provider.fail(name, when="thing 1?")
    assert kinds(open_batch_asker().ask_all(questions(3))) == ["answer", "refused", "answer"]
    assert (batches(provider), provider.ledger.requests) == (1, 3)


@pytest.mark.parametrize("name", ["missing id", "doubled id", "extra id"])
def test_a_faulty_line_of_a_shared_prompt_is_asked_alone(
    provider: Provider, open_batch_asker: OpenAsker, name: str
) -> None:
    """Only that one; an answer nobody asked for is nobody's."""
    provider.fail(name, times=1)
    asked = [question("What goes with these?\n{lines}", line=f"thing {number}") for number in range(4)]
    assert kinds(open_batch_asker(per_prompt=4).ask_all(asked)) == ["answer"] * 4
    assert provider.ledger.requests == (1 if name == "extra id" else 2)
    assert not provider.ledger.paid_twice()


def test_an_expired_batch_is_kept_as_far_as_it_came(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """What was done is stored and paid for, the rest goes into the next job."""
    provider.batch_plan = BatchPlan(progress_s=1e-3, expire_after_s=5e-4)
    got = kinds(open_batch_asker().ask_all(questions(32)))
    assert set(got) == {"answer", "no answer"}
    assert (got.count("answer"), batches(provider)) == (len(provider.ledger.billed), 4)
    assert got.count("answer") > 20
    assert not provider.ledger.paid_twice()


def test_a_cancelled_batch_is_not_sent_again(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """Somebody did not want it: its questions are failures of this run, and are asked by the next."""
    provider.batch_plan = BatchPlan(progress_s=FOREVER)
    asker = open_batch_asker()

    def cancel() -> None:
        with sdk_client(provider.base_url) as sdk:
            while not batches(provider):
                threading.Event().wait(0.005)
            sdk.batches.cancel("batch_00000001")

    with ThreadPoolExecutor(1) as pool:
        cancelled = pool.submit(cancel)
        got = asker.ask_all(questions(3))
        cancelled.result()
    assert kinds(got) == ["no answer"] * 3
    assert batches(provider) == 1
    provider.batch_plan = BatchPlan()
    assert kinds(asker.ask_all(questions(3))) == ["answer"] * 3


def test_jobs_are_as_large_as_may_be(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """No file has more requests than allowed; all go at once."""
    provider.batch_plan = BatchPlan(max_requests=4)
    assert kinds(open_batch_asker(batch={"max_requests": 4}).ask_all(questions(10))) == ["answer"] * 10
    assert [len(batch.lines) for batch in provider.batches.batches.values()] == [4, 4, 2]


def test_no_file_is_longer_than_allowed(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """Requests are divided by their bytes, too."""
    provider.batch_plan = BatchPlan(max_bytes=2_000, upload_bytes=2_000)
    assert kinds(open_batch_asker(batch={"max_bytes": 2_000}).ask_all(questions(10))) == ["answer"] * 10
    assert 3 <= batches(provider) <= 10


def test_a_full_queue_is_waited_for(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """What the provider does not let wait any more is sent when what is waiting has ended, in parts if need be."""
    provider.batch_plan = BatchPlan(enqueued_tokens=60, progress_s=0.02)
    for most in (3, 50):
        asked = [question(f"thing {number} of {most}?") for number in range(9)]
        assert kinds(open_batch_asker(batch={"max_requests": most}).ask_all(asked)) == ["answer"] * 9
    assert {batch.status for batch in provider.batches.batches.values()} == {"completed", "failed"}
    assert not provider.ledger.paid_twice()


def test_a_question_that_never_fits_the_queue_is_a_failure(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """It is tried as often as is allowed, alone, and says what the provider said."""
    provider.batch_plan = BatchPlan(enqueued_tokens=1)
    got = open_batch_asker(max_tries=2).ask_all(questions(2))
    assert kinds(got) == ["no answer"] * 2
    assert all("Enqueued token limit" in each.detail for each in got if isinstance(each, Failure))


def test_a_batch_that_the_provider_refuses_stops_the_run(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """The error says why; nothing is leased any more, and a better file may be sent."""
    provider.batch_plan = BatchPlan(max_requests=2)
    asker = open_batch_asker()
    with pytest.raises(ModelError, match=r"refuses batch batch_00000001: .* too many requests: 3, at most 2"):
        asker.ask_all(questions(3))
    assert (asker.cache.jobs(), asker.cache.leased()) == ([], 0)
    assert kinds(open_batch_asker(batch={"max_requests": 2}).ask_all(questions(3))) == ["answer"] * 3


def test_a_file_that_the_provider_refuses_stops_the_run(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """The error says why, and nothing is leased any more."""
    provider.batch_plan = BatchPlan(upload_bytes=100)
    asker = open_batch_asker()
    with pytest.raises(ModelError, match=r"takes no batch: .*File is too large"):
        asker.ask_all(questions(3))
    assert (asker.cache.jobs(), asker.cache.leased()) == ([], 0)


def test_a_wrong_key_stops_the_run(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """One line that says so, as online."""
    provider.api_keys = frozenset({"another"})
    with pytest.raises(ModelError, match="Incorrect API key"):
        open_batch_asker(api_key="mine").ask_all(questions(3))


def test_no_quota_stops_the_run_and_keeps_what_came(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """A line that says that no question will be answered is an error, once the other lines are stored."""
    provider.fail("no quota", when="thing 1?", times=1)
    asker = open_batch_asker()
    with pytest.raises(ModelError, match="no quota left"):
        asker.ask_all(questions(3))
    assert kinds(asker.ask_all(questions(3))) == ["answer"] * 3
    assert provider.ledger.asked("thing 0?") == 1


@pytest.mark.parametrize(
    ("budget", "least", "most"), [({"calls": 4}, 4, 4), ({"tokens": 1_500}, 3, 8), ({"money": "0.004"}, 2, 9)]
)
def test_no_more_is_sent_than_the_budget_allows(
    provider: Provider, open_batch_asker: OpenAsker, budget: dict[str, Any], least: int, most: int
) -> None:
    """As many as fit are answered, the others are failures that name the budget; the bill stays within it."""
    asker = open_batch_asker(budget=budget, prices=PRICES)
    got = kinds(asker.ask_all(questions(40)))
    assert set(got) == {"answer", "budget"}
    assert got.count("answer") >= least
    assert (asker.stats.unasked, asker.cache.leased()) == (got.count("budget"), 0)
    assert "the budget is reached" in asker.stats.budget
    if "calls" in budget:
        assert got.count("answer") <= most
    sent, received = provider.ledger.tokens
    assert sent + received <= budget.get("tokens", 1e9)
    assert (sent * Decimal(3) + received * Decimal(12)) / 2 / 1_000_000 <= Decimal(budget.get("money", 1))


def test_batches_are_reserved_at_half_the_price(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """A budget in money goes twice as far."""
    first, second = (
        open_batch_asker(
            budget={"money": "0.0006"}, prices={"models": {"large": {**PRICES["models"]["large"], **more}}}
        )
        for more in ({}, {"batch_factor": "0.0"})
    )
    assert "budget" in kinds(first.ask_all(questions(20)))
    assert kinds(second.ask_all(questions(20))) == ["answer"] * 20


def test_cached_answers_need_no_provider(provider: Provider, open_batch_asker: OpenAsker, tmp_path: Path) -> None:
    """Answers are there without an endpoint; a question without one fails for want of it."""
    open_batch_asker().ask_all(questions(2))
    nowhere = open_batch_asker(base_url="http://127.0.0.1:9/v1")
    assert kinds(nowhere.ask_all(questions(2))) == ["answer"] * 2
    assert AnswerCache(tmp_path / "answers.sqlite").jobs() == []
