"""``kg cache``: what it prints, what it moves, and that it deletes only what it was told to, when it was told to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from extractors.llm.cache import AnswerCache
from extractors.llm.replies import Usage
from kg.records import write_jsonl
from tests.parts.answers import DAY_S, Clock, letter, recorded
from tests.parts.batches import question, request
from tests.parts.commands import kg


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A project whose cache holds two answers of one model, one of another, and a dead letter of each."""
    (tmp_path / "config.yaml").write_text("")
    with opened(tmp_path / "config.yaml") as cache:
        cache.put(recorded("a", item="SATISFIED_BY: tea [names]", model="old"), ("old", "names", Usage(7, 3)))
        cache.put(recorded("b", item="SATISFIED_BY: milk [names]", model="old"), ("old", "names", Usage(7, 3)))
        cache.put(recorded("c", item="SATISFIED_BY: tea [names]", model="new"), ("new", "names", Usage(7, 3)))
        cache.bill("new", "names", Usage(100, 50))
        cache.bury(letter("d", model="new"))
        cache.bury(letter("e", model="old"))
    return tmp_path / "config.yaml"


@contextmanager
def opened(config: Path, clock: Clock | None = None) -> Iterator[AnswerCache]:
    """The project's cache."""
    path = config.parent / "answers.sqlite"
    with closing(AnswerCache(path, clock) if clock else AnswerCache(path)) as cache:
        yield cache


def held(config: Path) -> tuple[list[str], list[str]]:
    """Return the keys of the answers and of the dead letters."""
    with opened(config) as cache:
        return sorted(each.key for each in cache.export()), sorted(cache.dead())


def test_stats_tell_what_was_answered_billed_and_left_dead(config: Path) -> None:
    """One row for each model; --json has the same figures."""
    said = kg("cache", "stats", "--config", config)
    head, _, new, old = (line.split() for line in said.out.splitlines())
    assert (head[:2], head[-2:]) == (["model", "answers"], ["completion", "billed"])
    assert new == ["new", "1", "0", "7", "3", "1", "2", "107", "53"]
    assert old == ["old", "2", "0", "14", "6", "1", "2", "14", "6"]
    rows = kg("cache", "stats", "--json", "--config", config).data
    assert [sorted(str(value) for value in row.values()) for row in rows] == [sorted(new), sorted(old)]


def test_stats_tell_of_questions_under_way(config: Path) -> None:
    """Leases show while they last."""
    with opened(config) as cache:
        cache.claim(["x", "y"], "batch:7", 3600)
    assert "2 questions are being asked right now" in kg("cache", "stats", "--config", config).out


def test_stats_tell_of_batches_under_way(config: Path) -> None:
    """A batch that a run has left at the provider is named, with what is still open."""
    asked = question("tea?")
    with opened(config) as cache:
        assert cache.claim(["x"], "gone", 600).mine == ("x",)
        assert cache.batches.open("left", "large", {"r": request(1, "x", asked)}, "gone", 600)
    said = kg("cache", "stats", "--config", config).out
    assert "batch left of large" in said
    assert said.rstrip().endswith("new, 1 open")


def test_an_export_can_be_of_one_model(config: Path, tmp_path: Path) -> None:
    """--model and --without go together."""
    said = kg("cache", "export", tmp_path / "o.jsonl", "--model", "old", "--without", "milk", "--config", config)
    assert said.err == f"1 answers written to {tmp_path / 'o.jsonl'}\n"
    assert '"key":"a"' in (tmp_path / "o.jsonl").read_text()


def test_what_is_exported_can_be_imported(config: Path, tmp_path: Path) -> None:
    """Into another project: the same export again."""
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "config.yaml"
    other.write_text("")
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert kg("cache", "export", one, "--config", config).code == 0
    assert kg("cache", "import", one, "--config", other).err == f"3 new answers from {one}\n"
    assert kg("cache", "import", one, "--config", other).err == f"0 new answers from {one}\n"
    assert kg("cache", "export", two, "--config", other).code == 0
    assert one.read_bytes() == two.read_bytes()


def test_a_bad_line_of_an_import_is_named(config: Path, tmp_path: Path) -> None:
    """One line on stderr, exit 1, nothing imported."""
    bad = tmp_path / "bad.jsonl"
    write_jsonl(bad, [recorded("z")])
    with bad.open("a") as handle:
        handle.write('{"key": "y", "model": "m", "item": "tea", "answer": {"yes": 1.5}}\n')
    said = kg("cache", "import", bad, "--config", config)
    assert (said.code, said.out) == (1, "")
    assert said.err == f"error: {bad}:2: answer.yes is 1.5, not a probability (0 to 1)\n"
    assert held(config) == (["a", "b", "c"], ["d", "e"])


@pytest.mark.parametrize(
    ("selectors", "left"),
    [
        (["--model", "old"], (["c"], ["d", "e"])),
        (["--model", "old", "--model", "new"], ([], ["d", "e"])),
        (["--keep-model", "old"], (["a", "b"], ["d", "e"])),
        (["--model", "old", "--keep-model", "old"], (["a", "b", "c"], ["d", "e"])),
        (["--dead"], (["a", "b", "c"], [])),
        (["--dead", "--model", "new"], (["a", "b", "c"], ["e"])),
        (["--older-than", "1"], (["a", "b", "c"], ["d", "e"])),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_pruning_shows_first_and_deletes_when_told_to(
    config: Path, selectors: list[str], left: tuple[list[str], list[str]]
) -> None:
    """Without --yes nothing goes; with it, exactly what was shown."""
    before = held(config)
    shown = kg("cache", "prune", *selectors, "--json", "--config", config)
    assert (shown.code, shown.err, shown.data["deleted"], held(config)) == (0, "", 0, before)
    done = kg("cache", "prune", *selectors, "--yes", "--json", "--config", config)
    assert held(config) == left
    gone = sum(map(len, before)) - sum(map(len, left))
    assert done.data["deleted"] == gone
    assert done.data["selected"] == shown.data["selected"]
    assert sum(row["answers"] + row["dead_letters"] for row in shown.data["selected"]) == gone


def test_pruning_speaks_to_people(config: Path) -> None:
    """What would go, what to do next, what went, and that nothing is left to do."""
    prune = ("cache", "prune", "--model", "old", "--config", config)
    shown, done, again = kg(*prune), kg(*prune, "--yes"), kg(*prune, "--yes")
    assert shown.out.splitlines()[2].split() == ["old", "2", "0", "14", "6"]
    assert shown.out.endswith("nothing is deleted yet: add --yes to do it\n")
    assert done.out.endswith("2 deleted\n")
    assert again.out == "nothing is selected\n"


def test_old_answers_can_be_pruned(config: Path) -> None:
    """What no build has used for long goes; what one has read stays."""
    clock = Clock(time.time() - 200 * DAY_S)
    with opened(config, clock) as cache:
        cache.put_many([recorded("x"), recorded("y")])
        clock.now += 150 * DAY_S
        cache.get("y")
    assert kg("cache", "prune", "--older-than", "100", "--yes", "--config", config).out.endswith("1 deleted\n")
    assert held(config)[0] == ["a", "b", "c", "y"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("prune",), "say what may go: --model, --keep-model, --older-than or --dead"),
        (("prune", "--yes"), "say what may go"),
        (("prune", "--keep-model", "nwe", "--yes"), "nothing is kept of a model 'nwe'; known: new, old"),
        (("prune", "--model", "nwe", "--yes"), "nothing is kept of a model 'nwe'"),
        (("prune", "--older-than", "0"), "0 is not in the range"),
        (("export", "x.jsonl", "--model", "nwe"), "nothing is kept of a model 'nwe'"),
        (("import", "nosuch.jsonl"), "'nosuch.jsonl' does not exist"),
    ],
)
def test_a_slip_deletes_nothing(config: Path, arguments: tuple[str, ...], said: str) -> None:
    """Wrong usage is exit 2 with what to do; a mistyped name never selects everything."""
    before = held(config)
    found = kg("cache", *arguments, "--config", config)
    assert found.code == 2
    assert said in found.err
    assert held(config) == before
