"""Jobs of the batch interface outlive whoever sent them: they are collected by the next, and never paid for twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO

import pytest

from extractors.llm.asker import Asker
from extractors.llm.batch_api import BatchApi
from extractors.llm.batch_jobs import Earlier
from extractors.llm.questions import Question
from kg.model import Failure
from tests.parts.batches import batches, interrupted, kinds, question, questions, request
from tests.servers.provider import BatchPlan, Provider
from tests.servers.provider_talk import sdk_client

OpenAsker = Callable[..., Asker]
FOREVER = 1e9


def test_ctrl_c_leaves_a_batch_running_and_the_next_run_collects_it(
    provider: Provider, open_batch_asker: OpenAsker, caplog: pytest.LogCaptureFixture
) -> None:
    """Also what nobody asks any more is stored; nothing is asked again."""
    provider.batch_plan = BatchPlan(progress_s=FOREVER)
    first = open_batch_asker()
    interrupted(first, questions(5), lambda: batches(provider) == 1)
    assert "batches that go on at the provider: 1" in caplog.text
    (job,) = first.cache.jobs()
    assert (job.model, job.questions) == ("large", 5)
    provider.batch_plan = BatchPlan()
    second = open_batch_asker()
    assert kinds(second.ask_all([question("thing 1?"), question("new?")])) == ["answer"] * 2
    assert len(second.cache.get_many([each.key("large") for each in questions(5)])) == 5
    assert (second.cache.jobs(), second.cache.leased(), provider.ledger.requests) == ([], 0, 6)
    assert not provider.ledger.paid_twice()
    assert (second.stats.prompt_tokens, second.stats.completion_tokens) == provider.ledger.tokens


def test_an_online_run_waits_for_what_a_batch_holds(
    provider: Provider, open_batch_asker: OpenAsker, open_provider_asker: OpenAsker
) -> None:
    """It collects the batch that an earlier run has left, and asks the rest itself."""
    provider.batch_plan = BatchPlan(progress_s=FOREVER)
    interrupted(open_batch_asker(), questions(3), lambda: batches(provider) == 1)
    provider.batch_plan = BatchPlan()
    online = open_provider_asker(batch={"poll_s": 0.01})
    assert kinds(online.ask_all(questions(5))) == ["answer"] * 5
    assert sorted(entry.transport for entry in provider.ledger.entries) == ["batch"] * 3 + ["online"] * 2


def test_a_batch_whose_name_was_not_noted_is_found(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """Whoever comes next finds it at the provider by our name for the job."""
    provider.batch_plan = BatchPlan(progress_s=FOREVER)
    first = open_batch_asker()
    interrupted(first, questions(3), lambda: bool(first.cache.jobs() and first.cache.jobs()[0].batch))
    (job,) = first.cache.jobs()
    first.cache.batches.note(job.id, "uploaded", files=job.files)
    provider.batch_plan = BatchPlan()
    assert kinds(open_batch_asker().ask_all(questions(3))) == ["answer"] * 3
    assert (batches(provider), provider.ledger.requests, provider.shelf.files) == (1, 3, {})


def left_behind(asker: Asker, asked: list[Question]) -> str:
    """File a job of a process that is no more, to which nothing has come at the provider yet; return its name."""
    keys = {each.key("large"): replace(each, messages=()) for each in asked}
    assert asker.cache.claim(list(keys), "gone", 600).mine == tuple(keys)
    requests = {key[:32]: request(line, key, each) for line, (key, each) in enumerate(keys.items(), 1)}
    assert asker.cache.batches.open("left", "large", requests, "gone", 600)
    asker.cache.batches.leave(["left"], "gone")
    return "left"


def test_a_job_that_was_never_sent_is_given_up(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """Its questions are free, and are asked by whoever wants them."""
    asker = open_batch_asker()
    left_behind(asker, questions(3))
    assert kinds(asker.ask_all(questions(2))) == ["answer"] * 2
    assert (provider.ledger.requests, asker.cache.jobs(), asker.cache.leased()) == (2, [], 0)


def test_a_file_without_a_batch_is_deleted_and_its_questions_asked(
    provider: Provider, open_batch_asker: OpenAsker
) -> None:
    """Nothing can come of it later; it counts as a try."""
    asker = open_batch_asker()
    job = left_behind(asker, questions(3))
    with sdk_client(provider.base_url) as sdk:
        file = BatchApi(sdk).upload(BytesIO(b"{}\n"), job)
    asker.cache.batches.note(job, "uploaded", files=[file])
    assert kinds(asker.ask_all(questions(3))) == ["answer"] * 3
    assert (batches(provider), provider.shelf.files, asker.cache.jobs()) == (1, {}, [])


def test_a_batch_that_the_provider_does_not_know_is_given_up(
    provider: Provider, open_batch_asker: OpenAsker, caplog: pytest.LogCaptureFixture
) -> None:
    """After a word of warning its questions are asked again."""
    asker = open_batch_asker()
    asker.cache.batches.note(left_behind(asker, questions(3)), "sent", batch="batch_none", files=["file-none"])
    assert kinds(asker.ask_all(questions(3))) == ["answer"] * 3
    assert "knows no batch batch_none any more" in caplog.text


def test_files_of_a_job_that_was_stored_are_still_deleted(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """Whoever was killed before deleting them leaves that to the next."""
    asker = open_batch_asker()
    job = left_behind(asker, questions(1))
    with sdk_client(provider.base_url) as sdk:
        file = BatchApi(sdk).upload(BytesIO(b"{}\n"), job)
    asker.cache.batches.end(job, {}, [file, "file-none"])
    assert kinds(asker.ask_all(questions(1))) == ["answer"]
    assert (provider.shelf.files, asker.cache.jobs()) == ({}, [])


def test_a_bad_reply_is_remembered_over_runs(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """A repair that could not be sent before the run ended is what the next run sends."""
    asker = open_batch_asker()
    key = questions(1)[0].key("large")
    earlier = Earlier(kind="bad reply", fault="not the schema", said="{", alone=True)
    asker.cache.batches.end(left_behind(asker, questions(1)), {key: earlier}, [])
    provider.fail("malformed", when="cannot be used")
    failed = asker.ask_all(questions(1))[0]
    assert isinstance(failed, Failure)
    assert failed.reason == "bad reply"
    assert provider.ledger.requests == 1


def test_two_that_ask_the_same_pay_once(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """One sends, the other waits for what it gets; both have every answer."""
    provider.batch_plan = BatchPlan(progress_s=0.05)
    with ThreadPoolExecutor(3) as pool:
        shared = open_batch_asker()
        askers = [shared, shared, open_batch_asker()]
        under_way = [pool.submit(asker.ask_all, questions(20)) for asker in askers]
        got = [each.result() for each in under_way]
    assert [kinds(each) for each in got] == [["answer"] * 20] * 3
    assert provider.ledger.requests == 20


def test_jobs_are_listed_while_they_are_under_way(provider: Provider, open_batch_asker: OpenAsker) -> None:
    """With model, status, open questions and since when."""
    provider.batch_plan = BatchPlan(progress_s=FOREVER)
    asker = open_batch_asker(batch={"max_requests": 2})
    interrupted(asker, questions(3), lambda: [job.status for job in asker.cache.jobs()] == ["sent", "sent"])
    jobs = asker.cache.jobs()
    assert [(job.model, job.status, job.questions) for job in jobs] == [("large", "sent", 2), ("large", "sent", 1)]
    assert jobs[0].since <= jobs[1].since
    assert asker.cache.leased() == 3
