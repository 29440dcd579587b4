"""What the answer cache holds and has cost is counted, averaged for estimates, and pruned when told to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from extractors.llm.cache import AnswerCache, Average, Billed, CacheStats, Selection
from extractors.llm.questions import Answer
from extractors.llm.replies import Usage
from kg.records import write_jsonl
from tests.parts.answers import DAY_S, MILK, SURE, Clock, letter, recorded


@pytest.fixture
def clock() -> Clock:
    """What the cache takes for the time."""
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> Iterator[AnswerCache]:
    """An open cache, empty."""
    opened = AnswerCache(tmp_path / "answers.sqlite", clock)
    yield opened
    opened.close()


def test_the_counts_are_by_model(cache: AnswerCache, tmp_path: Path) -> None:
    """Answers, recorded ones among them, the tokens they cost, dead letters, and what was billed in all."""
    cache.put(recorded("a", model="two"), ("two", "names", Usage(7, 3)))
    cache.put(recorded("b", SURE, model="two"), ("two", "yes_no", Usage(5, 1)))
    cache.bill("two", "names", Usage(70, 30), 2)
    cache.bury(letter("d", model="three"))
    write_jsonl(tmp_path / "r.jsonl", [recorded("c", model="one")])
    cache.import_file(tmp_path / "r.jsonl")
    assert cache.stats() == [
        CacheStats("one", 1, 1, 7, 3),
        CacheStats("three", dead_letters=1),
        CacheStats("two", 2, 0, 12, 4, 0, 4, 82, 34),
    ]
    assert cache.billed() == [Billed("two", "names", 3, 77, 33), Billed("two", "yes_no", 1, 5, 1)]


def test_an_answer_that_comes_too_late_is_billed_all_the_same(cache: AnswerCache) -> None:
    """What was paid twice shows in the bill, not in the answers; a reply without any answer is billed as well."""
    assert cache.put_many([recorded("a"), recorded("b")], ("m", "names", Usage(14, 6))) == 2
    assert cache.put_many([recorded("b", SURE), recorded("c")], ("m", "names", Usage(9, 2))) == 1
    assert cache.put_many([], ("m", "names", Usage(1, 1))) == 0
    assert cache.billed() == [Billed("m", "names", 3, 24, 9)]


def test_averages_are_by_relation_and_step(cache: AnswerCache) -> None:
    """Tokens, names and the share of yes of one model's answers, for an estimate."""
    cache.put_many(
        [
            recorded("a", MILK, "SATISFIED_BY: tea [names]"),
            recorded("b", Answer(prompt_tokens=9, completion_tokens=5), "SATISFIED_BY: cold -> hot [x] [names]"),
            recorded("c", SURE, "PAIRS_WITH: tea -> milk [typical]"),
            recorded("d", Answer(yes=0.2), "PAIRS_WITH: tea -> soap [typical]"),
            recorded("e", Answer(reason="So."), "tea"),
            recorded("f", SURE, "PAIRS_WITH: tea -> milk [typical]", model="other"),
        ]
    )
    assert cache.averages("m", yes_from=0.5) == [
        Average("", "", 1, 0, 0, 0, 0),
        Average("PAIRS_WITH", "typical", 2, 2.5, 0.5, 0, 0.5),
        Average("SATISFIED_BY", "names", 2, 8, 4, 1, 0),
    ]
    assert cache.averages("nobody") == []


def test_pruning_takes_what_is_selected(cache: AnswerCache) -> None:
    """By model, by all but a model, or the dead letters only; it first tells what would go."""
    for number, model in enumerate(("one", "two", "two", "three")):
        cache.put(recorded(f"{number}", model=model))
        cache.bury(letter(f"dead {number}", model=model))
    two = Selection(models=frozenset({"two"}))
    assert cache.prunable(two) == [CacheStats("two", 2, 0, 14, 6)]
    assert len(list(cache.export())) == 4
    assert cache.prune(two) == 2
    assert cache.prune(Selection(keep_models=frozenset({"three", "two"}))) == 1
    assert [each.model for each in cache.export()] == ["three"]
    dead = Selection(models=frozenset({"two"}), dead=True)
    assert cache.prunable(dead) == [CacheStats("two", dead_letters=2)]
    assert cache.prune(dead) == 2
    assert list(cache.dead()) == ["dead 0", "dead 3"]
    cache.vacuum()
    assert cache.get("3") is not None


def test_what_is_used_is_not_old(cache: AnswerCache, clock: Clock) -> None:
    """An answer is pruned by the day it was last read; noted by the week, it may stay longer but never goes earlier."""
    cache.put_many([recorded("used"), recorded("not used")])
    cache.bury(letter("dead"))
    for _ in range(20):
        clock.now += 3 * DAY_S
        assert cache.get("used") is not None
    assert [row.answers for row in cache.prunable(Selection(unused_days=54))] == [1]
    assert cache.prunable(Selection(unused_days=61)) == []
    assert cache.prune(Selection(unused_days=54)) == 1
    assert cache.prune(Selection(unused_days=60, dead=True)) == 1
    for days in range(1, 30):
        selected = cache.prunable(Selection(unused_days=days))
        assert not selected, f"read today, pruned as unused for {days} days"
    clock.now += 40 * DAY_S
    assert cache.prune(Selection(unused_days=30)) == 1
