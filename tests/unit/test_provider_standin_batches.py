"""The stand-in provider's files and batches, through the API's own client: their course, results, limits and price."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import openai
import pytest
from openai.types import Batch

from tests.servers.provider import BatchPlan, Faults, Provider
from tests.servers.provider_talk import NAMES, body, post, sdk_client

FOREVER = 1e9
CHAT = "/v1/chat/completions"


@pytest.fixture
def sdk(provider: Provider) -> Iterator[openai.OpenAI]:
    """The API's own client."""
    with sdk_client(provider.base_url) as client:
        yield client


def line(name: str, **changes: Any) -> str:
    """Return one line of an input file that asks about ``name``."""
    sent = body(f"{name}?", NAMES, max_completion_tokens=60)
    return json.dumps({"custom_id": name, "method": "POST", "url": CHAT, "body": sent, **changes})


def lines(count: int) -> list[str]:
    """Return lines that ask about different things."""
    return [line(f"thing {number}") for number in range(count)]


def submit(sdk: openai.OpenAI, rows: list[str], **more: Any) -> Batch:
    """Upload the lines and make a batch of them."""
    file = sdk.files.create(file=("questions.jsonl", "\n".join(rows).encode()), purpose="batch")
    return sdk.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h", **more)


def results(sdk: openai.OpenAI, file_id: str | None) -> list[dict[str, Any]]:
    """Return the lines of a result file; no file has none."""
    return [json.loads(row) for row in sdk.files.content(file_id).text.splitlines()] if file_id else []


def test_a_batch_is_answered_out_of_order_at_half_the_price(provider: Provider, sdk: openai.OpenAI) -> None:
    """Answers, tokens and questions are those of the same requests made online; the order is another."""
    made = submit(sdk, lines(20), metadata={"build": "b1"})
    assert (made.status, made.metadata) == ("validating", {"build": "b1"})
    done = sdk.batches.retrieve(made.id)
    assert (done.status, done.error_file_id) == ("completed", None)
    assert done.request_counts is not None
    assert (done.request_counts.total, done.request_counts.completed, done.request_counts.failed) == (20, 20, 0)
    got = results(sdk, done.output_file_id)
    assert sorted(each["custom_id"] for each in got) == sorted(f"thing {n}" for n in range(20))
    assert [each["custom_id"] for each in got] != [f"thing {n}" for n in range(20)]
    half = provider.ledger.money
    for each in got:
        online = json.loads(post(provider.base_url, json.loads(line(each["custom_id"]))["body"])[2])
        assert each["response"] == {**each["response"], "status_code": 200, "body": online}
    assert half * 3 == provider.ledger.money > 0
    assert done.usage is not None
    assert (done.usage.input_tokens, done.usage.output_tokens) == tuple(each // 2 for each in provider.ledger.tokens)
    assert len(provider.ledger.paid_twice()) == 20, "a question is the same online and in a batch"


def test_a_batch_goes_through_its_statuses(provider: Provider, sdk: openai.OpenAI) -> None:
    """It stays where the plan holds it, goes on when that changes, and costs nothing before it is answered."""
    provider.batch_plan = BatchPlan(validating_s=FOREVER, progress_s=FOREVER, finalizing_s=FOREVER)
    made = submit(sdk, lines(3))
    seen = [sdk.batches.retrieve(made.id).status]
    for plan in (BatchPlan(progress_s=FOREVER), BatchPlan(finalizing_s=FOREVER), BatchPlan()):
        assert provider.ledger.money == 0
        provider.batch_plan = plan
        seen.append(sdk.batches.retrieve(made.id).status)
    assert seen == ["validating", "in_progress", "finalizing", "completed"]
    assert provider.ledger.calls == {"POST /v1/files": 1, "POST /v1/batches": 1, "GET /v1/batches/{id}": 4}


def test_a_batch_outlives_its_client(provider: Provider) -> None:
    """Whoever comes later finds the batch in the list, page by page, and its files."""
    with sdk_client(provider.base_url) as first:
        made = [submit(first, lines(count)).id for count in (1, 2, 3)]
    with sdk_client(provider.base_url) as second:
        found = list(second.batches.list(limit=2))
        assert [batch.id for batch in found] == made[::-1]
        assert len(results(second, found[0].output_file_id)) == 3


def test_some_lines_fail(provider: Provider, sdk: openai.OpenAI) -> None:
    """Lines with an error status are in the error file; those whose connection closes are in neither."""
    for name, words in (("rate limit", "thing 1?"), ("bad gateway", "thing 2?"), ("closed", "thing 3?")):
        provider.fail(name, when=words)
    provider.fail("off schema", when="thing 4?")
    done = sdk.batches.retrieve(submit(sdk, lines(6)).id)
    bad = {each["custom_id"]: each["response"] for each in results(sdk, done.error_file_id)}
    assert {name: response["status_code"] for name, response in bad.items()} == {"thing 1": 429, "thing 2": 502}
    assert bad["thing 1"]["body"]["error"]["code"] == "rate_limit_exceeded"
    assert {each["custom_id"] for each in results(sdk, done.output_file_id)} == {"thing 0", "thing 4", "thing 5"}
    assert done.request_counts is not None
    assert (done.request_counts.completed, done.request_counts.failed) == (3, 3)


def test_a_share_of_lines_fails(provider: Provider, sdk: openai.OpenAI) -> None:
    """Batches have a share of faults of their own."""
    provider.batch_plan = BatchPlan(faults=Faults(0.5, {"server error": 1}))
    done = sdk.batches.retrieve(submit(sdk, lines(40)).id)
    assert 5 < len(results(sdk, done.error_file_id)) < 35


def test_a_batch_expires_with_what_is_done(provider: Provider, sdk: openai.OpenAI) -> None:
    """Half of the lines are answered and paid for, the others say that the time was up."""
    provider.batch_plan = BatchPlan(progress_s=1e-3, expire_after_s=5e-4)
    done = sdk.batches.retrieve(submit(sdk, lines(11)).id)
    while done.status == "in_progress":
        done = sdk.batches.retrieve(done.id)
    assert done.status == "expired"
    assert len(results(sdk, done.output_file_id)) == len(provider.ledger.billed) == 5
    assert [each["error"]["code"] for each in results(sdk, done.error_file_id)] == ["batch_expired"] * 6


def test_a_batch_can_be_cancelled_once(provider: Provider, sdk: openai.OpenAI) -> None:
    """What was not done by then is not done, nor paid for; an ended batch cannot be cancelled."""
    provider.batch_plan = BatchPlan(progress_s=FOREVER)
    made = submit(sdk, lines(4))
    assert sdk.batches.cancel(made.id).status == "cancelling"
    done = sdk.batches.retrieve(made.id)
    assert (done.status, done.output_file_id) == ("cancelled", None)
    assert {each["error"]["code"] for each in results(sdk, done.error_file_id)} == {"batch_cancelled"}
    assert provider.ledger.money == Decimal(0)
    with pytest.raises(openai.ConflictError):
        sdk.batches.cancel(made.id)


@pytest.mark.parametrize(
    ("row", "code", "number"),
    [
        ("{not json", "invalid_json_line", 2),
        ("[]", "invalid_json_line", 2),
        (line("thing 0"), "duplicate_custom_id", 2),
        (line("x", url="/v1/embeddings"), "mismatched_endpoint", 2),
        (line("x", method="GET"), "invalid_method", 2),
        (line("x", body=None), "missing_required_parameter", 2),
        (line("x", body=body("x?", model="small")), "mismatched_model", 2),
        (json.dumps({"method": "POST", "url": CHAT, "body": {}}), "missing_required_parameter", 2),
    ],
)
def test_one_wrong_line_fails_a_batch(provider: Provider, sdk: openai.OpenAI, row: str, code: str, number: int) -> None:
    """The batch says which line and why; nothing is answered."""
    done = sdk.batches.retrieve(submit(sdk, [line("thing 0"), row]).id)
    assert done.status == "failed"
    assert done.errors is not None
    assert [(each.code, each.line) for each in done.errors.data or []] == [(code, number)]
    assert provider.ledger.requests == 0


@pytest.mark.parametrize(
    ("plan", "rows", "code"),
    [
        (BatchPlan(max_requests=2), 3, "too_many_tasks"),
        (BatchPlan(max_bytes=1000), 3, "max_bytes_exceeded"),
        (BatchPlan(enqueued_tokens=30), 3, "token_limit_exceeded"),
        (BatchPlan(), 0, "empty_file"),
    ],
)
def test_a_batch_beyond_the_limits_fails(
    sdk: openai.OpenAI, provider: Provider, plan: BatchPlan, rows: int, code: str
) -> None:
    """Too many lines, bytes or waiting tokens, or none at all."""
    provider.batch_plan = plan
    done = sdk.batches.retrieve(submit(sdk, lines(rows)).id)
    assert done.errors is not None
    assert [each.code for each in done.errors.data or []] == [code]


def test_waiting_tokens_are_free_again_when_a_batch_ends(provider: Provider, sdk: openai.OpenAI) -> None:
    """A second batch fails while the first waits, and passes after it."""
    provider.batch_plan = BatchPlan(progress_s=FOREVER, enqueued_tokens=60)
    submit(sdk, lines(3))
    assert sdk.batches.retrieve(submit(sdk, lines(3)).id).status == "failed"
    provider.batch_plan = BatchPlan(enqueued_tokens=60)
    assert sdk.batches.retrieve(submit(sdk, lines(3)).id).status == "completed"


def test_files_are_kept_listed_and_deleted(provider: Provider, sdk: openai.OpenAI) -> None:
    """A file comes back byte for byte; a deleted one is gone; a batch file has its format and its size."""
    content = bytes(range(256)) + b"\r\n--boundary\r\n"
    file = sdk.files.create(file=("notes.bin", content), purpose="user_data")
    assert (file.bytes, file.filename, file.purpose) == (len(content), "notes.bin", "user_data")
    assert sdk.files.content(file.id).content == content
    assert [each.id for each in sdk.files.list(purpose="user_data")] == [file.id]
    assert sdk.files.retrieve(file.id).id == file.id
    assert sdk.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        sdk.files.content(file.id)
    with pytest.raises(openai.BadRequestError):
        sdk.files.create(file=("notes.txt", b"x"), purpose="batch")
    provider.batch_plan = BatchPlan(upload_bytes=10)
    with pytest.raises(openai.APIStatusError, match="too large"):
        sdk.files.create(file=("q.jsonl", b"x" * 11), purpose="batch")


def test_a_batch_needs_a_file_for_batches(sdk: openai.OpenAI) -> None:
    """A file that is not there, or is for something else, makes no batch."""
    file = sdk.files.create(file=("q.jsonl", line("tea").encode()), purpose="user_data")
    with pytest.raises(openai.BadRequestError):
        sdk.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
    with pytest.raises(openai.NotFoundError):
        sdk.batches.create(input_file_id="file-none", endpoint=CHAT, completion_window="24h")
    with pytest.raises(openai.NotFoundError):
        sdk.batches.retrieve("batch_none")


def test_embeddings_come_in_batches(provider: Provider, sdk: openai.OpenAI) -> None:
    """A batch may be for the other endpoint, too."""
    row = line("tea", url="/v1/embeddings", body={"model": "embed", "input": "tea", "dimensions": 8})
    file = sdk.files.create(file=("q.jsonl", row.encode()), purpose="batch")
    made = sdk.batches.create(input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h")
    (got,) = results(sdk, sdk.batches.retrieve(made.id).output_file_id)
    assert len(got["response"]["body"]["data"][0]["embedding"]) == 8
    assert provider.ledger.money == Decimal("0.02") / 2 / 1_000_000
