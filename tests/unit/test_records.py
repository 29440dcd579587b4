"""The files between the stages: canonical bytes, whole files only, errors that name file and line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import ArtefactError
from kg.model import Reject, StageCounts, Statement
from kg.records import atomic_path, digest, file_digest, from_json, read_jsonl, to_json, write_jsonl

REJECT = Reject("a.csv", 3, "price", "x", "no number", "write 3.49")
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Records survive the file, in their order, and are counted."""
    records = [REJECT, Reject("ß.csv", 9, "", "\u2028\x00", "", "")]
    assert write_jsonl(tmp_path / "deep" / "x.jsonl", records) == 2
    assert list(read_jsonl(tmp_path / "deep" / "x.jsonl", Reject)) == records


def test_one_record_is_one_line(tmp_path: Path) -> None:
    """Whatever a value holds, a line is a record: ordinary tools can count and cut."""
    write_jsonl(tmp_path / "x.jsonl", [Reject("a", 1, "f", "line\nbreak\r", "r", "m")] * 3)
    assert (tmp_path / "x.jsonl").read_bytes().count(b"\n") == 3


@given(PLAIN)
def test_canonical_json_comes_back_as_it_was(value: object) -> None:
    """Encoding loses nothing, and the same value has the same bytes."""
    assert from_json(to_json(value), object) == value
    assert to_json(from_json(to_json(value), object)) == to_json(value)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), st.integers(-9, 9), max_size=6))
def test_the_order_of_a_table_does_not_matter(table: dict[str, int]) -> None:
    """Two tables with the same entries have the same bytes and digest."""
    turned = dict(reversed(table.items()))
    assert to_json(turned) == to_json(table)
    assert digest(turned, "a") == digest(table, "a")


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    """Another process with another PYTHONHASHSEED writes the same bytes for sets and tables."""
    code = (
        "from kg.records import to_json, digest; v = {'b': {'x', 'y', 'zz'}, 'a': {'k%d' % i: i for i in range(9)}};"
        "print(to_json(v), digest(v, ('a', 1)))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(said) == 1


def test_a_digest_tells_parts_apart() -> None:
    """What is one part or two, text or number, is another key."""
    parts: list[tuple[object, ...]] = [("ab",), ("a", "b"), (["a", "b"],), ("a", ["b"]), ("1",), (1,), (None,)]
    keys = {digest(*each) for each in parts}
    assert len(keys) == 7
    assert all(len(key) == 64 for key in keys)


def test_a_file_digest_is_that_of_its_bytes(tmp_path: Path) -> None:
    """The sha256 of the empty file is the well-known one."""
    (tmp_path / "x").write_bytes(b"")
    assert file_digest(tmp_path / "x") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_an_exception_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    """Writing that fails half way changes nothing, also when a file was there before."""

    def broken() -> Iterator[Reject]:
        yield REJECT
        raise ZeroDivisionError

    target = tmp_path / "x.jsonl"
    target.write_text("before")
    with pytest.raises(ZeroDivisionError):
        write_jsonl(target, broken())
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]
    assert target.read_text() == "before"


def test_kill_minus_nine_leaves_the_old_file_whole(tmp_path: Path) -> None:
    """A process killed in the middle of writing leaves the file as it was for every reader."""
    target = tmp_path / "x.jsonl"
    target.write_text("before")
    code = (
        "import os, sys, signal; from pathlib import Path; from kg.records import write_jsonl\n"
        "def lines():\n"
        "    for n in range(10**6):\n"
        "        if n == 50_000: os.kill(os.getpid(), signal.SIGKILL)\n"
        "        yield {'n': n}\n"
        "write_jsonl(Path(sys.argv[1]), lines())"
    )
    done = subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_text() == "before"


def test_a_path_that_was_not_written_is_an_error(tmp_path: Path) -> None:
    """Leaving the block without having written the file is loud, and leaves nothing."""
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "x"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_names_it_and_what_makes_it(tmp_path: Path) -> None:
    """A reader is told which file is missing and which command makes it."""
    with pytest.raises(ArtefactError, match=r"gone\.jsonl is missing; .*kg build"):
        list(read_jsonl(tmp_path / "gone.jsonl", Reject))


@pytest.mark.parametrize(
    "line", [b"{", b"", b"not json", b'{"file":"a"}', b'{"line":"three"}', b'{"file":"\xff"}', b"[1,2]", b"null"]
)
def test_a_line_that_does_not_fit_is_named(tmp_path: Path, line: bytes) -> None:
    """Cut off, empty, of another kind or not UTF-8: file and line are named, the lines before are given."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(to_json(REJECT) + b"\n" + line + b"\n")
    found = read_jsonl(path, Reject)
    assert next(found) == REJECT
    with pytest.raises(ArtefactError, match=r"x\.jsonl:2: not a Reject: "):
        next(found)


@pytest.mark.parametrize("line", [b"{", b'{"taken":"many"}', b'"\xff"'])
def test_a_single_record_that_does_not_fit_names_its_kind(line: bytes) -> None:
    """Bad JSON, a wrong type and broken UTF-8 are one kind of error."""
    with pytest.raises(ArtefactError, match="not a StageCounts: "):
        from_json(line, StageCounts)


def test_a_statement_with_everything_survives() -> None:
    """Nested records, enums, tuples and nulls come back as they went."""
    raw = {
        "id": "s1", "relation": "PAIRS_WITH", "subject_kind": "Intent", "subject_id": "i", "subject": "lasagna",
        "mention": "red wine", "rank": 1, "provenance": {"model": "m", "prompt_hash": "p"}, "typicality": None,
        "contexts": ["dinner"], "evidence": {"lift": 2.5, "pairs": 7},
    }  # fmt: skip
    statement = from_json(to_json(raw), Statement)
    assert from_json(to_json(statement), Statement) == statement
    assert (statement.contexts, statement.evidence.lift, statement.typicality) == (("dinner",), 2.5, None)
