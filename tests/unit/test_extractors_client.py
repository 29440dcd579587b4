"""The client: every reply and every fault of a provider, through LangChain, becomes one of four outcomes."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from extractors.llm import client as client_module
from extractors.llm import probe
from extractors.llm.client import ChatClient
from extractors.llm.options import ModelOptions
from extractors.llm.questions import Answer, Question, ReplyKind
from extractors.llm.replies import BadReply, Refused, TemporarilyUnavailable, read
from extractors.llm.requests import request_of
from kg.errors import ModelError
from tests.servers.provider import Provider, Reply, fault, names, reason, running, yes

ROOT = Path(__file__).parents[2]


def question(reply: ReplyKind = "names") -> Question:
    """Return a question; its words do not matter here."""
    return Question("tea", reply, (("system", "Be brief."), ("user", "What goes with tea?")), 60, 0.0, 0.3)


def ask(client: ChatClient, asked: Question) -> Answer:
    """Return the answer to one question, asked once."""
    return read(asked, client.send(request_of((asked,))))


def connect(options: ModelOptions) -> ChatClient:
    """Return the real client for the main model."""
    return client_module.connect(options, options.name, options.base_url)


def options_for(provider: Provider, **settings: object) -> ModelOptions:
    """Return settings for the stand-in."""
    return ModelOptions.model_validate({"base_url": provider.base_url, "model": "large", **settings})


@pytest.fixture
def client(provider: Provider) -> Iterator[ChatClient]:
    """The real client at the stand-in."""
    options = options_for(provider, timeout_s=0.5)
    chat = connect(options)
    yield chat
    chat.close()


def test_names_come_as_they_were_named(provider: Provider, client: ChatClient) -> None:
    """A list reply is read in order, with the tokens the provider billed."""
    provider.reply(names("milk", "honey"))
    answer = ask(client, question())
    assert answer.names == ("milk", "honey")
    assert (answer.prompt_tokens, answer.completion_tokens) == provider.ledger.tokens


def test_a_reason_comes_as_one_sentence(provider: Provider, client: ChatClient) -> None:
    """The reason schema gives a sentence."""
    provider.reply(reason("Milk softens tea."))
    assert ask(client, question("reason")).reason == "Milk softens tea."


@pytest.mark.parametrize("probability", [0.0, 0.03, 0.5, 0.97, 1.0])
def test_yes_is_a_share_of_yes_and_no(provider: Provider, client: ChatClient, probability: float) -> None:
    """Other first words do not dilute the probability of yes."""
    provider.reply(yes(probability))
    assert ask(client, question("yes_no")).yes == pytest.approx(probability, abs=1e-3)


def test_spellings_of_yes_add_up(provider: Provider, client: ChatClient) -> None:
    """Tokens that differ in case and leading space are the same word."""
    top = ((" Yes", -1.0), ("yes", -1.0), ("NO", -1.0), ("Yesterday", -0.1))
    provider.reply(Reply("Yes", top=top))
    assert ask(client, question("yes_no")).yes == pytest.approx(2 / 3, abs=1e-4)


def test_a_server_that_counts_no_tokens_still_answers(provider: Provider, client: ChatClient) -> None:
    """Small servers send no usage: the answer costs nothing that we know of."""
    message = '{"role": "assistant", "content": "{\\"items\\": [\\"milk\\"]}"}'
    choice = f'{{"index": 0, "finish_reason": "stop", "message": {message}}}'
    provider.reply(Reply(raw=f'{{"id": "x", "object": "chat.completion", "model": "m", "choices": [{choice}]}}'))
    answer = ask(client, question())
    assert (answer.names, answer.prompt_tokens, answer.completion_tokens) == (("milk",), 0, 0)


def test_what_is_sent_is_what_the_question_says(provider: Provider, client: ChatClient) -> None:
    """Messages, limits, penalty and schema reach the provider; its own retries and streams are off."""
    seen: list[dict[str, object]] = []
    provider.reply(lambda asked: seen.append(asked.body) or names("milk"))
    ask(client, question())
    body = seen[0]
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What goes with tea?"},
    ]
    assert (body["model"], body["temperature"], body["frequency_penalty"]) == ("large", 0.0, 0.3)
    assert 60 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    assert "stream" not in body or body["stream"] is False


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("malformed", "not the schema: "),
        ("off schema", "not the schema: "),
        ("not json", "not the schema: "),
        ("truncated", "cut short"),
        ("empty", "not the schema: an empty reply"),
        ("null", "not the schema: an empty reply"),
    ],
)
def test_a_reply_that_is_not_the_schema_is_a_bad_reply(
    provider: Provider, client: ChatClient, name: str, words: str
) -> None:
    """A reply that was paid for but cannot be used says what is wrong with it, on one line."""
    provider.fail(name)
    with pytest.raises(BadReply, match=words) as caught:
        ask(client, question())
    assert "\n" not in str(caught.value)
    assert provider.ledger.requests == 1


@pytest.mark.parametrize(
    "reply",
    [
        fault("no logprobs"),
        fault("neither"),
        fault("empty"),
        Reply("Yes", top=(("Yesterday", -0.1),)),
    ],
)
def test_a_check_without_yes_or_no_is_a_bad_reply(provider: Provider, client: ChatClient, reply: Reply) -> None:
    """Without log-probabilities of yes and no there is no probability, and none is made up."""
    provider.reply(reply)
    with pytest.raises(BadReply):
        ask(client, question("yes_no"))


def test_an_alternative_list_that_is_missing_is_a_bad_reply(provider: Provider, client: ChatClient) -> None:
    """Servers that send a token without its alternatives do not break the client."""
    token = '{"token": "Yes", "logprob": -0.1, "top_logprobs": null}'
    message = '{"role": "assistant", "content": "Yes"}'
    choice = f'{{"index": 0, "message": {message}, "finish_reason": "stop", "logprobs": {{"content": [{token}]}}}}'
    provider.reply(Reply(raw=f'{{"id": "x", "object": "chat.completion", "model": "m", "choices": [{choice}]}}'))
    with pytest.raises(BadReply, match="no log-probabilities"):
        ask(client, question("yes_no"))


@pytest.mark.parametrize("kind", ["names", "reason", "yes_no"])
@pytest.mark.parametrize("name", ["too long", "forbidden content", "refusal"])
def test_a_question_that_is_declined_is_refused(
    provider: Provider, client: ChatClient, name: str, kind: ReplyKind
) -> None:
    """What the endpoint or the model declines concerns this question only."""
    provider.fail(name)
    with pytest.raises(Refused):
        ask(client, question(kind))


def test_a_filtered_reply_is_refused(provider: Provider, client: ChatClient) -> None:
    """A content filter's stop is no bad reply of the model."""
    provider.fail("filtered")
    with pytest.raises(Refused, match="content filter"):
        ask(client, question())


@pytest.mark.parametrize("kind", ["names", "yes_no"])
@pytest.mark.parametrize("name", ["wrong key", "no right", "unknown model", "no quota", "no credit"])
def test_what_concerns_every_question_stops(provider: Provider, client: ChatClient, name: str, kind: ReplyKind) -> None:
    """A wrong key, an unknown model or an empty account is an error with a remedy, on one line."""
    provider.fail(name)
    with pytest.raises(ModelError) as caught:
        ask(client, question(kind))
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["names", "yes_no"])
@pytest.mark.parametrize(
    "name",
    [
        "rate limit",
        "server error",
        "bad gateway",
        "overloaded",
        "timeout",
        "reset",
        "closed",
        "slow",
        "no choices",
        "null choices",
        "body not json",
        "body cut json",
    ],
)
def test_what_may_pass_is_temporary(provider: Provider, client: ChatClient, name: str, kind: ReplyKind) -> None:
    """Limits, server faults, broken connections and bodies that are no completion may be tried again, by us."""
    provider.fail(name)
    with pytest.raises(TemporarilyUnavailable) as caught:
        ask(client, question(kind))
    assert "\n" not in str(caught.value)
    if name != "slow":
        assert provider.ledger.requests == 1, "one layer retries, and it is not the SDK"


@pytest.mark.parametrize("name", ["rate limit, wait", "overloaded"])
def test_the_endpoint_says_how_long_to_wait(provider: Provider, client: ChatClient, name: str) -> None:
    """Retry-After comes with a rate limit and with an overloaded server."""
    provider.fail(name)
    with pytest.raises(TemporarilyUnavailable) as caught:
        ask(client, question())
    assert caught.value.retry_after_s == 0.01


@pytest.mark.parametrize("header", ["", "soon", "nan", "inf", "-1", "1e999"])
def test_a_wait_that_makes_no_sense_is_none(provider: Provider, client: ChatClient, header: str) -> None:
    """A header that cannot be waited for is as good as no header."""
    provider.reply(fault("rate limit", headers={"Retry-After": header}))
    with pytest.raises(TemporarilyUnavailable) as caught:
        ask(client, question())
    assert caught.value.retry_after_s is None


def test_a_wait_may_be_a_date() -> None:
    """Retry-After as a date is the time until then; one that has passed is none."""
    assert (client_module._retry_after("Fri, 31 Dec 9999 23:59:59 GMT") or 0) > 1e9
    assert client_module._retry_after("Thu, 01 Jan 1970 00:00:01 GMT") is None


def test_nobody_listening_is_temporary(tmp_path: Path) -> None:
    """A connection that is refused may be accepted later."""
    with running() as gone:
        options = options_for(gone, timeout_s=2)
    chat = connect(options)
    with pytest.raises(TemporarilyUnavailable):
        ask(chat, question())
    chat.close()


def test_the_key_is_sent_and_never_shown(provider: Provider) -> None:
    """The provider sees the key; the settings' text does not hold it."""
    provider.api_keys = frozenset({"sk-secret"})
    options = options_for(provider, api_key=SecretStr("sk-secret"))
    chat = connect(options)
    ask(chat, question())
    chat.close()
    assert provider.ledger.entries[0].api_key == "sk-secret"
    assert "sk-secret" not in repr(options)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_a_model_on_this_machine_is_not_asked_through_a_proxy(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """A proxy in the environment is for the world outside."""
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    options = options_for(provider)
    chat = connect(options)
    assert ask(chat, question()).names
    chat.close()


def test_the_probe_asks_one_small_question(provider: Provider) -> None:
    """A probe of a working endpoint costs one request."""
    assert probe.ask(options_for(provider)) == "answers"
    assert len(provider.ledger.billed) == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wrong key", "refuses us"),
        ("server error", "no answer"),
        ("no logprobs", "not usably"),
        ("refusal", "not usably"),
    ],
)
def test_the_probe_says_what_a_build_would_meet(provider: Provider, name: str, words: str) -> None:
    """Whatever is wrong with an endpoint is an error with a remedy before a build starts."""
    provider.fail(name)
    with pytest.raises(ModelError, match=words) as caught:
        probe.ask(options_for(provider))
    assert caught.value.remedy


@pytest.mark.parametrize(
    "module",
    [
        "extractors.extract",
        "extractors.llm.asker",
        "extractors.llm.client",
        "extractors.llm.embedded",
        "extractors.llm.session",
        "extractors.llm.weights",
    ],
)
def test_importing_us_imports_nothing_heavy(module: str) -> None:
    """LangChain, the SDK and the model's runtime wait for the first question."""
    code = f"import sys, {module}; print([m for m in sys.modules if m.split('.')[0] in {HEAVY}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


HEAVY = {"langchain", "langchain_core", "langchain_openai", "openai", "httpx", "httpx2", "xllamacpp", "langsmith"}


def test_a_question_goes_to_its_endpoint_and_nowhere_else(provider: Provider) -> None:
    """No tracing, no telemetry: the only connection of a process that asks is to the endpoint."""
    code = f"""
        import sys
        seen = set()
        def hook(event, args):
            if event == "socket.connect":
                seen.add(args[1])
            elif event == "socket.getaddrinfo":
                seen.add(args[:2])
        sys.addaudithook(hook)
        from extractors.llm.client import connect
        from extractors.llm.options import ModelOptions
        from extractors.llm.questions import Question
        from extractors.llm.requests import request_of
        options = ModelOptions(base_url={provider.base_url!r}, model="large")
        chat = connect(options, "large", options.base_url)
        for reply in ("names", "reason", "yes_no"):
            chat.send(request_of((Question("tea", reply, (("user", "tea?"),), 60),)))
        chat.close()
        import time; time.sleep(0.3)
        print(len(seen), {{(str(host), int(port)) for host, port, *_ in seen}})
    """
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    port = provider.base_url.rpartition(":")[2].removesuffix("/v1")
    assert done.stdout.strip().endswith(f"{{('127.0.0.1', {port})}}"), done.stdout
    assert done.stderr == ""
