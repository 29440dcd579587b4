"""Query logs: read in every format, added up, with a reject for every row that cannot be counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.catalog.query_log import Search, read_queries
from kg.errors import InputError
from kg.model import Reject
from kg.records import read_jsonl


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("log.csv", "query,count\npizza night,3\nroad trip,5\n"),
        ("log.tsv", "Count\tQuery\n3\tpizza night\n5\troad trip\n"),
        ("log.jsonl", '{"query": "pizza night", "count": 3}\n{"query": "road trip", "count": "5"}\n'),
    ],
)
def test_a_log_is_read_in_every_format(tmp_path: Path, name: str, text: str) -> None:
    """Most frequent first."""
    (tmp_path / name).write_text(text)
    found, report = read_queries(tmp_path / name, tmp_path / "rejects.jsonl")
    assert found == [Search("road trip", 5), Search("pizza night", 3)]
    assert (report.counts.taken, report.counts.kept) == (2, 2)


def test_case_and_spaces_make_no_other_query(tmp_path: Path) -> None:
    """Their counts are added up; of equal counts the first by name comes first."""
    (tmp_path / "log.csv").write_text("query,count\nPizza  Night,3\npizza night,4\nb,7\n")
    found, report = read_queries(tmp_path / "log.csv", tmp_path / "rejects.jsonl")
    assert found == [Search("b", 7), Search("pizza night", 7)]
    assert report.counts.kept == 3


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (b",3", "query", "the query is empty"),
        (b"\xe2\x80\x8b,3", "query", "the query is empty"),
        (b"caf\xe9,3", "query", "bytes that do not fit the encoding"),
        (b"a" * 501 + b",3", "query", "the query is longer than 500 characters"),
        (b"pizza,0", "count", "the count is not a whole number from 1 up"),
        (b"pizza,-2", "count", "the count is not a whole number from 1 up"),
        (b"pizza,many", "count", "the count is not a whole number from 1 up"),
        (b"pizza,1.5", "count", "the count is not a whole number from 1 up"),
        ("pizza,٣".encode(), "count", "the count is not a whole number from 1 up"),
        (b"pizza", "", "the row has too few fields"),
    ],
)
def test_a_bad_row_is_refused(tmp_path: Path, row: bytes, field: str, reason: str) -> None:
    """With line, field, reason and remedy; the others are counted."""
    (tmp_path / "log.csv").write_bytes(b"query,count\nroad trip,5\n" + row + b"\n")
    found, report = read_queries(tmp_path / "log.csv", tmp_path / "rejects.jsonl", max_reject_share=1.0)
    (reject,) = read_jsonl(tmp_path / "rejects.jsonl", Reject)
    assert (reject.line, reject.field, reject.reason) == (3, field, reason)
    assert reject.remedy
    assert found == [Search("road trip", 5)]
    assert (report.counts.taken, report.counts.kept, report.counts.dropped) == (2, 1, 1)


def test_a_log_without_its_columns_is_refused(tmp_path: Path) -> None:
    """The error names the columns there are and those it takes."""
    (tmp_path / "log.csv").write_text("term,count\npizza,3\n")
    with pytest.raises(InputError, match=r"no column 'query'; the file has: term, count; call the columns query and"):
        read_queries(tmp_path / "log.csv", tmp_path / "rejects.jsonl")


def test_a_log_of_mostly_bad_rows_stops(tmp_path: Path) -> None:
    """What is refused is written down before."""
    (tmp_path / "log.csv").write_text("query,count\npizza,x\nroad trip,5\n")
    with pytest.raises(InputError, match="1 of 2 rows were refused"):
        read_queries(tmp_path / "log.csv", tmp_path / "rejects.jsonl")
    assert len(list(read_jsonl(tmp_path / "rejects.jsonl", Reject))) == 1
