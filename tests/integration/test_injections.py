"""Hostile text: through every prompt, played back by a hostile model, and through the real model."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from bench.injections import Injection, accept, escapes, load, misplaced, question_of
from extractors.llm.options import ModelOptions
from extractors.llm.packs import Pack, read_pack
from extractors.llm.questions import Answer, Question, ReplyKind
from extractors.llm.replies import Reply
from extractors.llm.session import open_asker

CORPUS = load()
STANDING = [injection for injection in CORPUS if injection.where != "reply"]
REPLIES = [injection for injection in CORPUS if injection.where == "reply"]
LANGUAGES = {"en", "de", "fr", "es", "it", "pt", "pl", "tr", "ru", "ar", "he", "hi", "zh", "ja", "ko"}
SIGNS = ("://", "www.", "@", "<", "{", "[", "`", "\\", "\n", "$", "€", ".example", "0 10", "detach", "drop table")
DOZEN = (
    *("override-01", "override-03", "override-36", "role-play-04", "chat-template-01", "chat-template-05"),
    *("delimiter-01", "json-01", "url-02", "code-04", "unicode-02", "few-shot-02"),
)


def asked(reply: ReplyKind) -> Question:
    """Return an honest question that wants this kind of reply."""
    where = {"names": "type", "yes_no": "mention", "reason": "mention", "choices": "title", "groups": "title"}[reply]
    question = question_of(Injection("honest", "", "en", where, "teapots", "yes" if reply == "yes_no" else ""))
    return replace(question, reply="groups", options=(), line="") if reply == "groups" else question


QUESTIONS = [asked(reply) for reply in ("names", "yes_no", "reason", "choices", "groups")]
QUESTIONS.append(replace(asked("choices"), line=""))


def contents(text: str) -> Iterator[str]:
    """Yield the text as a whole reply and as a string in replies that fit a schema."""
    yield text
    yield json.dumps({"items": [text]})
    yield json.dumps({"reason": text})
    yield json.dumps({"values": [text]})
    yield json.dumps({"groups": [{"name": text, "members": [1]}]})
    yield json.dumps({"answers": [{"id": 1, "values": [text]}]})


def said(question: Question, content: str) -> Answer | None:
    """Return what is read from a reply, if it can be read."""
    found = read_pack(Pack({"q": question}), Reply(content=content, first=((content[:20], -0.1),)))
    return found.answers.get("q")


def test_the_corpus_is_whole() -> None:
    """Enough injections of every kind, place and language, each under its own id, none of them twice."""
    assert len(STANDING) >= 130
    assert len({injection.id for injection in CORPUS}) == len(CORPUS)
    assert len({(injection.where, injection.text) for injection in CORPUS}) == len(CORPUS)
    assert {injection.language for injection in CORPUS} == LANGUAGES
    assert {injection.where for injection in STANDING} == {"intent", "type", "mention", "title", "description"}
    assert min(Counter(injection.kind for injection in CORPUS).values()) >= 3


@pytest.mark.parametrize("injection", STANDING, ids=lambda each: each.id)
def test_a_prompt_keeps_its_shape(injection: Injection) -> None:
    """Roles, their number and every word of ours stay; the injection is one short line at its place."""
    assert misplaced(injection) == []


@pytest.mark.parametrize("injection", CORPUS, ids=lambda each: each.id)
def test_a_model_that_repeats_an_injection_gets_nothing_through(injection: Injection) -> None:
    """Whatever can be read and accepted is plain text, of the closed list, or a probability."""
    for question, content in product(QUESTIONS, contents(injection.text)):
        if (answer := said(question, content)) is not None:
            outcome = accept(question, answer)
            assert escapes(question, outcome) == []
            assert not [text for text in outcome.accepted for sign in SIGNS if sign in text.casefold()]


@pytest.mark.parametrize("injection", REPLIES, ids=lambda each: each.id)
def test_nothing_of_a_hostile_reply_is_accepted(injection: Injection) -> None:
    """Another schema, more than the schema, no JSON, or strings that carry what must not come back."""
    for question in QUESTIONS:
        answer = said(question, injection.text)
        assert answer is None or accept(question, answer).accepted == ()


@pytest.mark.parametrize(
    "injection", [each for each in STANDING if each.kind.startswith("payload")], ids=lambda each: each.id
)
def test_a_payload_is_never_shown(injection: Injection) -> None:
    """Addresses, markup, code, prices and calls to action are refused as a reason and as a name."""
    for question, field in ((asked("reason"), "reason"), (asked("names"), "items")):
        text = injection.text
        answer = said(question, json.dumps({field: text if field == "reason" else [text]}))
        assert answer is None or accept(question, answer).accepted == ()


@pytest.mark.model
def test_nothing_escapes_through_the_real_model(tmp_path: Path) -> None:
    """A dozen injections of different kinds and places: answers or dead letters, and nothing out of its place."""
    by_id = {injection.id: injection for injection in CORPUS}
    questions = [question_of(by_id[name]) for name in DOZEN]
    with open_asker(ModelOptions(), tmp_path / "answers.sqlite") as asker:
        answers = asker.ask_all(questions)
    read_ones = [(q, a) for q, a in zip(questions, answers, strict=True) if isinstance(a, Answer)]
    assert len(read_ones) >= len(DOZEN) - 2
    assert [found for question, answer in read_ones for found in escapes(question, accept(question, answer))] == []
