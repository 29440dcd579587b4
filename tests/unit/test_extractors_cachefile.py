"""The cache's file: brought up to date where it is, and left alone if it is damaged, somebody else's, or newer."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from extractors.llm.cache import AnswerCache, RecordedAnswer
from extractors.llm.questions import Answer
from extractors.llm.replies import Usage
from kg.errors import ArtefactError
from kg.records import to_json
from tests.parts.answers import MILK, SURE, go, python, recorded


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the cache is."""
    return tmp_path / "cache" / "answers.sqlite"


def first_version(file: Path, answers: int) -> list[RecordedAnswer]:
    """Make a cache as the first version did, with an answer in its write-ahead log; return what it holds, in order."""
    file.parent.mkdir(parents=True)
    db = sqlite3.connect(file, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute(
        "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, model TEXT NOT NULL, item TEXT NOT NULL,"
        " source TEXT NOT NULL, answer BLOB NOT NULL) WITHOUT ROWID"
    )
    held = [recorded(f"{number:064}", SURE if number % 2 else MILK) for number in range(answers)]
    for each in held:
        old = to_json(each.answer).replace(b'"choices":[],', b"").replace(b'"groups":[],', b"")
        db.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", (each.key, "m", "tea", "live", old))
    db.close()
    return held


def test_a_cache_of_the_first_version_keeps_every_answer(file: Path) -> None:
    """It is brought up to date where it is, once, and works as a new one does."""
    held = first_version(file, 500)
    for _ in range(2):
        cache = AnswerCache(file)
        assert list(cache.export()) == held
        cache.close()
    cache = AnswerCache(file)
    cache.put(recorded("new"), ("m", "names", Usage(7, 3)))
    assert cache.claim([held[0].key, "newer"], "one", 60).mine == ("newer",)
    assert [(row.answers, row.billed_calls) for row in cache.stats()] == [(501, 1)]
    cache.close()


def test_two_may_bring_it_up_to_date(file: Path) -> None:
    """Whoever comes second finds it done."""
    held = first_version(file, 500)
    code = """
        print("ready", flush=True)
        sys.stdin.readline()
        print(sum(1 for _ in AnswerCache(Path(sys.argv[1])).export()))
    """
    with python(code, file) as one, python(code, file) as two:
        for process in (one, two):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in (one, two):
            go(process)
        assert [process.communicate()[0] for process in (one, two)] == [f"{len(held)}\n"] * 2


def test_a_cache_of_a_newer_version_is_left_alone(file: Path) -> None:
    """The error says that it is newer and what to do; nothing is changed."""
    AnswerCache(file).close()
    db = sqlite3.connect(file)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = file.read_bytes()
    with pytest.raises(ArtefactError, match=r"newer version \(its schema is 99, this version knows 3\); upgrade"):
        AnswerCache(file)
    assert file.read_bytes() == before


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


@pytest.mark.parametrize("table", ["answers (question TEXT)", "orders (id TEXT)"])
def test_a_database_of_something_else_is_left_alone(file: Path, table: str) -> None:
    """A database of somebody else's is not written to."""
    file.parent.mkdir()
    other = sqlite3.connect(file)
    other.execute(f"CREATE TABLE {table}")
    other.close()
    before = file.read_bytes()
    with pytest.raises(ArtefactError, match="not a usable answer cache: its tables are not ours"):
        AnswerCache(file)
    assert file.read_bytes() == before


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


def test_damage_that_shows_later_is_an_error_too(file: Path) -> None:
    """Pages that are overwritten while the file is closed are found when they are read."""
    cache = AnswerCache(file)
    cache.put_many([recorded(f"{number:064}", item="x" * 200) for number in range(400)])
    cache.close()
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(ArtefactError, match="not a usable answer cache"):
        damaged_read(file)


def damaged_read(file: Path) -> None:
    """Open and read all of it."""
    with closing(AnswerCache(file)) as cache:
        list(cache.export())


@pytest.mark.parametrize("raw", [b'{"names": [', b'{"names": 7}', b"\xff"])
def test_a_damaged_answer_is_an_error_wherever_it_is_read(file: Path, raw: bytes) -> None:
    """It is never taken for an empty one."""
    cache = AnswerCache(file)
    cache.put(recorded("a"))
    db = sqlite3.connect(file)
    db.execute("UPDATE answers SET answer = ?", (raw,))
    db.commit()
    db.close()
    for read in (
        lambda: cache.get("a"),
        lambda: cache.claim(["a"], "one", 60),
        lambda: list(cache.export()),
        cache.stats,
        lambda: cache.averages("m"),
    ):
        with pytest.raises(ArtefactError, match="damaged"):
            read()
    cache.close()


def test_a_closed_cache_says_so(file: Path) -> None:
    """Whoever comes after the end of a run gets an error of ours."""
    cache = AnswerCache(file)
    cache.close()
    with pytest.raises(ArtefactError, match="closed"):
        cache.put(recorded("a", Answer()))
