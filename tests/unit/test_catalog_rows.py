"""Which rows the catalogue keeps, and what it says about the others."""

from pathlib import Path

import duckdb
import pytest

from kg.catalog.catalogue import read_catalog
from kg.catalog.options import CatalogOptions
from kg.catalog.report import CatalogReport
from kg.errors import InputError
from kg.model import Reject
from kg.records import read_jsonl

LENIENT = CatalogOptions(max_reject_share=1.0)
HEAD = "id,title,price,in_stock\n"
GOOD = "0001,Oat Milk 1 L,1.99,true\n"


def run(tmp_path: Path, data: str | bytes, options: CatalogOptions = LENIENT, name: str = "shop.csv") -> CatalogReport:
    """Read a catalogue of this content into tmp_path/out."""
    file = tmp_path / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_catalog([file], options, tmp_path / "out")


def rejects(tmp_path: Path) -> list[Reject]:
    """Return the rejects of the run."""
    return list(read_jsonl(tmp_path / "out" / "rejects.jsonl", Reject))


def products(tmp_path: Path, columns: str = "id") -> list[tuple[object, ...]]:
    """Return columns of the products of the run."""
    file = tmp_path / "out" / "products.parquet"
    return duckdb.sql(f"SELECT {columns} FROM '{file}'").fetchall()


@pytest.mark.parametrize(
    ("row", "line", "field", "value", "reason"),
    [
        (",Rye Bread,1,true", 3, "id", "", "the id is empty"),
        ("  ,Rye Bread,1,true", 3, "id", "  ", "the id is empty"),
        ("2,,1,true", 3, "title", "", "the title is empty"),
        ("2,Rye Bread,3.49 each,true", 3, "price", "3.49 each", "the price is not a number"),
        ("2,Rye Bread,-1,true", 3, "price", "-1", "the price is not a number"),
        ("2,Rye Bread,nan,true", 3, "price", "nan", "the price is not a number"),
        ("2,Rye Bread,1,maybe", 3, "in_stock", "maybe", "the stock flag cannot be read"),
        ("0001,Rye Bread,1,true", 3, "id", "0001", "the id stands twice"),
        ("2,Rye\0Bread,1,true", 3, "title", "Rye\0Bread", "the value holds a NUL character"),
        ("2,Rye Bread,1", 3, "", "3 fields instead of 4: 2,Rye Bread,1", "the row has too few fields"),
        ("2,Rye, Bread,1,true", 3, "", "5 fields instead of 4: 2,Rye, Bread,1,true", "the row has too many fields"),
    ],
)
def test_a_bad_row_is_refused_with_its_place_value_and_reason(
    tmp_path: Path, row: str, line: int, field: str, value: str, reason: str
) -> None:
    """A bad row becomes a reject that names file, line, field, value, reason and a remedy; the others stay."""
    report = run(tmp_path, HEAD + GOOD + row + "\n")
    (reject,) = rejects(tmp_path)
    assert (reject.line, reject.field, reject.value, reject.reason) == (line, field, value, reason)
    assert reject.file.endswith("shop.csv")
    assert reject.remedy
    assert report.reasons == ((reason, 1),)
    assert products(tmp_path) == [("0001",)]


def test_a_line_is_where_the_record_starts(tmp_path: Path) -> None:
    """Records that run over several lines and blank lines do not shift the line a reject names."""
    run(tmp_path, 'id,title\n1,"Oat\nMilk"\n\n2,\n')
    assert [(reject.line, reject.field) for reject in rejects(tmp_path)] == [(5, "title")]


def test_an_unterminated_quote_is_located(tmp_path: Path) -> None:
    """A quote that never closes is reported at the line where its record starts."""
    run(tmp_path, 'id,title\n1,Oat Milk\n2,"Rye Bread\n3,Salsa\n')
    assert [(r.line, r.reason) for r in rejects(tmp_path)] == [(3, "a quoted value never ends")]


def test_a_stray_quote_costs_its_own_row_only(tmp_path: Path) -> None:
    """A quote inside a quoted value refuses that row; the next one is read."""
    run(tmp_path, 'id,title\n1,"Oat" Milk\n2,Salsa\n')
    assert [(r.line, r.reason) for r in rejects(tmp_path)] == [(2, "a quote stands inside a quoted value")]
    assert products(tmp_path) == [("2",)]


def test_a_bad_byte_names_its_line_and_the_encoding_setting(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 refuse their row and say how to set the encoding."""
    run(tmp_path, b"id,title\n1,Oat Milk\n2,Cr\xe8me\n")
    (reject,) = rejects(tmp_path)
    assert (reject.line, reject.field, reject.reason) == (3, "title", "bytes that do not fit the encoding")
    assert "encoding" in reject.remedy


def test_the_set_encoding_is_used(tmp_path: Path) -> None:
    """With the right encoding the same bytes are text."""
    options = CatalogOptions(encoding="cp1252")
    run(tmp_path, b"id,title\n2,Cr\xe8me\n", options)
    assert products(tmp_path, "title") == [("Crème",)]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    """A UTF-8 file that begins with a BOM is read like one that does not."""
    run(tmp_path, "\ufeffid,title\n1,Oat Milk\n")
    assert products(tmp_path) == [("1",)]


def test_the_first_of_two_equal_ids_wins_across_files(tmp_path: Path) -> None:
    """A repeated id is refused with the place of the first, also in another file."""
    (tmp_path / "a.csv").write_text("id,title\n1,Oat Milk\n")
    (tmp_path / "b.tsv").write_text("id\ttitle\n1\tRye Bread\n2\tSalsa\n")
    read_catalog([tmp_path / "a.csv", tmp_path / "b.tsv"], LENIENT, tmp_path / "out")
    (reject,) = rejects(tmp_path)
    assert (Path(reject.file).name, reject.line, reject.value) == ("b.tsv", 2, "1")
    assert "a.csv:2" in reject.remedy
    assert products(tmp_path, "id, title") == [("1", "Oat Milk"), ("2", "Salsa")]


def test_too_many_rejects_stop_the_run_and_are_kept(tmp_path: Path) -> None:
    """Above max_reject_share the run stops, names the commonest reasons, and leaves rejects.jsonl behind."""
    with pytest.raises(InputError, match=r"1 of 2 rows were refused \(50.0%\).*1 x the title is empty") as caught:
        run(tmp_path, "id,title\n1,\n2,Salsa\n", CatalogOptions(max_reject_share=0.4))
    assert "rejects.jsonl" in str(caught.value)
    assert len(rejects(tmp_path)) == 1
    assert not (tmp_path / "out" / "products.parquet").exists()


def test_rejects_within_the_share_do_not_stop_the_run(tmp_path: Path) -> None:
    """A share of rejects that equals the limit is allowed."""
    report = run(tmp_path, "id,title\n1,\n2,Salsa\n", CatalogOptions(max_reject_share=0.5))
    assert (report.counts.taken, report.counts.kept, report.counts.dropped) == (2, 1, 1)


def test_every_row_refused_is_an_error(tmp_path: Path) -> None:
    """A catalogue without one good row is an error even when every reject is allowed."""
    with pytest.raises(InputError, match="no row could be kept"):
        run(tmp_path, "id,title\n1,\n")


def test_progress_counts_every_row(tmp_path: Path) -> None:
    """Progress adds up to the rows taken."""
    (tmp_path / "a.csv").write_text("id,title\n1,Oat Milk\n2,\n")
    seen: list[int] = []
    read_catalog([tmp_path / "a.csv"], LENIENT, tmp_path / "out", seen.append)
    assert sum(seen) == 2


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """Reading a catalogue twice writes identical files and leaves nothing else behind."""
    rows = "".join(f"{n},Brand{n % 7} Oat Milk {n} ml,Food > Milk\n" for n in range(500))
    outputs: list[dict[str, bytes]] = []
    for _ in range(2):
        run(tmp_path, "id,title,category\n" + rows)
        outputs.append({file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()})
    assert outputs[0] == outputs[1]
    assert set(outputs[0]) == {"products.parquet", "product_types.jsonl", "types_table.csv", "rejects.jsonl"}
