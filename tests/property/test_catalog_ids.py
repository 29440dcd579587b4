"""Whatever stands in a catalogue: ids survive unchanged, and no row is lost."""

import csv
import io
import json
import tempfile
from pathlib import Path

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.catalog.catalogue import read_catalog
from kg.catalog.options import CatalogOptions
from kg.catalog.report import CatalogReport
from kg.catalog.titles import core, cores
from kg.errors import InputError

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)
IDS = st.lists(TEXT.filter(str.strip), min_size=1, max_size=8, unique=True)
LENIENT = CatalogOptions(max_reject_share=1.0)


def ids_through(name: str, data: bytes) -> list[str]:
    """Return the ids that come out of a file of this name and content."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(data)
        read_catalog([file], LENIENT, Path(folder) / "out")
        rows = duckdb.sql(f"SELECT id FROM '{folder}/out/products.parquet'").fetchall()
    return [row[0] for row in rows]


@settings(deadline=None, max_examples=12)
@given(ids=IDS)
def test_ids_survive_csv(ids: list[str]) -> None:
    """Any text but control characters that CSV cannot carry comes out of a CSV file as it went in."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([["id", "title"], *([one, "Oat Milk"] for one in ids)])
    assert ids_through("a.csv", text.getvalue().encode()) == ids


@settings(deadline=None, max_examples=12)
@given(ids=IDS)
def test_ids_survive_json_lines(ids: list[str]) -> None:
    """Any id comes out of a JSON-lines file as it went in."""
    lines = "\n".join(json.dumps({"id": one, "title": "Oat Milk"}) for one in ids)
    assert ids_through("a.jsonl", lines.encode()) == ids


@settings(deadline=None, max_examples=8)
@given(ids=IDS)
def test_ids_survive_parquet(ids: list[str]) -> None:
    """Any id comes out of a Parquet file as it went in."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.parquet"
        with duckdb.connect() as engine:
            engine.execute("CREATE TABLE shop (id VARCHAR, title VARCHAR)")
            engine.executemany("INSERT INTO shop VALUES (?, 'Oat Milk')", [[one] for one in ids])
            engine.table("shop").write_parquet(str(file))
        data = file.read_bytes()
    assert ids_through("a.parquet", data) == ids


@settings(deadline=None, max_examples=25)
@given(data=st.lists(st.lists(st.sampled_from(["", "1", "2", "a b", '"x', "é", "-3"]), max_size=4), max_size=12))
def test_every_row_is_kept_or_refused(data: list[list[str]]) -> None:
    """What goes in is kept or rejected, however broken the rows are."""
    text = "\n".join(["id,title,price", *(",".join(row) for row in data)])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.csv"
        file.write_text(text)
        out = Path(folder) / "out"
        try:
            report: CatalogReport = read_catalog([file], LENIENT, out)
        except InputError:
            return
        rejects = len((out / "rejects.jsonl").read_bytes().splitlines())
        kept = duckdb.sql(f"SELECT count(*) FROM '{out}/products.parquet'").fetchall()[0][0]
    assert report.counts.balanced
    assert (report.counts.kept, report.counts.dropped) == (kept, rejects)


@given(titles=st.lists(st.text(max_size=30), max_size=6))
def test_a_batch_gives_the_same_cores_as_its_titles_alone(titles: list[str]) -> None:
    """Working on a batch as one text never lets one title leak into another."""
    assert cores(titles, [""] * len(titles)) == [core(title) for title in titles]
