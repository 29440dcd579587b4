"""The files of an index: whole, checked, and made again where they are of no use."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kg.errors import ArtefactError, ConfigError
from kg.records import from_json, to_json
from linkers.products import files, index
from linkers.products.analyse import Text
from linkers.products.files import MANIFEST, Manifest, read_manifest, verify
from linkers.products.index import Item, build_index, head_of, open_index, update_index
from tests.parts.product_shop import SHOP, contents, items_of

REMEDY = "delete the folder"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an index that no test changes."""
    return build_index(tmp_path_factory.mktemp("files") / "index", SHOP).folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Return a copy of the index."""
    return shutil.copytree(made, tmp_path / "index")


def change_manifest(folder: Path, change: Callable[[Manifest], Manifest]) -> None:
    """Write the manifest of an index anew, changed."""
    path = folder / MANIFEST
    path.write_bytes(to_json(change(from_json(path.read_bytes(), Manifest))))


def test_an_index_is_opened_as_it_was_made(made: Path) -> None:
    """An index that is opened holds the ids and titles as received, in the order of the ids' bytes."""
    opened = open_index(made)
    there = {opened.id(row): opened.title(row) for row in range(len(opened))}
    assert there == {item.id: item.text.title for item in SHOP}
    assert list(there) == sorted(there, key=str.encode)


def test_ids_and_titles_may_hold_anything(tmp_path: Path) -> None:
    """Ids and titles with lone surrogates, zeros and nothing at all come back as they were."""
    odd = [Item("", Text("")), Item("\ud800", Text("a\udfffb")), Item("a\x00b", Text("\x00"))]
    opened = build_index(tmp_path / "index", odd)
    assert {(opened.id(row), opened.title(row)) for row in range(3)} == {(item.id, item.text.title) for item in odd}


def test_an_index_is_verified(made: Path) -> None:
    """An index that nobody touched is verified, and lists each of its files."""
    assert set(verify(made).files) == {path.name for path in made.iterdir()} - {MANIFEST}


def test_a_missing_index_is_refused(tmp_path: Path) -> None:
    """A folder that is not there is refused with what to do."""
    with pytest.raises(ArtefactError, match=rf"manifest\.json cannot be read.*{REMEDY}"):
        open_index(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "x"}', "\ud800"])
def test_a_damaged_manifest_is_refused(folder: Path, text: str) -> None:
    """A manifest that is none is refused with its path and what to do."""
    (folder / MANIFEST).write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ArtefactError, match=rf"manifest\.json cannot be read.*{REMEDY}"):
        open_index(folder)


@pytest.mark.parametrize("name", ["idf.npy", "words-values.npy", "ids-starts.npy"])
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    """An index without one of its files is refused with the name of the file."""
    (folder / name).unlink()
    with pytest.raises(ArtefactError, match=rf"{name}: missing.*{REMEDY}"):
        open_index(folder)


@pytest.mark.parametrize("kept", [0, 100, -1])
def test_a_truncated_file_is_refused(folder: Path, kept: int) -> None:
    """An index with a file that is cut short is refused with the sizes it has and should have."""
    path = folder / "vectors.npy"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ArtefactError, match=rf"vectors\.npy: \d+ bytes, expected \d+ bytes.*{REMEDY}"):
        open_index(folder)


def test_an_array_of_another_type_is_refused(folder: Path) -> None:
    """An array of the same size but another type is refused."""
    path = folder / "idf.npy"
    np.save(path, np.load(path).view(np.int32))
    with pytest.raises(ArtefactError, match=rf"idf\.npy is not the array it was.*{REMEDY}"):
        open_index(folder)


def test_an_array_of_another_shape_is_refused(folder: Path) -> None:
    """An array of the same size but another shape is refused."""
    path = folder / "vectors.npy"
    np.save(path, np.load(path).reshape(-1))
    shorter = path.stat().st_size
    change_manifest(
        folder,
        lambda manifest: dataclasses.replace(
            manifest,
            files={
                **manifest.files,
                "vectors.npy": dataclasses.replace(manifest.files["vectors.npy"], size=shorter),
            },
        ),
    )
    with pytest.raises(ArtefactError, match=r"vectors\.npy is not the array it was"):
        open_index(folder)


def test_a_file_that_is_no_array_is_refused(folder: Path) -> None:
    """A file of the right size that holds no array is refused with its name."""
    path = folder / "idf.npy"
    path.write_bytes(b"\xff" * path.stat().st_size)
    with pytest.raises(ArtefactError, match=rf"idf\.npy cannot be read.*{REMEDY}"):
        open_index(folder)


@pytest.mark.filterwarnings("ignore:Reading `.npy`:UserWarning")
@pytest.mark.parametrize("at", range(0, 100, 7))
def test_a_damaged_header_is_refused_or_harmless(made: Path, folder: Path, at: int) -> None:
    """An array with a damaged beginning is refused, or is the array it was; either way the damage is found."""
    path = folder / "idf.npy"
    data = bytearray(path.read_bytes())
    data[at] = ord("(")
    path.write_bytes(data)
    with contextlib.suppress(ArtefactError):
        assert np.array_equal(open_index(folder).postings.idf, open_index(made).postings.idf)
    with pytest.raises(ArtefactError, match=r"idf\.npy is damaged"):
        verify(folder)


def test_another_format_is_refused(folder: Path) -> None:
    """An index of another format is refused with both formats."""
    change_manifest(folder, lambda manifest: dataclasses.replace(manifest, format=files.FORMAT + 1))
    with pytest.raises(ArtefactError, match=rf"format {files.FORMAT + 1}, not {files.FORMAT}.*{REMEDY}"):
        open_index(folder)


@pytest.mark.parametrize("what", ["reading", "encoder"])
def test_another_version_is_refused(folder: Path, what: str) -> None:
    """An index whose texts were read or encoded otherwise is refused with what to do."""
    change_manifest(folder, lambda manifest: dataclasses.replace(manifest, **{what: "older"}))
    with pytest.raises(ArtefactError, match=f"made by another version.*{REMEDY}"):
        open_index(folder)


def test_an_update_of_another_version_is_refused(folder: Path, tmp_path: Path) -> None:
    """An index whose texts were read otherwise cannot be brought up to date."""
    change_manifest(folder, lambda manifest: dataclasses.replace(manifest, reading="older"))
    with pytest.raises(ArtefactError, match="made by another version"):
        update_index(tmp_path / "new", folder, SHOP)


@pytest.mark.parametrize("name", ["weights.npy", "titles-values.npy", "marks.npy"])
def test_a_changed_byte_is_found(folder: Path, name: str) -> None:
    """A byte that was changed is found by reading all of them, with the name of the file."""
    path = folder / name
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArtefactError, match=f"{name} is damaged.*{REMEDY}"):
        verify(folder)


def test_a_failure_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that cannot be written in full is not there at all, nor are parts of it."""
    fail_after(monkeypatch, 5)
    with pytest.raises(OSError, match="disk full"):
        build_index(tmp_path / "index", SHOP)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_the_old_index(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a new index cannot be written in full, the old one is as it was."""
    before = contents(folder)
    fail_after(monkeypatch, 5)
    with pytest.raises(OSError, match="disk full"):
        build_index(folder, items_of("salsa"))
    assert contents(folder) == before
    assert verify(folder).products == len(SHOP)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_an_index_replaces_the_one_that_is_there(folder: Path) -> None:
    """Building into the folder of an index leaves the new one and nothing of the old."""
    (folder / "stray").touch()
    assert len(build_index(folder, items_of("salsa"))) == 1
    assert verify(folder).products == 1
    assert not (folder / "stray").exists()


def test_an_open_index_outlives_its_replacement(folder: Path) -> None:
    """An index that is open answers as before after its folder was replaced."""
    opened = open_index(folder)
    build_index(folder, items_of("salsa"))
    assert {opened.title(row) for row in range(len(opened))} == {item.text.title for item in SHOP}


def test_an_index_may_be_updated_in_its_place(folder: Path) -> None:
    """An update into the folder of the old index has the files of one made anew."""
    update_index(folder, folder, SHOP[3:])
    build_index(folder.with_name("anew"), SHOP[3:])
    assert contents(folder) == contents(folder.with_name("anew"))


def test_an_update_forgets_the_letters_of_titles_that_are_gone(tmp_path: Path) -> None:
    """A word that stands in no title any more, but in a detail, is kept as in an index made anew."""
    gone, kept = Item("a", Text("salsa")), Item("b", Text("dip", detail="salsa"))
    build_index(tmp_path / "old", [gone, kept])
    update_index(tmp_path / "updated", tmp_path / "old", [kept])
    build_index(tmp_path / "anew", [kept])
    assert contents(tmp_path / "updated") == contents(tmp_path / "anew")


def test_an_update_sees_text_that_moved(tmp_path: Path) -> None:
    """A product whose text moved from one field to the next is changed, whatever stands between."""
    build_index(tmp_path / "old", [Item("a", Text("x", "y\x00z", ""))])
    _, found = update_index(tmp_path / "new", tmp_path / "old", [Item("a", Text("x\x00y", "z", ""))])
    assert (found.changed, found.kept) == (1, 0)


@pytest.mark.parametrize(
    "changed",
    [
        Item("a", Text("salsa", "Casa", "dip", 2.0), "Salsas"),
        Item("a", Text("salsa!", "Casa", "dip", 1.0), "Salsas"),
        Item("a", Text("salsa", "Emsa", "dip", 1.0), "Salsas"),
        Item("a", Text("salsa", "Casa", "dips", 1.0), "Salsas"),
        Item("a", Text("salsa", "Casa", "dip", 1.0), "Dips"),
    ],
)
def test_an_update_sees_each_field(tmp_path: Path, changed: Item) -> None:
    """A product of which any one field is another is changed."""
    build_index(tmp_path / "old", [Item("a", Text("salsa", "Casa", "dip", 1.0), "Salsas")])
    _, found = update_index(tmp_path / "new", tmp_path / "old", [changed])
    assert (found.changed, found.gone, found.kept) == (1, 0, 0)


def test_two_products_of_one_id_are_refused(tmp_path: Path) -> None:
    """An id that stands twice is a configuration error that names it, and no index is made."""
    with pytest.raises(ConfigError, match=r"two products have the id 'x'.*own id"):
        build_index(tmp_path / "index", [Item("x", Text("a")), Item("y", Text("b")), Item("x", Text("a"))])
    assert not (tmp_path / "index").exists()


def test_two_products_of_one_id_are_refused_in_an_update(folder: Path, tmp_path: Path) -> None:
    """An id that stands twice in an update is a configuration error, also where both are as before."""
    with pytest.raises(ConfigError, match="two products have the id '001'"):
        update_index(tmp_path / "new", folder, [*SHOP, SHOP[0]])


def test_two_products_of_one_id_in_two_chunks_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that stands twice is found wherever the two are read."""
    monkeypatch.setattr(index, "_CHUNK", 1)
    with pytest.raises(ConfigError, match="two products have the id 'x'"):
        build_index(tmp_path / "index", [Item("x", Text("a")), Item("y", Text("b")), Item("x", Text("c"))])


def test_the_version_of_indexes_names_format_reading_and_encoder(made: Path) -> None:
    """What another index is needed for is the format, the reading and the encoder that its manifest states."""
    manifest = read_manifest(made)
    assert index.index_version() == f"{manifest.format}/{manifest.reading}/{manifest.encoder}"


def test_ids_that_look_alike_are_apart(tmp_path: Path) -> None:
    """Ids that differ in spaces, case or zeros only are different products."""
    ids = ["1", "01", " 1", "1 ", "a", "A"]
    assert len(build_index(tmp_path / "index", [Item(each, Text("salsa")) for each in ids])) == len(ids)


def test_an_empty_index_is_an_index(tmp_path: Path) -> None:
    """A catalogue without products has an index that is whole, and may be brought up to date."""
    build_index(tmp_path / "empty", [])
    assert verify(tmp_path / "empty").products == 0
    updated, found = update_index(tmp_path / "new", tmp_path / "empty", SHOP)
    assert (len(updated), found.changed) == (len(SHOP), len(SHOP))


def test_the_manifest_says_how_texts_were_read(made: Path) -> None:
    """The manifest of an index names the reading, the encoder, and that a small one has no partition."""
    manifest = read_manifest(made)
    assert manifest.reading
    assert manifest.encoder
    assert (manifest.products, manifest.learned_for) == (len(SHOP), 0)


@pytest.mark.parametrize(("name", "same"), [("Hot Salsas", "salsa"), ("Salsa", "SALSA"), ("", ""), ("!?", "")])
def test_the_head_of_a_type_is_its_last_word(name: str, same: str) -> None:
    """The head of a type's name is its last word in the singular; a name without words has none."""
    assert head_of(name) == head_of(same)
    assert bool(head_of(name)) is bool(same)


def fail_after(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Let the disk be full after so many arrays."""
    save, left = np.save, iter(range(count))

    def failing(file: Path, array: np.ndarray, *, allow_pickle: bool) -> None:
        if next(left, None) is None:
            raise OSError("disk full")
        save(file, array, allow_pickle=allow_pickle)

    monkeypatch.setattr(files.np, "save", failing)
