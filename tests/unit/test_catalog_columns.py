"""Recognising columns, converting values, and the errors about whole files."""

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from kg.catalog.catalogue import read_catalog
from kg.catalog.columns import require, resolve
from kg.catalog.fields import category_path, in_stock, price
from kg.catalog.options import CatalogOptions
from kg.errors import InputError


def read(tmp_path: Path, name: str, data: str | bytes, **options: object) -> dict[str, object]:
    """Return the first product read from ``data``."""
    file = tmp_path / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    read_catalog([file], CatalogOptions.model_validate(options), tmp_path / "out")
    rows = duckdb.sql(f"SELECT * FROM '{tmp_path / 'out' / 'products.parquet'}'")
    return dict(zip(rows.columns, rows.fetchall()[0], strict=True))


def test_a_merchant_feed_is_recognised(tmp_path: Path) -> None:
    """The columns of a merchant feed are recognised with and without the prefix "g:"."""
    feed = (
        "g:id\tTitle\tg:product_type\tgoogle_product_category\tg:price\tavailability\titem_group_id\tage_group\tcolor\n"
        "007\tRye Bread 500 g\tFood > Bread\t2271\t12.99 EUR\tout_of_stock\tg1\tadult\tbrown\n"
    )
    product = read(tmp_path, "feed.tsv", feed)
    assert product["id"] == "007"
    assert product["category"] == "Food > Bread"
    assert (product["price"], product["in_stock"], product["group_id"]) == (12.99, False, "g1")
    assert json.loads(str(product["attributes"])) == {"audience": "adult", "color": "brown"}


def test_the_mapping_beats_recognition_and_names_new_attributes(tmp_path: Path) -> None:
    """A mapped column is used though another is recognised, and a new field becomes an attribute."""
    data = "id,title,Artikel,Geschmack\n1,wrong,Oat Milk,vanilla\n"
    product = read(tmp_path, "a.csv", data, columns={"title": "Artikel", "flavour": "Geschmack"})
    assert product["title"] == "Oat Milk"
    assert json.loads(str(product["attributes"])) == {"flavour": "vanilla"}


def test_a_wrong_mapped_column_is_guessed() -> None:
    """A mapped column that is missing is an error with the nearest name."""
    with pytest.raises(InputError, match=r"columns.title: there is no column 'Titel'; did you mean 'Title'\?"):
        require("shop.csv", ["id", "Title"], {"title": "Titel"}, ("id", "title"))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", "", "the file is empty"),
        ("a.csv", "\n\n", "the file is empty"),
        ("a.csv", "id,title\n", "there is a header but no row"),
        ("a.csv", "code,title\n1,x\n", "no column for 'id' was recognised; the file has: code, title"),
        ("a.csv", "id,text\n1,x\n", "no column for 'title' was recognised"),
        ("a.csv", "id,title,title\n1,x,y\n", "two columns are called 'title'"),
        ("a.csv", "id,title\n1,x\n".encode("utf-16"), "set encoding: utf-16"),
        ("a.csv", '"id,title\n1,x\n', "the header cannot be read"),
        ("a.xlsx", "x", "the name does not say which format this is"),
        ("a.jsonl", "", "the file is empty"),
        ("a.jsonl", '[{"id": "1"}]', "one JSON array"),
        ("a.parquet", "PAR1 no", "not a sound Parquet file"),
        ("a.csv.gz", gzip.compress(b"id,title\n1,Oat Milk\n" * 200, mtime=0)[:-20], "gzip data is damaged"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, name: str, data: str | bytes, message: str) -> None:
    """A file that cannot be used is one error that names the file and the reason."""
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, name, data)
    assert name in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A missing file is an error with its path and what to check."""
    with pytest.raises(InputError, match=r"none.csv: there is no such file; check the path"):
        read_catalog([tmp_path / "none.csv"], CatalogOptions(), tmp_path / "out")


def test_no_file_at_all_is_an_error(tmp_path: Path) -> None:
    """An empty list of files is an error that names the setting."""
    with pytest.raises(InputError, match=r"catalog\.files"):
        read_catalog([], CatalogOptions(), tmp_path / "out")


def test_an_unknown_encoding_is_an_error(tmp_path: Path) -> None:
    """A wrong encoding name is reported as such."""
    with pytest.raises(InputError, match="unknown encoding 'utf-9'"):
        read(tmp_path, "a.csv", "id,title\n1,x\n", encoding="utf-9")


def test_parquet_ids_that_are_floats_are_refused(tmp_path: Path) -> None:
    """Floating-point ids cannot be exact, so the file is refused as a whole."""
    file = tmp_path / "a.parquet"
    duckdb.sql("SELECT 1.5::DOUBLE AS id, 'Oat Milk' AS title").write_parquet(str(file))
    with pytest.raises(InputError, match="floating-point"):
        read_catalog([file], CatalogOptions(), tmp_path / "out")


def test_parquet_whole_number_ids_become_their_digits(tmp_path: Path) -> None:
    """Integer ids of a Parquet file become their decimal text."""
    file = tmp_path / "a.parquet"
    duckdb.sql("SELECT 42::BIGINT AS id, 'Oat Milk' AS title").write_parquet(str(file))
    assert read(tmp_path, "a.parquet", file.read_bytes())["id"] == "42"


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.99 EUR", 12.99), ("$1,299.00", 1299.0), ("12,99 €", 12.99), ("1.299,00", 1299.0), ("EUR 5", 5.0)],
)
def test_prices_are_read_with_currency_and_either_decimal_mark(text: str, value: float) -> None:
    """A price may carry a currency, thousands marks and a decimal comma."""
    assert price(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("in_stock", True), ("Out of stock", False), ("https://schema.org/InStock", True), ("0", False), ("12", True)],
)
def test_stock_flags_are_read_in_their_usual_forms(text: str, value: bool) -> None:
    """Feed words, schema.org addresses and counts are stock flags."""
    assert in_stock(text) is value


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Food>Bread", "Food > Bread"),
        ("Food | Bread", "Food > Bread"),
        ("Food/Bread", "Food > Bread"),
        ("Food > Bread/Rolls", "Food > Bread/Rolls"),
        ("2271", ""),
    ],
)
def test_category_separators_become_one(text: str, path: str) -> None:
    """Whichever separator parts a category path, it is joined by " > "; a bare taxonomy number is none."""
    assert category_path(text) == path


def test_a_json_list_is_a_category_path(tmp_path: Path) -> None:
    """A JSON list of categories becomes a path, other lists are joined by ";"."""
    product = read(
        tmp_path, "a.jsonl", '{"id": 7, "name": "Oat Milk", "categories": ["Food", "Milk"], "diet": ["vegan"]}'
    )
    assert (product["id"], product["category"]) == ("7", "Food > Milk")
    assert json.loads(str(product["attributes"])) == {"diet": "vegan"}


def test_popularity_falls_back_to_the_number_of_ratings() -> None:
    """Without a popularity column the number of ratings is taken."""
    assert resolve(["id", "rating_count"], {})["popularity"] == "rating_count"
