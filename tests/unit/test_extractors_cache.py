"""The answer cache: what was paid for is kept, shared, exported and imported without loss."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from extractors.llm.cache import AnswerCache, Claim, RecordedAnswer
from extractors.llm.questions import Answer, Group
from kg.errors import ArtefactError
from kg.records import write_jsonl
from tests.parts.answers import MILK, SURE, letter, recorded


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[AnswerCache]:
    """An open cache, empty."""
    opened = AnswerCache(tmp_path / "cache" / "answers.sqlite")
    yield opened
    opened.close()


def test_an_answer_comes_back_as_it_was_put(cache: AnswerCache) -> None:
    """All fields survive; the source says that nothing was paid this time."""
    cache.put(recorded("a"))
    cache.put(recorded("b", SURE))
    assert cache.get("a") == Answer(MILK.names, prompt_tokens=7, completion_tokens=3, source="cached")
    assert cache.get("b") == Answer(yes=0.9731, prompt_tokens=5, completion_tokens=1, source="cached")
    assert cache.get("c") is None


def test_the_first_answer_stays(cache: AnswerCache, tmp_path: Path) -> None:
    """Neither a second live answer nor an import replaces what is there."""
    cache.put(recorded("a"))
    cache.put(recorded("a", SURE))
    write_jsonl(tmp_path / "more.jsonl", [recorded("a", SURE)])
    assert cache.import_file(tmp_path / "more.jsonl") == 0
    got = cache.get("a")
    assert got is not None
    assert (got.names, got.source) == (MILK.names, "cached")


def test_every_kind_of_answer_comes_back(cache: AnswerCache) -> None:
    """Groups and choices are kept as names, reasons and probabilities are."""
    grouped = Answer(groups=(Group("Dips", (1, 3)), Group("Drinks", (2,))), choices=("vegan", "halal"), source="cached")
    cache.put(recorded("a", grouped))
    assert cache.get("a") == grouped


def test_many_are_read_at_once(cache: AnswerCache) -> None:
    """What is there comes back by key, in the order asked for, however many there are."""
    cache.put_many([recorded(f"k{number}") for number in range(1201)])
    wanted = ["none", *(f"k{number}" for number in reversed(range(1201))), "k7"]
    assert list(cache.get_many(wanted)) == wanted[1:-1]
    assert cache.get_many([]) == {}


def test_an_export_imports_to_the_same_bytes(cache: AnswerCache, tmp_path: Path) -> None:
    """Export, import elsewhere, export again: byte-identical, though the sources differ."""
    for key in ("c", "a", "b"):
        cache.put(recorded(key, item=f"item {ord(key) % 2}"))
    cache.put(recorded("d", SURE, item="Ångström → tea [plausible]"))
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    assert write_jsonl(first, cache.export()) == 4
    other = AnswerCache(tmp_path / "other.sqlite")
    assert other.import_file(first) == 4
    assert other.import_file(first) == 0
    write_jsonl(second, other.export())
    got = other.get("a")
    other.close()
    assert first.read_bytes() == second.read_bytes()
    assert got is not None
    assert got.source == "recorded"


def test_an_export_does_not_depend_on_the_order_of_asking(tmp_path: Path) -> None:
    """Answers stand by item and key."""
    exports: list[list[RecordedAnswer]] = []
    answers = [recorded(key, item=item) for key, item in (("k3", "b"), ("k1", "b"), ("k2", "a"))]
    for number, order in enumerate((answers, answers[::-1])):
        one = AnswerCache(tmp_path / f"{number}.sqlite")
        for answer in order:
            one.put(answer)
        exports.append(list(one.export()))
        one.close()
    assert exports[0] == exports[1]
    assert [(each.item, each.key) for each in exports[0]] == [("a", "k2"), ("b", "k1"), ("b", "k3")]


def test_an_export_can_be_of_some_models(cache: AnswerCache) -> None:
    """Only the answers of the models that were named."""
    cache.put(recorded("a", model="one"))
    cache.put(recorded("b", model="two"))
    assert [each.key for each in cache.export(frozenset({"two"}))] == ["b"]


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"",
        b"[]",
        b'{"key": "b", "model": "m", "item": "tea"}',
        b'{"key": 7, "model": "m", "item": "tea", "answer": {}}',
        b'{"key": "b", "model": "m", "item": "tea", "answer": {"names": "milk"}}',
        b'{"key": "b", "model": "m", "item": "tea", "answer": {"yes": 1.5}}',
        b'{"key": "b", "model": "m", "item": "tea", "answer": {"yes": -0.1}}',
        b'{"key": "b", "model": "m", "item": "t\xff", "answer": {}}',
    ],
)
def test_a_bad_line_imports_nothing(cache: AnswerCache, tmp_path: Path, line: bytes) -> None:
    """The error names file and line, and the good lines before it are not half an import."""
    bad = tmp_path / "bad.jsonl"
    write_jsonl(bad, [recorded("a")])
    bad.write_bytes(bad.read_bytes() + line + b"\n")
    with pytest.raises(ArtefactError, match=r"bad\.jsonl:2"):
        cache.import_file(bad)
    assert list(cache.export()) == []


def test_a_missing_import_is_an_error(cache: AnswerCache, tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(ArtefactError, match=r"none\.jsonl"):
        cache.import_file(tmp_path / "none.jsonl")


def test_an_export_can_leave_subjects_out(cache: AnswerCache) -> None:
    """All that was asked about a subject, and only that."""
    items = (
        "SATISFIED_BY: tea [names]",
        "COMPLEMENTS: tea -> milk [typical]",
        "COMPLEMENTS: milk -> tea [typical]",
        "tea",
    )
    cache.put_many([recorded(item, item=item) for item in items])
    left = [each.item for each in cache.export(without=frozenset({"tea"}))]
    assert left == ["COMPLEMENTS: milk -> tea [typical]"]


def test_an_export_is_of_one_moment(cache: AnswerCache) -> None:
    """What is put while an export is read neither waits for it nor gets into it."""
    cache.put_many([recorded("a"), recorded("b")])
    reading = cache.export()
    first = next(reading)
    cache.put(recorded("c"))
    assert [each.key for each in (first, *reading)] == ["a", "b"]


def test_an_import_answers_questions(cache: AnswerCache, tmp_path: Path) -> None:
    """A question that was leased or buried is answered by an import."""
    cache.claim(["a"], "one", 60)
    cache.bury(letter("b"))
    write_jsonl(tmp_path / "r.jsonl", [recorded("a"), recorded("b")])
    assert cache.import_file(tmp_path / "r.jsonl") == 2
    assert list(cache.claim(["a", "b"], "two", 60).answered) == ["a", "b"]
    assert (cache.leased(), cache.dead()) == (0, {})


def test_a_large_import_comes_in_whole(cache: AnswerCache, tmp_path: Path) -> None:
    """More answers than one commit takes."""
    write_jsonl(tmp_path / "r.jsonl", (recorded(f"k{number}") for number in range(12_003)))
    assert cache.import_file(tmp_path / "r.jsonl") == 12_003
    assert sum(1 for _ in cache.export()) == 12_003


def test_a_dead_letter_tells_what_was_said(cache: AnswerCache) -> None:
    """Reason, detail and 4,000 characters of the reply, whatever it holds; a second letter takes its place."""
    cache.bury(letter("a"))
    cache.bury(letter("a", "\ud800\x00" + "x" * 5_000))
    kept = letter("a", "?\x00" + "x" * 3_998)
    assert cache.dead(["a", "b"]) == cache.dead() == {"a": kept}
    assert cache.claim(["a"], "one", 60) == Claim((), {}, {"a": kept}, ())


def test_dead_letters_can_be_asked_again(cache: AnswerCache) -> None:
    """All, or some of them; how many there were is told."""
    for key in "abcd":
        cache.bury(letter(key))
    assert cache.exhume(["a", "b", "z"]) == 2
    assert cache.claim(["a", "c"], "one", 60).mine == ("a",)
    assert cache.exhume() == 2
    assert cache.dead() == {}


def test_an_answer_and_a_dead_letter_exclude_one_another(cache: AnswerCache) -> None:
    """An answer ends a dead letter, and what is answered cannot be buried."""
    cache.bury(letter("a"))
    cache.put(recorded("a"))
    cache.bury(letter("a"))
    assert cache.dead() == {}
    assert cache.get("a") is not None


def test_the_words_a_concept_was_first_asked_in_stay(cache: AnswerCache) -> None:
    """Another spelling of a later build asks the same question; another scope has its own words."""
    first = [("type", "oat milk", "Oat Milk"), ("type", "oat milk", "milk, oat"), ("need", "oat milk", "oat milks")]
    assert cache.spellings(first) == ["Oat Milk", "Oat Milk", "oat milks"]
    assert cache.spelling("type", "oat milk", "OAT MILK") == "Oat Milk"
    assert cache.spelling("type", "tea", "Teas") == "Teas"
    assert cache.spellings([]) == []
    assert cache.spellings([("type", "", "🍕"), ("type", "", "🍔")]) == ["🍕", "🍔"]
