"""The embedded model itself: a handful of real questions, then the same ones without it."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import pytest

from extractors.llm import embedded
from extractors.llm.client import ChatClient
from extractors.llm.options import ModelOptions
from extractors.llm.questions import Answer, Question, ReplyKind
from extractors.llm.session import open_asker
from extractors.prompts import Step, load_prompt
from kg.model import Relation

pytestmark = pytest.mark.model
OPTIONS = ModelOptions.model_validate({"max_concurrency": 2, "embedded": {"slots": 2, "context": 4096}})


def question(step: Step, reply: ReplyKind, tokens: int, mention: str = "") -> Question:
    """Return a question about tea, worded as a build words it."""
    messages = load_prompt(Relation.COMPLEMENTS).messages(step, "green tea", mention=mention, where="groceries")
    return Question(f"green tea -> {mention} [{step}]", reply, messages, tokens)


QUESTIONS = [
    question("names", "names", 160),
    question("plausible", "yes_no", 1, "teapots"),
    question("plausible", "yes_no", 1, "car tyres"),
    question("explain", "reason", 80, "teapots"),
]


def test_the_embedded_model_answers_once_and_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, two checks and a reason through the code of a build; the port is free again; then all from the cache."""
    answers = tmp_path / "answers.sqlite"
    with open_asker(OPTIONS, answers) as asker:
        first = asker.ask_all(QUESTIONS)
        client = asker.endpoint.client
        assert isinstance(client, ChatClient)
        base_url = str(client.model.model_dump()["openai_api_base"])
    names, good, bad, reason = (answer for answer in first if isinstance(answer, Answer))
    assert len(names.names) >= 2
    assert good.yes is not None
    assert bad.yes is not None
    assert good.yes > bad.yes
    assert len(reason.reason.split()) > 3
    assert all(answer.source == "live" and answer.prompt_tokens > 20 for answer in (names, good, bad, reason))
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(base_url.removesuffix("/v1") + "/health", timeout=5)

    def no_model(*_: object) -> embedded.EmbeddedServer:
        raise AssertionError("nothing needs to be asked")

    monkeypatch.setattr(embedded, "start", no_model)
    with open_asker(OPTIONS, answers) as asker:
        second = asker.ask_all(QUESTIONS)
        assert (asker.stats.cached, asker.stats.live, asker.stats.failed) == (4, 0, 0)
    for once, again in zip((names, good, bad, reason), second, strict=True):
        assert isinstance(again, Answer)
        assert (once.names, once.yes, once.reason) == (again.names, again.yes, again.reason)
