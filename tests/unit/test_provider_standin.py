"""The stand-in for a paid provider: it speaks the API, answers to any schema, fails as told, and bills exactly."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from operator import mul
from typing import Any, cast

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion

from tests.servers.provider import Asked, Price, Provider, yes
from tests.servers.provider_answers import default_reply
from tests.servers.provider_embeddings import vector
from tests.servers.provider_process import running_process
from tests.servers.provider_schema import fits
from tests.servers.provider_talk import LISTED, NAMES, body, closed, post, said, sdk_client
from tests.servers.provider_tokens import count, pieces, prompt_tokens


@pytest.fixture
def sdk(provider: Provider) -> Iterator[openai.OpenAI]:
    """The API's own client."""
    with sdk_client(provider.base_url) as client:
        yield client


def complete(sdk: openai.OpenAI, sent: dict[str, Any]) -> ChatCompletion:
    """Return what the client makes of the answer to a chat request."""
    create = cast("Callable[..., ChatCompletion]", sdk.chat.completions.create)
    return create(**sent)


def test_the_sdk_reads_a_completion(provider: Provider, sdk: openai.OpenAI) -> None:
    """Content, finish reason and usage come as the API has them; the usage is what the ledger bills."""
    completion = complete(sdk, body("tea?", NAMES))
    assert fits(json.loads(completion.choices[0].message.content or ""), NAMES)
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage is not None
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == provider.ledger.tokens


def test_the_sdk_reads_log_probabilities(provider: Provider, sdk: openai.OpenAI) -> None:
    """The first token comes with as many alternatives as were asked for, the likeliest first."""
    provider.reply(yes(0.8))
    logprobs = complete(sdk, body("tea?")).choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    assert [each.token for each in logprobs.content[0].top_logprobs] == ["Yes", "No"]
    assert math.exp(logprobs.content[0].logprob) == pytest.approx(0.72)


def test_the_sdk_reads_embeddings_and_models(provider: Provider, sdk: openai.OpenAI) -> None:
    """Vectors are the same as numbers and as base64, have the dimensions asked for, and are billed."""
    packed = sdk.embeddings.create(model="embed", input=["oat milk", "rope"], dimensions=64)
    plain = sdk.embeddings.create(model="embed", input=["oat milk", "rope"], dimensions=64, encoding_format="float")
    assert len(packed.data[1].embedding) == 64
    assert packed.data[1].embedding == pytest.approx(plain.data[1].embedding, abs=1e-6)
    assert provider.ledger.entries[0].prompt_tokens == packed.usage.prompt_tokens == 3
    assert "embed" in [model.id for model in sdk.models.list()]
    with pytest.raises(openai.BadRequestError):
        sdk.embeddings.create(model="embed", input=["tea", ""])


@given(st.text(min_size=1))
def test_embeddings_are_unit_vectors(text: str) -> None:
    """Whatever the text, the vector has length 1 and is the same each time."""
    assert math.hypot(*vector(text)) == pytest.approx(1)
    assert vector(text) == vector(text)


def test_alike_texts_have_alike_vectors() -> None:
    """Spelling brings texts together."""
    milk, milks, rope = vector("oat milk"), vector("oat milks"), vector("climbing rope")
    assert sum(map(mul, milk, milks)) > 0.8
    assert abs(sum(map(mul, milk, rope))) < 0.4


def schemas() -> st.SearchStrategy[dict[str, Any]]:
    """Schemas of structured replies, nested."""
    leaf = st.one_of(
        st.integers(1, 80).map(lambda most: {"type": "string", "maxLength": most}),
        st.lists(st.text(max_size=5), min_size=1, unique=True).map(lambda values: {"type": "string", "enum": values}),
        st.integers(-5, 5).map(lambda low: {"type": "integer", "minimum": low, "maximum": low + 3}),
        st.sampled_from([{"type": kind} for kind in ("number", "boolean", "null", "integer", "string")]),
        st.just({"anyOf": [{"type": "string"}, {"type": "null"}]}),
        st.just({"$ref": "#/$defs/Pair"}),
    )
    more = st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.tuples(inner, st.integers(0, 6)).map(lambda p: {"type": "array", "items": p[0], "maxItems": p[1]}),
            st.dictionaries(st.sampled_from("abc"), inner, min_size=1).map(closed),
        ),
        max_leaves=6,
    )
    pair = closed({"left": {"type": "string"}, "right": {"type": "integer"}})
    return st.dictionaries(st.sampled_from(["name", "reason", "items"]), more, min_size=1).map(
        lambda properties: {**closed(properties), "$defs": {"Pair": pair}}
    )


@given(schemas(), st.text(), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_an_answer_fits_whatever_schema_is_asked_for(schema: dict[str, Any], text: str, seed: int) -> None:
    """The default answer is valid, and the same to the same question."""
    asked = Asked(body(text, schema), seed=seed)
    assert fits(json.loads(default_reply(asked).content or ""), schema)
    assert default_reply(asked) == default_reply(Asked(body(text, schema), seed=seed))


def test_packed_lines_are_answered_as_alone(provider: Provider) -> None:
    """Whatever a line shares its prompt with, its answer and its key are the same; each line has its number."""
    together = said(provider.base_url, body("Say:\n1. tea\n2. milk\n3. rope\nNow.", LISTED))["answers"]
    alone = said(provider.base_url, body("Say:\n1. milk\nNow.", LISTED))["answers"]
    assert [each["id"] for each in together] == [1, 2, 3]
    assert together[1]["items"] == alone[0]["items"]
    first, second = provider.ledger.entries
    assert second.questions == second.answered == (first.questions[1],)
    assert provider.ledger.paid_twice() == {first.questions[1]: 2}


def test_groups_hold_every_numbered_line_once(provider: Provider) -> None:
    """A reply with lists of line numbers shares the lines out."""
    member = {"type": "array", "items": {"type": "integer"}}
    group = closed({"name": {"type": "string"}, "members": member})
    schema = {**closed({"groups": {"type": "array", "items": {"$ref": "#/$defs/G"}}}), "$defs": {"G": group}}
    groups = said(provider.base_url, body("Group:\n1. tea\n2. milk\n3. rope\n4. oil", schema))["groups"]
    assert sorted(number for each in groups for number in each["members"]) == [1, 2, 3, 4]


def test_choices_are_of_the_closed_list(provider: Provider) -> None:
    """Values of an enumeration come from it, none twice."""
    listed = {"type": "array", "items": {"type": "string", "enum": ["vegan", "kosher", "halal"]}}
    values = said(provider.base_url, body("tea?", closed({"values": listed})))["values"]
    assert values
    assert set(values) <= {"vegan", "kosher", "halal"}
    assert len(values) == len(set(values))


def test_a_reply_is_no_longer_than_its_room(provider: Provider) -> None:
    """What does not fit is cut, said to be, and no usable answer."""
    choice = json.loads(post(provider.base_url, body("tea?", NAMES, max_completion_tokens=5))[2])["choices"][0]
    assert choice["finish_reason"] == "length"
    assert provider.ledger.entries[0].completion_tokens == 5
    assert provider.ledger.entries[0].answered == ()


def test_samples_differ_a_little_and_seeds_a_lot() -> None:
    """Above temperature 0 another seed changes some names; the server's seed changes all that it answers."""

    def items(seed: int, server: int = 0, temperature: float = 1.0) -> set[str]:
        asked = Asked(body("tea?", NAMES, seed=seed, temperature=temperature), seed=server)
        return set(json.loads(default_reply(asked).content or "")["items"])

    samples = [items(seed) for seed in range(8)]
    assert len({frozenset(each) for each in samples}) > 1
    assert all(one & other for one, other in pairwise(samples))
    assert items(1, temperature=0) == items(2, temperature=0)
    assert items(1) != items(1, server=9)


@given(st.text())
def test_tokens_are_the_pieces_of_a_text(text: str) -> None:
    """Nothing is lost between them, and long texts cost about a token for 4 bytes or less."""
    assert "".join(pieces(text)) == text
    assert count(text) == len(pieces(text)) >= len(text) / 10 - 1


def test_money_is_exact(provider: Provider) -> None:
    """Every token costs what the price table says, to the last digit."""
    provider.prices = {"large": Price(Decimal("0.15"), Decimal("0.60"))}
    post(provider.base_url, body("tea?", NAMES))
    sent, received = provider.ledger.tokens
    assert sent == prompt_tokens(body("tea?")["messages"])
    assert provider.ledger.money == (sent * Decimal("0.15") + received * Decimal("0.60")) / 1_000_000


def test_only_usable_answers_are_paid_twice(provider: Provider) -> None:
    """A repeated request counts once both replies can be used; repeats of faults do not."""
    provider.fail("off schema", times=2)
    for _ in range(4):
        post(provider.base_url, body("tea?", NAMES))
    assert list(provider.ledger.paid_twice().values()) == [2]
    assert len(provider.ledger.billed) == 4


def test_prose_costs_about_four_bytes_a_token() -> None:
    """A client that counts bytes is near, and one that learns from the usage is nearer."""
    prose = "Someone buys a violin. Do they use rosin together with it? The bow needs some before it sounds at all."
    assert 3.5 <= len(prose) / count(prose) <= 4.8
    assert count("internationalisation") > count("nation")
    assert count('{"items": ["milk", "tea"]}') > len('{"items": ["milk", "tea"]}') / 4


def test_a_schema_may_be_billed(provider: Provider) -> None:
    """Where the provider counts the schema as part of the prompt, the usage says so."""
    provider.bills_schema = True
    usage = json.loads(post(provider.base_url, body("tea?", NAMES))[2])["usage"]
    assert usage["prompt_tokens"] > prompt_tokens(body("tea?")["messages"])


def test_credit_runs_out(provider: Provider) -> None:
    """After the money is spent there is no quota, and nothing more is billed."""
    provider.credit = Decimal("0.000001")
    answers = [post(provider.base_url, body("tea?", NAMES)) for _ in range(2)]
    assert [status for status, _, _ in answers] == [200, 429]
    assert "insufficient_quota" in answers[1][2]
    assert len(provider.ledger.billed) == 1


def test_a_prompt_must_leave_room_for_its_reply(provider: Provider) -> None:
    """Prompt and reply together are no longer than the context."""
    provider.context_tokens = 40
    statuses = [post(provider.base_url, body("tea?", NAMES, max_tokens=most))[0] for most in (20, 40)]
    assert statuses == [200, 400]


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/models", "/v1/files"])
def test_a_key_that_is_not_known_opens_nothing(provider: Provider, path: str) -> None:
    """Where keys are required, every endpoint asks for them."""
    provider.api_keys = frozenset({"sk-right"})
    assert post(provider.base_url, body("tea?"), path)[0] == 401


def test_what_is_no_request_is_refused(provider: Provider) -> None:
    """A body that is not JSON, a stream and a path that is not there each get an error."""
    assert post(provider.base_url, "{")[0] == 400
    assert post(provider.base_url, "[]")[0] == 400
    assert post(provider.base_url, body("tea?", stream=True))[0] == 400
    assert post(provider.base_url, body("tea?"), "/v1/nowhere")[0] == 404
    assert provider.ledger.money == 0


def test_a_process_can_be_terminated(capfd: pytest.CaptureFixture[str]) -> None:
    """It ends at once, and has nothing to complain about."""
    with running_process() as other:
        other.process.terminate()
        assert other.process.wait(20) == 0
    assert capfd.readouterr().err == ""


def test_as_a_process_it_is_the_same_server(provider: Provider) -> None:
    """Answers are those of the server in a thread; ledger and script go over HTTP; the process ends with us."""
    rules = [{"fault": "server error", "when": "rope", "times": 1}]
    with running_process(models=["large"], rules=rules) as other:
        assert said(other.base_url, body("tea?", NAMES)) == said(provider.base_url, body("tea?", NAMES))
        assert [post(other.base_url, body("rope?", NAMES))[0] for _ in range(2)] == [500, 200]
        other.script(latency={"kind": "fixed", "seconds": 0.01}, prices={"": {"input": "1"}})
        assert post(other.base_url, body("tea?", NAMES))[0] == 200
        ledger, summary = other.ledger(), other.summary()
        assert ledger.statuses() == {200: 3, 500: 1}
        assert list(ledger.paid_twice().values()) == [2]
        assert ledger.money == Decimal(summary["money"])
        assert summary["paid_twice"] == 1
        with pytest.raises(ValueError, match="latencies"):
            other.script(latencies={})
        with pytest.raises(ValueError, match="no fault called 'gremlins'"):
            other.script(faults={"share": 0.1, "mix": {"gremlins": 1}})
    with pytest.raises(OSError, match="refused"):
        post(other.base_url, body("tea?"))
