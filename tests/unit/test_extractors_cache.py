"""The answer cache: what was paid for is on disk, shared, exported and imported without loss."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractors.llm.cache import AnswerCache, CacheStats, RecordedAnswer
from extractors.llm.questions import Answer
from kg.errors import ArtefactError
from kg.records import write_jsonl

ROOT = Path(__file__).parents[2]
MILK = Answer(names=("milk", "crème fraîche"), prompt_tokens=7, completion_tokens=3)
SURE = Answer(yes=0.9731, prompt_tokens=5, completion_tokens=1)


def recorded(key: str, answer: Answer = MILK, item: str = "tea", model: str = "m") -> RecordedAnswer:
    """Return an answer as it is exported."""
    return RecordedAnswer(key, model, item, answer)


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a process of ours with ``code``."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, cwd=ROOT)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the cache is."""
    return tmp_path / "cache" / "answers.sqlite"


@pytest.fixture
def cache(file: Path) -> Iterator[AnswerCache]:
    """An open cache, empty."""
    opened = AnswerCache(file)
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


def test_an_answer_is_durable_before_it_is_counted(file: Path) -> None:
    """A process that is killed right after an answer was put has not lost it."""
    code = """
        import sys
        from pathlib import Path
        from extractors.llm.cache import AnswerCache, RecordedAnswer
        from extractors.llm.questions import Answer
        cache = AnswerCache(Path(sys.argv[1]))
        for number in range(1000):
            cache.put(RecordedAnswer(str(number), "m", "tea", Answer(names=(str(number),))))
            print(number, flush=True)
            if number == 3:
                sys.stdin.read()
    """
    with python(code, file) as process:
        assert process.stdout is not None
        for _ in range(4):
            last = process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    assert last.strip() == "3"
    cache = AnswerCache(file)
    assert [cache.get(str(number)) is not None for number in range(5)] == [True, True, True, True, False]
    cache.close()


def test_every_commit_is_synced(cache: AnswerCache) -> None:
    """Write-ahead with a sync at every commit: a power cut loses nothing either."""
    assert cache._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert cache._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_processes_share_a_cache_that_neither_has_made(file: Path) -> None:
    """Two processes that open and write at the same moment both succeed, and read one another's answers."""
    code = """
        import sys
        from pathlib import Path
        from extractors.llm.cache import AnswerCache, RecordedAnswer
        from extractors.llm.questions import Answer
        print("ready", flush=True)
        sys.stdin.readline()
        cache = AnswerCache(Path(sys.argv[1]))
        for number in range(60):
            cache.put(RecordedAnswer(f"{sys.argv[2]}{number}", "m", "tea", Answer(names=(sys.argv[2],))))
            cache.put(RecordedAnswer(f"both{number}", "m", "tea", Answer(names=(sys.argv[2],))))
        print(len(list(cache.export())), flush=True)
        cache.close()
    """
    with python(code, file, "a") as one, python(code, file, "b") as two:
        for process in (one, two):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in (one, two):
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        assert [process.wait(60) for process in (one, two)] == [0, 0]
    cache = AnswerCache(file)
    assert len(list(cache.export())) == 180
    assert cache.get("a59") is not None
    assert cache.get("b59") is not None
    cache.close()


def test_another_process_is_seen_at_once(cache: AnswerCache, file: Path) -> None:
    """What one connection has put, another that was open already reads."""
    other = AnswerCache(file)
    cache.put(recorded("a"))
    assert other.get("a") is not None
    other.close()


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


def test_the_counts_are_by_model(cache: AnswerCache, tmp_path: Path) -> None:
    """Answers, recorded ones among them, and the tokens they cost."""
    cache.put(recorded("a", model="two"))
    cache.put(recorded("b", SURE, model="two"))
    write_jsonl(tmp_path / "r.jsonl", [recorded("c", model="one")])
    cache.import_file(tmp_path / "r.jsonl")
    assert cache.stats() == [CacheStats("one", 1, 1, 7, 3), CacheStats("two", 2, 0, 12, 4)]


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


@pytest.mark.parametrize(
    "content", [b"this is not a database, it is a letter" * 50, b"SQLite format 3\x00" + b"\xff" * 500]
)
def test_a_file_that_is_no_cache_is_an_error(file: Path, content: bytes) -> None:
    """The error names the file and what to do; the file stays as it was."""
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(ArtefactError, match=r"answers\.sqlite is not a usable answer cache") as caught:
        AnswerCache(file)
    assert caught.value.remedy
    assert file.read_bytes() == content


def test_a_folder_in_its_place_is_an_error(file: Path) -> None:
    """A folder of that name is said to be no cache."""
    file.mkdir(parents=True)
    with pytest.raises(ArtefactError, match="not a usable answer cache"):
        AnswerCache(file)


def test_a_file_where_its_folder_should_be_is_an_error(tmp_path: Path) -> None:
    """A path that cannot be made is said to be none."""
    (tmp_path / "cache").write_text("")
    with pytest.raises(ArtefactError, match="not a usable answer cache"):
        AnswerCache(tmp_path / "cache" / "answers.sqlite")


def test_a_table_of_something_else_is_an_error(file: Path) -> None:
    """A database that has other answers is not written to."""
    file.parent.mkdir()
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE answers (question TEXT)")
    other.close()
    cache = AnswerCache(file)
    with pytest.raises(ArtefactError, match="not a usable answer cache"):
        cache.put(recorded("a"))
    with pytest.raises(ArtefactError, match="not a usable answer cache"):
        cache.get("a")
    with pytest.raises(ArtefactError, match="not a usable answer cache"):
        cache.stats()
    cache.close()


def test_damage_that_shows_later_is_an_error_too(file: Path) -> None:
    """Pages that are overwritten while the file is closed are found when they are read."""
    cache = AnswerCache(file)
    for number in range(400):
        cache.put(recorded(f"{number:064}", item="x" * 200))
    cache.close()
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(ArtefactError, match="not a usable answer cache"):
        damaged_read(file)


def damaged_read(file: Path) -> None:
    """Open and read all of it."""
    cache = AnswerCache(file)
    try:
        list(cache.export())
    finally:
        cache.close()


def test_an_answer_that_cannot_be_written_is_an_error(cache: AnswerCache) -> None:
    """A full disk is reported as such; the cache still reads, and writes when there is room."""
    cache.put(recorded("a"))
    pages = cache._db.execute("PRAGMA page_count").fetchone()[0]
    cache._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ArtefactError, match="full"):
        cache.put(recorded("b", item="x" * 50_000))
    assert cache.get("a") is not None
    cache._db.execute("PRAGMA max_page_count = 100000")
    cache.put(recorded("z"))
    assert cache.get("z") is not None
