"""The files of the batch interface, and what their lines mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extractors.llm.batch_api import Mistake
from extractors.llm.batch_files import InputFile, results
from extractors.llm.batch_read import at_fault
from extractors.llm.options import BatchOptions
from extractors.llm.requests import request_of
from tests.parts.batches import question, request


def test_the_lines_that_are_wrong_are_dead_letters() -> None:
    """Not those of a batch of which all lines are wrong, and not when it is about no line."""
    asked = {name: request(line, f"key {name}", question(name)) for line, name in enumerate("abc", 1)}
    (wrong,) = at_fault(asked, [Mistake("bad", "no such thing", 2)], "m")
    assert [(each.key, each.reason, each.detail) for each in wrong.letters] == [
        ("key b", "refused", "line 2: no such thing")
    ]
    assert at_fault(asked, [Mistake("bad", "no", line) for line in (1, 2, 3)], "m") == []
    assert at_fault(asked, [Mistake("bad", "no", 1), Mistake("worse", "none")], "m") == []
    assert len(at_fault({"a": asked["a"]}, [Mistake("bad", "no", 1)], "m")) == 1


def test_results_are_read_whatever_else_the_file_holds() -> None:
    """Lines that are no results are passed over; line ends inside a reply are not line ends of the file."""
    message = {"role": "assistant", "content": '{"reason": "a\u2028b\x85c"}'}
    body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3}}
    good = {"custom_id": "a", "response": {"status_code": 200, "body": body}, "error": None}
    rest = ["not json", "[]", "7", '{"custom_id": 7}', "", '{"custom_id": "b"}']
    lines = [*rest[:4], json.dumps(good, ensure_ascii=False), *rest[4:]]
    first, second = results("\n".join(lines).encode())
    assert first.reply is not None
    assert (first.name, first.reply.content, first.reply.usage.prompt_tokens) == ("a", message["content"], 3)
    assert (second.name, second.reply) == ("b", None)
    assert "neither a response nor an error" in str(second.error)


def test_the_first_request_of_a_file_always_fits(tmp_path: Path) -> None:
    """However long it is: the provider will say what is wrong with it."""
    with InputFile(tmp_path, 2, 1_024) as file:
        long = request_of((question("long " * 1_000),))
        assert [file.add(name, long, "m") for name in "ab"] == [True, False]
    with InputFile(tmp_path, 2, 10**6) as file:
        assert [file.add(name, long, "m") for name in "abc"] == [True, True, False]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("window", "seconds"), [("24h", 86_400), ("7d", 604_800)])
def test_the_window_is_hours_or_days(window: str, seconds: float) -> None:
    """And nothing else."""
    assert BatchOptions(window=window).window_s == seconds
    with pytest.raises(ValueError, match="window"):
        BatchOptions(window="soon")
