"""Product types: named after what titles say, not after brands, sizes or flavours; correctable by a table."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from kg.catalog.catalogue import read_catalog
from kg.catalog.options import CatalogOptions
from kg.catalog.titles import core
from kg.errors import InputError
from kg.model import ProductType
from kg.records import read_jsonl
from kg.text import key

CHIPS, MILK, CATS, CLEAN, CASES = (
    "Food > Chips & Crisps",
    "Food > Milk",
    "Pet > Cat Food",
    "Home > Laundry",
    "Tech > Phones",
)
GOLD = [
    ("tortilla chips", "Tizoli Tortilla Chips, Sea Salt, 300 g", "Tizoli", CHIPS),
    ("tortilla chips", "Kettle Blue Corn Tortilla Chips 200 g", "Kettle", CHIPS),
    ("tortilla chips", "Basket Tortilla Chips 150 g", "Basket", CHIPS),
    ("potato chips", "Kettle Hand Cooked Potato Chips Sea Salt 150 g", "Kettle", CHIPS),
    ("potato chips", "Basket Ridged Potato Chips Paprika 175 g", "Basket", CHIPS),
    ("whole milk", "Hollin Fresh Whole Milk 1 L", "Hollin", MILK),
    ("whole milk", "Acre Organic Whole Milk 2 x 1 L", "Acre", MILK),
    ("skim milk", "Hollin Skim Milk 1 L", "Hollin", MILK),
    ("skim milk", "Basket Skim Milk UHT 1 L", "Basket", MILK),
    ("dry cat food", "Purr Dry Cat Food Chicken 2 kg", "Purr", CATS),
    ("dry cat food", "Paw Dry Cat Food Indoor 4 kg", "Paw", CATS),
    ("wet cat food", "Purr Wet Cat Food Tuna in Jelly 12 x 85 g", "Purr", CATS),
    ("wet cat food", "Tail Wet Cat Food Rabbit 200 g", "Tail", CATS),
    ("fabric softener", "Suds Fabric Softener Cotton Breeze 1 l", "Suds", CLEAN),
    ("fabric softener", "Kind Unscented Fabric Softener 750 ml", "Kind", CLEAN),
    ("phone cases", "Slate Phone Case for Orbi 12, Clear", "Slate", CASES),
    ("phone cases", "Tindra Leather Phone Cases for Orbi 12, Cognac", "Tindra", CASES),
]


def write(tmp_path: Path, rows: list[tuple[str, str, str]]) -> Path:
    """Write rows of (title, brand, category) as a catalogue."""
    file = tmp_path / "shop.csv"
    with file.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "title", "brand", "category"])
        writer.writerows((f"p{at:03d}", *row) for at, row in enumerate(rows))
    return file


def named(tmp_path: Path, rows: list[tuple[str, str, str]], table: Path | None = None) -> list[str]:
    """Return each row's type name, in order."""
    options = CatalogOptions(types_table=str(table) if table else None)
    read_catalog([write(tmp_path, rows)], options, tmp_path / "out")
    names = {kind.id: kind.name for kind in types(tmp_path)}
    products = duckdb.sql(f"SELECT type_id FROM '{tmp_path / 'out' / 'products.parquet'}'").fetchall()
    return [names[type_id] for (type_id,) in products]


def types(tmp_path: Path) -> list[ProductType]:
    """Return the product types of the run."""
    return list(read_jsonl(tmp_path / "out" / "product_types.jsonl", ProductType))


def test_types_match_a_hand_made_gold(tmp_path: Path) -> None:
    """Kinds a shopper tells apart are types; brands, sizes, flavours and uses are not."""
    got = named(tmp_path, [row[1:] for row in GOLD])
    assert [key(name) for name in got] == [key(row[0]) for row in GOLD]


def test_no_type_per_product(tmp_path: Path) -> None:
    """A phrase that only one product has gives way to the category's name."""
    got = named(
        tmp_path, [("Zort Quandle 5", "Zort", "Food > Fruit"), ("Basket Ibbles 1 kg", "Basket", "Food > Fruit")]
    )
    assert got == ["fruit", "fruit"]


def test_products_without_category_are_typed_by_their_titles_or_other(tmp_path: Path) -> None:
    """Without categories a head that several titles share is a type; the rest is "other"."""
    rows = [("Tizoli Garden Hoses 5 m", "Tizoli", ""), ("Hose Kings Garden Hose", "Hose Kings", ""), ("Xyzzy", "", "")]
    got = named(tmp_path, rows)
    assert got[0] == got[1] != "other"
    assert got[2] == "other"


def test_reaches_sum_to_one_and_order_the_types(tmp_path: Path) -> None:
    """Reaches are shares, and the types come by falling reach, then id."""
    named(tmp_path, [row[1:] for row in GOLD])
    found = types(tmp_path)
    assert sum(kind.reach for kind in found) == pytest.approx(1.0)
    assert found == sorted(found, key=lambda kind: (-kind.reach, kind.id))
    assert sum(kind.products for kind in found) == len(GOLD)


def test_one_word_with_two_meanings_is_two_types(tmp_path: Path) -> None:
    """The same single word in two unrelated departments gives two types, the smaller with its department."""
    rows = [(f"Brand{n} Mouse Wireless", f"Brand{n}", "Tech > Mice") for n in range(3)]
    rows += [(f"Purr{n} Mouse Plush", f"Purr{n}", "Pet > Toys") for n in range(2)]
    named(tmp_path, rows)
    assert {kind.id for kind in types(tmp_path)} == {"mice", "mice-pet"} or {kind.id for kind in types(tmp_path)} == {
        "mouse",
        "mouse-pet",
    }


def test_a_corrected_table_beats_what_was_derived(tmp_path: Path) -> None:
    """A changed name in types_table.csv is the type's name in the next run."""
    rows = [row[1:] for row in GOLD]
    named(tmp_path, rows)
    table = tmp_path / "corrected.csv"
    text = (tmp_path / "out" / "types_table.csv").read_text()
    table.write_text(text.replace(",tortilla chip,tortilla chips,", ",tortilla chip,corn snacks,"))
    assert named(tmp_path, rows, table)[:4] == ["corn snacks"] * 3 + ["potato chips"]


def test_an_added_row_of_the_table_finds_its_products(tmp_path: Path) -> None:
    """A head that a person adds to the table is looked for in the category's titles."""
    table = tmp_path / "corrected.csv"
    table.write_text(f"category,head,type\n{CHIPS},blue corn,blue corn snacks\n")
    assert named(tmp_path, [row[1:] for row in GOLD], table)[1] == "blue corn snacks"


@pytest.mark.parametrize(
    ("text", "message"),
    [("category,type\nA,b\n", "no column 'head'"), ("category,head,type\nA,b,\n", "t.csv:2: type: the type is empty")],
)
def test_a_broken_table_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    """A types table that lacks a column or a name is refused with its line."""
    table = tmp_path / "t.csv"
    table.write_text(text)
    with pytest.raises(InputError, match=message):
        named(tmp_path, [row[1:] for row in GOLD], table)


def test_a_missing_table_is_an_error(tmp_path: Path) -> None:
    """A types table that is not there is named."""
    with pytest.raises(InputError, match=r"t.csv: there is no such types table"):
        named(tmp_path, [row[1:] for row in GOLD], tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("title", "brand", "words"),
    [
        ("Tizoli Tortilla Chips, Sea Salt, 300 g", "Tizoli", "tortilla chip"),
        ("Joy by Ann Baby Socks", "Joy by Ann", "baby sock"),
        ("Applewood Chips", "Apple", "applewood chip"),
        ("[2 Pack] Crème Brûlée \u2013 Vanilla", "", "creme brulee"),
        ("Gluten-Free Flour & Sugar", "", "gluten-free flour , sugar"),
        ("100 Sheets Paper for Printers", "", ", paper"),
        ("東京 お茶 100 g", "", "東京 お茶 , ,"),
        ("Pyle 8\u201d In-wall Speakers with Grille", "Pyle", ", , wall speaker"),
        ("\t(New) Sugar Free Jam\nwith Plums", "", "sugar-free jam"),
    ],
)
def test_the_core_of_a_title_keeps_naming_words_only(title: str, brand: str, words: str) -> None:
    """Brand, sizes, counts and what follows a comma, dash, bracket or "for" are not part of the core."""
    assert core(title, brand) == words


def test_types_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    """Two processes with different hash seeds write the same files."""
    file = write(tmp_path, [row[1:] for row in GOLD])
    code = (
        "import sys; from pathlib import Path; from kg.catalog.catalogue import read_catalog;"
        "from kg.catalog.options import CatalogOptions;"
        "read_catalog([Path(sys.argv[1])], CatalogOptions(), Path(sys.argv[2]))"
    )
    outputs: list[list[bytes]] = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        command = [sys.executable, "-c", code, str(file), str(out)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        outputs.append([made.read_bytes() for made in sorted(out.iterdir())])
    assert outputs[0] == outputs[1]
