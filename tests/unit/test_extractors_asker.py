"""The asker: nothing is asked twice, nothing that was answered is lost, and the numbers add up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.llm import endpoint as endpoint_module
from extractors.llm.asker import Asker
from extractors.llm.cache import RecordedAnswer
from extractors.llm.options import ModelOptions
from extractors.llm.questions import Answer, Question, ReplyKind
from extractors.llm.session import open_asker
from kg.errors import ConfigError, ModelError, ModelUnavailable
from kg.model import Failure
from kg.records import write_jsonl
from tests.servers.provider import Asked, Provider, Reply, fault, names

OpenAsker = Callable[..., Asker]


def question(words: str, reply: ReplyKind = "names", item: str = "") -> Question:
    """Return a question with these words."""
    return Question(item or words, reply, (("system", "Be brief."), ("user", words)), 60)


def questions(*words: str) -> list[Question]:
    """Return one question for each of the words."""
    return [question(each) for each in words]


def asks(words: str) -> Callable[[Asked], bool]:
    """Return a test for requests that hold ``words``, the one that repairs a reply among them."""
    return lambda asked: any(words in message["content"] for message in asked.messages)


def balanced(asker: Asker) -> bool:
    """Whether every question is counted once."""
    stats = asker.stats
    return stats.asked == stats.recorded + stats.cached + stats.live + stats.failed


def test_answers_stand_in_the_order_of_the_questions(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """However long each takes, an answer stands where its question stood."""
    for number in range(12):
        reply = Reply(f'{{"items": ["thing {number}"]}}', delay_s=0.02 * ((7 * number) % 5))
        provider.reply(reply, when=f"number {number}.")
    asked = questions(*(f"number {number}." for number in range(12)))
    got = open_provider_asker(max_concurrency=6).ask_all(asked)
    assert [answer.names for answer in got if isinstance(answer, Answer)] == [(f"thing {n}",) for n in range(12)]


def test_as_many_requests_are_under_way_as_allowed(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """The endpoint is used to the full, and not beyond."""
    barrier = threading.Barrier(3, timeout=20)

    def together(asked: Asked) -> Reply:
        barrier.wait()
        return names("milk")

    provider.reply(together)
    got = open_provider_asker(max_concurrency=3).ask_all(questions(*"abcdefghi"))
    assert all(isinstance(each, Answer) for each in got)
    assert provider.most_under_way == 3


def test_equal_questions_are_asked_once(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """Questions that differ in their item only share one request; the repeats count as cached."""
    asker = open_provider_asker()
    got = asker.ask_all([question("tea?", item="tea"), question("milk?"), question("tea?", item="the same tea")])
    assert got[0] == got[2]
    assert provider.ledger.requests == 2
    assert (asker.stats.live, asker.stats.cached, asker.stats.failed) == (2, 1, 0)


def test_the_provider_bills_what_we_count(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """Tokens of live answers, and only of those, are counted as billed."""
    asker = open_provider_asker()
    for _ in range(2):
        asker.ask_all([question("tea?"), question("tea?", "reason"), question("tea?", "yes_no")])
    assert (asker.stats.prompt_tokens, asker.stats.completion_tokens) == provider.ledger.tokens
    assert asker.stats.live == provider.ledger.requests == 3


def test_an_answer_is_paid_for_once_ever(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """Another asker over the same cache asks the provider nothing."""
    asked = questions("tea?", "milk?", "honey?")
    first = open_provider_asker().ask_all(asked)
    again = open_provider_asker()
    second = again.ask_all(asked)
    assert [a.names for a in first if isinstance(a, Answer)] == [a.names for a in second if isinstance(a, Answer)]
    assert provider.ledger.requests == 3
    assert (again.stats.cached, again.stats.live) == (3, 0)


def test_cached_answers_need_no_model(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """The client is made when the first question has no answer, not before."""
    open_provider_asker().ask_all(questions("tea?"))
    nowhere = open_provider_asker(provider="no such provider")
    assert isinstance(nowhere.ask_all(questions("tea?"))[0], Answer)


@pytest.mark.parametrize("what", ["parameters", "words", "sample", "model", "schema"])
def test_another_question_is_another_question(provider: Provider, open_provider_asker: OpenAsker, what: str) -> None:
    """Whatever changes the answer changes the key."""
    base = question("tea?")
    others = {
        "parameters": Question("tea?", "names", base.messages, 61),
        "words": question("Tea?"),
        "sample": Question("tea?", "names", base.messages, 60, sample=1),
        "schema": question("tea?", "reason"),
    }
    open_provider_asker().ask_all([base])
    other = open_provider_asker(model="larger") if what == "model" else open_provider_asker()
    other.ask_all([others.get(what, base)])
    assert provider.ledger.requests == 2


@pytest.mark.parametrize(
    "name", ["rate limit", "rate limit, wait", "server error", "overloaded", "reset", "body not json"]
)
def test_what_passes_is_tried_again(provider: Provider, open_provider_asker: OpenAsker, name: str) -> None:
    """A question that fails twice and then is answered is answered."""
    provider.fail(name, times=2)
    asker = open_provider_asker()
    assert isinstance(asker.ask_all(questions("tea?"))[0], Answer)
    assert provider.ledger.requests == 3
    assert (asker.stats.live, asker.stats.failed) == (1, 0)


@pytest.mark.parametrize("name", ["server error", "overloaded", "reset"])
def test_what_does_not_pass_is_a_failure_to_retry(
    provider: Provider, open_provider_asker: OpenAsker, name: str
) -> None:
    """After the last try there is a failure that says why, and that another run may turn into an answer."""
    provider.fail(name, times=3)
    asker = open_provider_asker(max_tries=3)
    got = asker.ask_all(questions("tea?"))[0]
    assert isinstance(got, Failure)
    assert (got.stage, got.item, got.reason, got.retryable) == ("extract", "tea?", "no answer", True)
    assert got.detail
    assert provider.ledger.requests == 3
    assert isinstance(asker.ask_all(questions("tea?"))[0], Answer)


def test_a_rate_limit_is_waited_for_until_the_deadline(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """Waiting for one's turn is no failed try; only time ends it."""
    provider.fail("rate limit", times=6)
    assert isinstance(open_provider_asker(max_tries=2).ask_all(questions("tea?"))[0], Answer)
    provider.fail("rate limit")
    got = open_provider_asker(limits={"deadline_s": 0.05}).ask_all(questions("milk?"))[0]
    assert isinstance(got, Failure)
    assert (got.reason, got.retryable) == ("no answer", True)


@pytest.mark.parametrize(
    ("name", "reason", "requests"),
    [
        ("off schema", "bad reply", 2),
        ("truncated", "cut short", 2),
        ("too long", "refused", 1),
        ("refusal", "refused", 1),
    ],
)
def test_a_question_that_fails_takes_no_other_down(
    provider: Provider, open_provider_asker: OpenAsker, name: str, reason: str, requests: int
) -> None:
    """One failure stands among the answers of the others; a reply that cannot be used gets one more try."""
    provider.fail(name, when=asks("milk?"))
    asker = open_provider_asker()
    got = asker.ask_all(questions("tea?", "milk?", "honey?"))
    assert [type(each) for each in got] == [Answer, Failure, Answer]
    assert isinstance(got[1], Failure)
    assert (got[1].item, got[1].reason, got[1].retryable) == ("milk?", reason, False)
    assert provider.ledger.requests == 2 + requests
    assert balanced(asker)
    assert asker.stats.failed == 1


def test_equal_questions_that_fail_keep_their_names(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """Each question has a failure that names it, though only one of them was asked."""
    provider.fail("off schema")
    got = open_provider_asker().ask_all([question("tea?", item="tea"), question("tea?", item="green tea")])
    assert [each.item for each in got if isinstance(each, Failure)] == ["tea", "green tea"]
    assert provider.ledger.requests == 2


def test_a_bad_reply_is_repaired_once(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """The model is shown its reply and what is wrong with it; the answer is filed under the question as it was."""
    seen: list[Asked] = []
    provider.fail("off schema", times=1)
    provider.reply(lambda asked: seen.append(asked) or names("milk"))
    asker = open_provider_asker()
    assert asker.ask_all(questions("tea?"))[0] == Answer(
        names=("milk",),
        prompt_tokens=provider.ledger.entries[1].prompt_tokens,
        completion_tokens=provider.ledger.entries[1].completion_tokens,
    )
    assert [message["role"] for message in seen[0].messages] == ["system", "user", "assistant", "user"]
    assert "cannot be used" in seen[0].last
    assert (asker.stats.requests, asker.stats.repeated) == (2, 1)
    assert open_provider_asker().ask_all(questions("tea?"))[0] == asker.ask_all(questions("tea?"))[0]


def test_a_reply_that_was_cut_short_gets_more_room(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """The same question once more, with three times the tokens."""
    seen: list[Asked] = []
    provider.fail("truncated", times=1)
    provider.reply(lambda asked: seen.append(asked) or names("milk"))
    assert isinstance(open_provider_asker().ask_all(questions("tea?"))[0], Answer)
    assert seen[0].body["max_completion_tokens"] == 180
    assert len(seen[0].messages) == 2


def test_a_dead_letter_is_not_asked_again(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """What could not be used twice is a failure in later runs too, at no cost, until it is told to be retried."""
    provider.fail("off schema", times=2)
    assert isinstance(open_provider_asker().ask_all(questions("tea?"))[0], Failure)
    again = open_provider_asker().ask_all(questions("tea?"))[0]
    assert isinstance(again, Failure)
    assert (again.reason, provider.ledger.requests) == ("bad reply", 2)
    retrying = open_provider_asker(retry_dead=True)
    assert isinstance(retrying.ask_all(questions("tea?"))[0], Answer)
    assert provider.ledger.requests == 3


def test_questions_that_share_a_prompt_are_answered_one_by_one(
    provider: Provider, open_provider_asker: OpenAsker
) -> None:
    """A line that is missing or doubled in the reply is asked again alone; the tokens add up to what was billed."""
    lined = [
        Question(word, "names", (("user", "What goes with each?\n{lines}"),), 60, line=word)
        for word in ("tea", "jam", "rice")
    ]
    listed = '{"answers": [{"id": 1, "items": ["milk"]}, {"id": 3, "items": ["a"]}, {"id": 3, "items": ["b"]}]}'
    provider.reply(Reply(listed), times=1)
    provider.reply(lambda asked: Reply('{"answers": [{"id": 1, "items": ["alone"]}]}'))
    asker = open_provider_asker(per_prompt=3)
    got = asker.ask_all(lined)
    assert [each.names for each in got if isinstance(each, Answer)] == [("milk",), ("alone",), ("alone",)]
    assert provider.ledger.requests == 3
    assert sum(each.prompt_tokens for each in got if isinstance(each, Answer)) < provider.ledger.tokens[0]
    assert (asker.stats.prompt_tokens, asker.stats.completion_tokens) == provider.ledger.tokens
    assert [each.names for each in open_provider_asker().ask_all(lined) if isinstance(each, Answer)] == [
        ("milk",),
        ("alone",),
        ("alone",),
    ]


def test_a_question_that_another_asks_is_waited_for(
    provider: Provider, open_provider_asker: OpenAsker, tmp_path: Path
) -> None:
    """Two askers over one cache with the same questions at the same time pay for each once."""
    provider.reply(lambda asked: Reply('{"items": ["milk"]}', delay_s=0.05))
    askers = [open_provider_asker() for _ in range(2)]
    asked = questions(*(f"number {n}?" for n in range(30)))
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda asker: asker.ask_all(asked), askers)
    assert provider.ledger.requests == 30
    assert [replace(a, source="live") for a in first if isinstance(a, Answer)] == [
        replace(b, source="live") for b in second if isinstance(b, Answer)
    ]
    assert askers[0].stats.live + askers[1].stats.live == 30


@pytest.mark.parametrize("name", ["wrong key", "unknown model", "no quota"])
def test_what_stops_every_question_stops_at_once(provider: Provider, open_provider_asker: OpenAsker, name: str) -> None:
    """A thousand questions do not hammer an endpoint that refuses us; the error is one line."""
    provider.fail(name)
    with pytest.raises(ModelError) as caught:
        open_provider_asker().ask_all(questions(*map(str, range(1000))))
    assert provider.ledger.requests < 50
    assert "\n" not in str(caught.value)


def test_answers_so_far_are_kept_when_it_stops(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """What was paid for before the account was empty is served by the next run, and was counted."""
    provider.fail("no quota", when="last?")
    asker = open_provider_asker(max_concurrency=1)
    with pytest.raises(ModelError):
        asker.ask_all(questions("tea?", "milk?", "last?"))
    assert asker.stats.live == 2
    again = open_provider_asker()
    again.ask_all(questions("tea?", "milk?"))
    assert (again.stats.cached, again.stats.live) == (2, 0)


def test_a_question_that_waits_does_not_hold_up_the_stop(
    provider: Provider, open_provider_asker: OpenAsker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first in line hangs in its retries, the second is told that the key is wrong: all stop."""
    waiting = threading.Event()
    monkeypatch.setattr(endpoint_module, "next_try_s", lambda *_: waiting.set() or 200.0)
    provider.fail("rate limit", when="first?")

    def refuse(asked: Asked) -> Reply:
        waiting.wait(20)
        return fault("wrong key")

    provider.reply(refuse)
    with pytest.raises(ModelError):
        open_provider_asker(max_concurrency=2).ask_all(questions("first?", *map(str, range(500))))
    assert provider.ledger.requests < 50


def test_without_a_model_recorded_answers_serve(tmp_path: Path) -> None:
    """What is recorded is answered; the rest are failures to retry, and the reason is kept."""
    known = question("tea?")
    recorded = tmp_path / "recorded.jsonl"
    write_jsonl(recorded, [RecordedAnswer(known.key("m"), "m", "tea", Answer(names=("milk",)))])
    calls: list[str] = []

    def no_weights(name: str) -> Path:
        calls.append(name)
        raise ModelUnavailable("there are no weights", remedy="fetch them")

    options = ModelOptions.model_validate({"embedded": {"model": "m"}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("extractors.llm.weights.find", lambda name, path=None, folder=None: None)
        with open_asker(options, tmp_path / "answers.sqlite", recorded, no_weights) as asker:
            steps: list[int] = []
            got = asker.ask_all([known, question("milk?"), question("honey?")], steps.append)
            asker.ask_all([question("bread?")])
    assert [type(each) for each in got] == [Answer, Failure, Failure]
    assert isinstance(got[1], Failure)
    assert (got[1].reason, got[1].retryable) == ("no model", True)
    assert "no weights" in got[1].detail
    assert "no weights" in asker.stats.unavailable
    assert (asker.stats.recorded, asker.stats.failed, sum(steps)) == (1, 3, 3)
    assert calls == ["m"], "a model that cannot be had is looked for once"


def test_progress_reaches_the_number_of_questions(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """Cached, repeated, live and failed questions all move the bar."""
    provider.fail("off schema", when="milk?")
    asker = open_provider_asker()
    asker.ask_all(questions("tea?"))
    steps: list[int] = []
    asker.ask_all(questions("tea?", "tea?", "milk?", "honey?", "honey?"), steps.append)
    assert sum(steps) == 5


def test_no_questions_are_no_work(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """An empty list is answered with an empty list, without a connection."""
    assert open_provider_asker().ask_all([]) == []
    assert provider.ledger.requests == 0


def test_an_endpoint_needs_the_name_of_its_model() -> None:
    """An endpoint without a model's name is a mistake in the settings, not a question to the wrong model."""
    with pytest.raises(ValueError, match="required with base_url"):
        ModelOptions(base_url="http://localhost:1/v1")


def test_a_recorded_file_that_is_broken_closes_the_cache(tmp_path: Path) -> None:
    """An asker that cannot be opened leaves nothing open."""
    bad = tmp_path / "recorded.jsonl"
    bad.write_text("not json\n")
    with pytest.raises(Exception, match=r"recorded\.jsonl:1"), open_asker(ModelOptions(), tmp_path / "a.sqlite", bad):
        pass


def test_a_weights_file_that_is_not_there_is_an_error_of_the_settings(tmp_path: Path) -> None:
    """A path that was configured is not silently replaced by something else."""
    options = ModelOptions.model_validate({"embedded": {"path": str(tmp_path / "none.gguf")}})
    with open_asker(options, tmp_path / "a.sqlite") as asker, pytest.raises(ConfigError, match=r"none\.gguf"):
        asker.ask_all(questions("tea?"))


def test_a_file_that_is_no_model_is_no_model(tmp_path: Path) -> None:
    """A file the runtime cannot load makes failures that say so; the run goes on."""
    junk = tmp_path / "junk.gguf"
    junk.write_bytes(b"this is no model")
    options = ModelOptions.model_validate({"embedded": {"path": str(junk)}})
    with open_asker(options, tmp_path / "a.sqlite") as asker:
        got = asker.ask_all(questions("tea?"))[0]
    assert isinstance(got, Failure)
    assert "junk.gguf" in got.detail


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.lists(st.sampled_from(["a?", "b?", "c?", "bad d?", "bad e?"]), max_size=8), max_size=4))
def test_every_question_is_counted_once(
    rounds: list[list[str]], provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Over any calls: asked = recorded + cached + live + failed, live = distinct answered, tokens = those billed."""
    provider.rules.clear()
    provider.ledger.entries.clear()
    provider.fail("off schema", when=asks("bad"))
    options = ModelOptions.model_validate({"base_url": provider.base_url, "model": "large", "max_concurrency": 2})
    with open_asker(options, tmp_path_factory.mktemp("law") / "answers.sqlite") as asker:
        for words in rounds:
            got = asker.ask_all(questions(*words))
            assert [isinstance(each, Failure) for each in got] == [word.startswith("bad") for word in words]
        stats = asker.stats
    everything = [word for words in rounds for word in words]
    good = [word for word in everything if not word.startswith("bad")]
    bad = set(everything) - set(good)
    assert stats.asked == len(everything)
    assert stats.failed == len(everything) - len(good)
    assert stats.live == len(set(good))
    assert (stats.prompt_tokens, stats.completion_tokens) == provider.ledger.tokens
    assert stats.requests == provider.ledger.requests == len(set(good)) + 2 * len(bad)
