"""Labelled sets on disk: what is read, and what is refused with file, line, field and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import InputError
from kg.evaluate.linking.data import in_fitting_half, pair_files, read_linking, read_pairs
from linkers.products.analyse import Text
from tests.parts.labelled_shop import labelled_shop, write_table


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder of labelled mentions."""
    return labelled_shop(tmp_path / "shop", mentions=20)


def test_a_folder_is_read_as_it_stands(tmp_path: Path) -> None:
    """Ids, titles and brands are kept as received; prices lose their currency; all the rest is detail."""
    head = ("id", "title", "manufacturer", "description", "category", "price")
    rows = [
        ("007 ", " Épée  X", "Ames & Co", "A sword.", "Sport > Fencing", "1.299,00 €"),
        ("8", "Foil", "", "", "", "0"),
    ]
    write_table(tmp_path / "catalog.csv.gz", head, rows)
    write_table(tmp_path / "mentions.csv", ("id", "name"), [("m", "epee"), ("n", "rope")])
    write_table(tmp_path / "gold.csv", ("mention_id", "catalog_id"), [("m", "007 "), ("m", "8")])
    found = read_linking(tmp_path)
    assert found.name == tmp_path.name
    first, second = found.products
    assert (first.id, first.text, first.type_name) == (
        "007 ",
        Text(" Épée  X", "Ames & Co", "Sport > Fencing A sword.", 1299.0),
        "Fencing",
    )
    assert (second.id, second.text, second.type_name) == ("8", Text("Foil"), "")
    assert [item.text.title for item in found.mentions] == ["epee", "rope"]
    assert found.gold == {"m": {"007 ", "8"}}


@pytest.mark.parametrize("stem", ["catalog", "mentions", "gold"])
def test_a_missing_file_is_named(shop: Path, stem: str) -> None:
    """What is not there is named, with what a folder needs."""
    next(shop.glob(f"{stem}.csv*")).unlink()
    with pytest.raises(InputError, match=rf"{stem}\.csv: there is no such file; a folder needs catalog\.csv"):
        read_linking(shop)


@pytest.mark.parametrize(
    ("file", "head", "row", "said"),
    [
        ("catalog.csv", ("id", "label"), ("1", "x"), r"catalog\.csv:1: title: there is no column title or name; the"),
        ("catalog.csv", ("sku", "title"), ("1", "x"), r"csv:1: id: there is no column id; the columns are sku"),
        ("gold.csv", ("mention", "catalog_id"), ("m0", "p00"), r"csv:1: mention_id: there is no column mention_id"),
        ("gold.csv", ("mention_id", "catalog_id"), ("m0", "q"), r"csv:2: catalog_id: no row of catalog has the id"),
        ("gold.csv", ("mention_id", "catalog_id"), ("q", "p00"), r"csv:2: mention_id: no row of mentions has the id"),
        ("catalog.csv", ("id", "title", "price"), ("1", "x", "dear"), r"csv:2: price: 'dear' is no price; write"),
        ("catalog.csv", ("id", "title"), ("", "x"), r"catalog\.csv:2: id: a row has no id; give every row its own id"),
        ("catalog.csv", ("id", "title"), ("1", "x", "y"), r"catalog\.csv:2: the row has too many fields; quote"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(
    shop: Path, file: str, head: tuple[str, ...], row: tuple[str, ...], said: str
) -> None:
    """File, line, field, reason and remedy stand on one line."""
    write_table(shop / file, head, [row])
    with pytest.raises(InputError, match=said):
        read_linking(shop)


def test_an_id_that_is_there_twice_is_refused(shop: Path) -> None:
    """The second of two equal ids is named by its line."""
    write_table(shop / "catalog.csv", ("id", "title"), [("a", "x"), ("b", "y"), ("a", "z")])
    with pytest.raises(InputError, match=r"catalog\.csv:4: id: the id 'a' is there twice"):
        read_linking(shop)


def test_an_empty_catalogue_is_refused(shop: Path) -> None:
    """A header alone is no catalogue."""
    write_table(shop / "catalog.csv", ("id", "title"), [])
    with pytest.raises(InputError, match=r"catalog\.csv:1: there is a header but no row"):
        read_linking(shop)


def test_bytes_that_are_no_text_are_refused(shop: Path) -> None:
    """A file in another encoding is not read as something else."""
    (shop / "catalog.csv").write_bytes(b"id,title\n1,Caf\xe9\n")
    with pytest.raises(InputError, match=r"catalog\.csv:2: title: there are bytes that are not UTF-8"):
        read_linking(shop)


def test_pairs_are_read_from_a_file_or_a_folder_of_files(tmp_path: Path) -> None:
    """Files with the column title_a are pairs, whatever else lies beside them."""
    head = ("title_a", "title_b", "match")
    write_table(tmp_path / "b_test.csv.gz", head, [("x", "y", "1"), ("x", "z", "0")])
    write_table(tmp_path / "a.csv", head, [("u", "v", "true")])
    write_table(tmp_path / "other.csv", ("id",), [("1",)])
    (tmp_path / "README.md").write_text("about")
    files = pair_files(tmp_path)
    assert [file.name for file in files] == ["a.csv", "b_test.csv.gz"]
    assert pair_files(files[0]) == [files[0]]
    found = read_pairs(files[1])
    assert (found.name, found.left, found.right, found.same) == ("b_test", ("x", "x"), ("y", "z"), (True, False))


def test_a_folder_of_mentions_holds_no_pairs(shop: Path) -> None:
    """A folder with a catalogue is one of mentions."""
    assert pair_files(shop) == []


def test_a_label_that_is_neither_is_refused(tmp_path: Path) -> None:
    """A pair is the same or not."""
    write_table(tmp_path / "p.csv", ("title_a", "title_b", "match"), [("x", "y", "maybe")])
    with pytest.raises(InputError, match=r"p\.csv:2: match: 'maybe' is neither 1 nor 0; write 1"):
        read_pairs(tmp_path / "p.csv")


@pytest.mark.parametrize(
    ("name", "said"), [("nosuch", "there is no such folder or file"), ("", "neither a catalogue nor")]
)
def test_a_path_that_holds_nothing_is_refused(tmp_path: Path, name: str, said: str) -> None:
    """What a folder needs is said where there is nothing to read."""
    with pytest.raises(InputError, match=rf"{said}.*a folder needs catalog\.csv"):
        pair_files(tmp_path / name)


def test_the_split_is_by_id_and_seed_alone() -> None:
    """The halves are about equal, stay the same, and another seed splits otherwise."""
    names = [f"m{at}" for at in range(1000)]
    first = [in_fitting_half(1, name) for name in names]
    assert first == [in_fitting_half(1, name) for name in names]
    assert 450 < sum(first) < 550
    assert 400 < sum(a != b for a, b in zip(first, (in_fitting_half(2, name) for name in names), strict=True)) < 600
