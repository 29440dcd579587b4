"""What becomes of paid answers when a process dies, a disk fills up, or a write goes wrong."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from extractors.llm.cache import AnswerCache
from extractors.llm.cachefile import CacheFile
from extractors.llm.replies import Usage
from kg.errors import ArtefactError
from tests.parts.answers import go, letter, python, recorded

# Asks all questions that nobody else asks, four at a time, until all are answered; says what it asks and has put.
WORKER = """
    cache, owner, keys = AnswerCache(Path(sys.argv[1])), owner_name(), [f"k{n}" for n in range(int(sys.argv[2]))]
    print("ready", flush=True)
    sys.stdin.readline()
    while keys:
        claim = cache.claim(keys[:4], owner, 60)
        for key in claim.mine:
            print("ask", key, flush=True)
        cache.put_many([RecordedAnswer(key, "m", "tea", Answer(names=(key,))) for key in claim.mine])
        for key in claim.mine:
            print("put", key, flush=True)
        keys = keys[4:] + list(claim.held)
        time.sleep(0.001 if claim.mine else 0.02)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the cache is."""
    return tmp_path / "cache" / "answers.sqlite"


def started(file: Path, questions: int) -> subprocess.Popen[str]:
    """Return a worker that waits for its sign."""
    process = python(WORKER, file, questions)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_processes_share_a_cache_that_neither_has_made(file: Path) -> None:
    """Two that begin at the same moment part the questions: each is asked once, and both see every answer."""
    with started(file, 300) as one, started(file, 300) as two:
        for process in (one, two):
            go(process)
        said = [line for process in (one, two) for line in process.communicate()[0].splitlines()]
        assert (one.returncode, two.returncode) == (0, 0)
    assert Counter(said) == Counter(f"{what} k{number}" for what in ("ask", "put") for number in range(300))


def test_kills_lose_nothing_and_ask_again_only_what_was_under_way(file: Path) -> None:
    """SIGKILL at 12 random moments beside a process that goes on: no answer lost, at most four asked twice a kill."""
    moments, said = random.Random(12), list[str]()
    with started(file, 2000) as steady:
        go(steady)
        for _ in range(12):
            with started(file, 2000) as victim:
                go(victim)
                time.sleep(moments.uniform(0.0, 0.08))
                os.kill(victim.pid, signal.SIGKILL)
                said += victim.communicate()[0].splitlines()
        said += steady.communicate()[0].splitlines()
        assert steady.returncode == 0
    asked = Counter(line for line in said if line.startswith("ask"))
    put = {line.removeprefix("put ") for line in said if line.startswith("put")}
    cache = AnswerCache(file)
    assert len(cache.get_many([f"k{number}" for number in range(2000)])) == 2000
    assert len(put - cache.get_many(sorted(put)).keys()) == 0
    assert sum(asked.values()) - len(asked) <= 12 * 4
    assert cache.leased() == 0
    cache.close()


def test_what_a_killed_process_was_asking_is_free_at_once(file: Path) -> None:
    """Nobody waits for a lease to run out whose holder is known to be dead; while it lived, it held."""
    code = """
        cache = AnswerCache(Path(sys.argv[1]))
        print(*cache.claim(["a", "b"], owner_name(), 3600).mine, flush=True)
        sys.stdin.read()
    """
    cache = AnswerCache(file)
    with python(code, file) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "a b\n"
        assert cache.claim(["a", "b"], "two", 60).held == ("a", "b")
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    assert cache.claim(["a", "b"], "two", 60).mine == ("a", "b")
    cache.close()


def test_an_answer_is_durable_before_it_is_counted(file: Path) -> None:
    """A process that is killed right after an answer was put has lost neither it nor what it cost."""
    code = """
        cache = AnswerCache(Path(sys.argv[1]))
        for number in range(1000):
            answer = RecordedAnswer(str(number), "m", "tea", Answer(names=(str(number),)))
            cache.put(answer, ("m", "names", Usage(2, 1)))
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
    assert list(cache.get_many([str(number) for number in range(5)])) == ["0", "1", "2", "3"]
    assert [(total.calls, total.prompt_tokens) for total in cache.billed()] == [(4, 8)]
    cache.close()


def test_every_commit_is_synced(file: Path) -> None:
    """Write-ahead with a sync at every commit: a power cut loses nothing either."""
    opened = CacheFile(file, 0)
    assert opened.read("PRAGMA journal_mode") == [("wal",)]
    assert opened.read("PRAGMA synchronous") == [(2,)]
    opened.close()


def test_a_full_disk_loses_nothing(file: Path) -> None:
    """Whatever does not fit is an error and leaves no half; all else can be read, and written when there is room."""
    cache = AnswerCache(file)
    cache.put(recorded("a"), ("m", "names", Usage(7, 3)))
    cache.claim(["b"], "one", 60)
    limit = cache._file._db.execute
    limit(f"PRAGMA max_page_count = {limit('PRAGMA page_count').fetchone()[0]}")
    large = recorded("b", item="x" * 50_000)
    for write in (
        lambda: cache.put(large, ("m", "names", Usage(7, 3))),
        lambda: cache.put_many([recorded("c"), large], ("m", "names", Usage(7, 3))),
        lambda: cache.claim([f"k{number}" for number in range(5000)], "two", 60),
        lambda: cache.bury(letter("b" * 50_000)),
        lambda: cache.spellings([("type", "x", "x" * 50_000)]),
    ):
        with pytest.raises(ArtefactError, match=r"full.*make room"):
            write()
    assert list(cache.get_many(["a", "b", "c"])) == ["a"]
    assert (cache.leased(), cache.billed()[0].calls) == (1, 1)
    limit("PRAGMA max_page_count = 100000")
    cache.put(large)
    assert cache.claim(["b", "c"], "two", 60).mine == ("c",)
    cache.close()


def test_one_bad_write_does_not_take_others_with_it(file: Path) -> None:
    """Writers that share a commit fail alone."""
    opened, inside, go_on = CacheFile(file, 0), threading.Event(), threading.Event()
    outcomes: dict[str, object] = {}

    def wait(db: sqlite3.Connection) -> None:
        inside.set()
        go_on.wait()

    def write(name: str, sql: str) -> None:
        try:
            outcomes[name] = opened.write(lambda db: db.execute(sql).rowcount)
        except ArtefactError as error:
            outcomes[name] = str(error)

    good = "INSERT INTO spellings VALUES ('{0}', '{0}', '{0}')"
    jobs = {"a": good.format("a"), "bad": "INSERT INTO nowhere VALUES (1)", "b": good.format("b")}
    threads = [threading.Thread(target=opened.write, args=(wait,))]
    threads[0].start()
    inside.wait()
    for name, sql in jobs.items():
        threads.append(threading.Thread(target=write, args=(name, sql)))
        threads[-1].start()
    while len(opened._wishes) < len(jobs):
        time.sleep(0.001)
    go_on.set()
    for thread in threads:
        thread.join()
    assert opened.read("SELECT scope FROM spellings ORDER BY scope") == [("a",), ("b",)]
    assert (outcomes["a"], outcomes["b"]) == (1, 1)
    assert "nowhere" in str(outcomes["bad"])
    opened.close()
