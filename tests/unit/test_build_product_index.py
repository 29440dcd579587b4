"""The product index of a catalogue: made once, brought up to date, made again when it is of no use."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from kg.build.builds import Builds
from kg.build.product_index import Catalogue, Making, newest_catalogue, open_products
from kg.build.product_rows import COMPARING, READING
from kg.errors import ArtefactError
from kg.model import ProductType, TypeId
from kg.records import file_digest, write_jsonl
from linkers.products.files import MANIFEST, verify
from linkers.products.index import ProductIndex

HERE = Making()
ROWS = [
    ("2", "Casa Hot Salsa 16oz", "Casa", "Food > Dips", "tomato dip", 3.49, "salsa"),
    ("1", "Emsa Thermos Jug 1L", None, None, None, None, ""),
    ("10", "Panasonic NN-SD377S Microwave", "Panasonic", "Kitchen", "800 W", 129.0, "microwave"),
]
NEW = ("3", "Casa Mild Salsa 16oz", "Casa", "Food > Dips", "", 3.49, "salsa")


class Heard:
    """What was told of the steps, in order."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int, int]] = []

    def __call__(self, step: str, count: int, total: int) -> None:
        """Hear of a step."""
        self.steps.append((step, count, total))


def catalogue(folder: Path, rows: Sequence[tuple[object, ...]] = ROWS) -> Catalogue:
    """Write a catalogue's artefacts into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    products, types = folder / "products.parquet", folder / "product_types.jsonl"
    with duckdb.connect(":memory:") as engine:
        engine.execute(
            "CREATE TABLE p (id VARCHAR, title VARCHAR, brand VARCHAR, category VARCHAR, description VARCHAR, "
            "price DOUBLE, type_id VARCHAR)"
        )
        engine.executemany("INSERT INTO p VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        engine.execute(f"COPY p TO '{products}' (FORMAT parquet)")
    write_jsonl(types, [ProductType(TypeId(name), name, "", 1, 0.5) for name in ("salsa", "microwave")])
    return Catalogue(products, types, (file_digest(products), file_digest(types)))


def opened(folder: Path, found: Catalogue, making: Making = HERE) -> tuple[ProductIndex, list[tuple[str, int, int]]]:
    """Return the index and what was told while it was opened."""
    heard = Heard()
    return open_products(folder / "indexes", found, making, heard), heard.steps


@pytest.fixture(autouse=True)
def logs_reach_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo what a command run earlier in this process did to logging."""
    monkeypatch.setattr(logging.getLogger("kg"), "propagate", True)


def ids(index: ProductIndex) -> list[str]:
    """Return the ids of an index, in order."""
    return [index.id(row) for row in range(len(index))]


def test_an_index_is_made_of_every_product_and_says_how_far_it_is(tmp_path: Path) -> None:
    """All products are in it, whatever is not known of them, in the order of ids; both steps are told to their end."""
    index, steps = opened(tmp_path, catalogue(tmp_path / "c"))
    assert ids(index) == ["1", "10", "2"]
    assert steps[0] == ("reading products for the index", 3, 3)
    assert steps[-1] == ("putting the index together", 1, 1)
    assert float(index.columns.price[0]) == 0.0
    assert int(index.columns.head[2]) != 0


def test_an_index_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    """The second opening touches no file and tells of no step."""
    found = catalogue(tmp_path / "c")
    first, _ = opened(tmp_path, found)
    before = (first.folder / MANIFEST).stat()
    second, steps = opened(tmp_path, found)
    assert (second.folder, steps) == (first.folder, [])
    assert (first.folder / MANIFEST).stat() == before


def test_another_version_of_the_catalogue_is_an_update(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Only what is new or changed is read; the older index goes, and whoever has it open keeps it."""
    old, _ = opened(tmp_path, catalogue(tmp_path / "c"))
    with caplog.at_level(logging.INFO, "kg.build.product_index"):
        new, _ = opened(tmp_path, catalogue(tmp_path / "c", [NEW, ROWS[0], (*ROWS[2][:1], "Other", *ROWS[2][2:])]))
    assert "2 read, 1 gone, 1 as before" in caplog.text
    assert (ids(new), new.title(0)) == (["10", "2", "3"], "Other")
    assert [path.name for path in (tmp_path / "indexes").glob("products-*")] == [new.folder.name]
    assert (ids(old), old.title(2)) == (["1", "10", "2"], "Casa Hot Salsa 16oz")


def test_an_update_gives_what_making_it_anew_gives(tmp_path: Path) -> None:
    """Every file of an updated index has the bytes of one that was made from nothing."""
    opened(tmp_path / "a", catalogue(tmp_path / "c"))
    found = catalogue(tmp_path / "c", [NEW, *ROWS[1:]])
    updated, anew = opened(tmp_path / "a", found)[0], opened(tmp_path / "b", found)[0]
    assert verify(updated.folder) == verify(anew.folder)


def test_comparing_is_told_from_its_start_to_its_end(tmp_path: Path) -> None:
    """An update tells that it looks for changes before the engine has ordered anything, and once it has."""
    opened(tmp_path, catalogue(tmp_path / "c"))
    _, steps = opened(tmp_path, catalogue(tmp_path / "c", [NEW, *ROWS]))
    assert [step for step in steps if step[0] == COMPARING] == [(COMPARING, 0, 4), (COMPARING, 4, 4)]
    assert (READING, 1, 1) in steps


def test_an_update_to_an_empty_catalogue(tmp_path: Path) -> None:
    """A catalogue that has no products any more has an empty index."""
    opened(tmp_path, catalogue(tmp_path / "c"))
    full, products = catalogue(tmp_path / "e"), tmp_path / "e" / "none.parquet"
    with duckdb.connect(":memory:") as engine:
        engine.execute(f"COPY (SELECT * FROM read_parquet('{full.products}') LIMIT 0) TO '{products}' (FORMAT parquet)")
    assert len(opened(tmp_path, Catalogue(products, full.types, (file_digest(products), "")))[0]) == 0


@pytest.mark.parametrize("damage", [b"", b"{}", None])
def test_a_damaged_index_is_made_again(tmp_path: Path, damage: bytes | None) -> None:
    """A manifest that is cut short, or a missing file, is no error: the index is made anew."""
    found = catalogue(tmp_path / "c")
    folder = opened(tmp_path, found)[0].folder
    if damage is None:
        (folder / "marks.npy").unlink()
    else:
        (folder / MANIFEST).write_bytes(damage)
    index, steps = opened(tmp_path, found)
    assert ids(index) == ["1", "10", "2"]
    assert steps
    assert verify(index.folder)


def test_a_damaged_older_index_is_not_updated(tmp_path: Path) -> None:
    """A byte that changed in the older index does not get into the new one."""
    folder = opened(tmp_path, catalogue(tmp_path / "c"))[0].folder
    values = folder / "titles-values.npy"
    values.write_bytes(values.read_bytes()[:-1] + b"?")
    index, _ = opened(tmp_path, catalogue(tmp_path / "c", [NEW, *ROWS]))
    assert [index.title(row) for row in range(4)] == [row[1] for row in sorted([NEW, *ROWS])]


def test_what_killed_commands_left_is_removed(tmp_path: Path) -> None:
    """Half an index, and the engine's spilled rows, go when the next one is made."""
    for name in (".products-0000-x", ".products-0000-engine"):
        (tmp_path / "indexes" / name).mkdir(parents=True)
    index, _ = opened(tmp_path, catalogue(tmp_path / "c"))
    assert sorted(path.name for path in (tmp_path / "indexes").iterdir()) == [".lock", index.folder.name]


def test_many_products_are_read_by_several_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index has the same bytes, however many processes read the products."""
    found = catalogue(tmp_path / "c", [(f"{at:03d}", f"Thing {at}", "", "", "", 1.0, "") for at in range(300)])
    one = opened(tmp_path / "a", found)[0]
    monkeypatch.setattr("linkers.products.index._CHUNK", 100)
    several = opened(tmp_path / "b", found, Making(workers=2, few=100))[0]
    assert len(one) == 300
    assert verify(several.folder) == verify(one.folder)


def _open_elsewhere(folder: Path, found: Catalogue) -> tuple[list[str], int]:
    index, steps = opened(folder, found)
    return ids(index), len(steps)


def test_two_processes_at_once_make_one_index(tmp_path: Path) -> None:
    """One makes it, the other waits and opens it."""
    found = catalogue(tmp_path / "c")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        answers = [each.result() for each in [processes.submit(_open_elsewhere, tmp_path, found) for _ in range(2)]]
    assert [answer[0] for answer in answers] == [["1", "10", "2"]] * 2
    assert min(told for _, told in answers) == 0


def test_who_must_wait_for_another_command_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """While another command holds the lock nothing is made, and the reason is said."""
    found = catalogue(tmp_path / "c")
    (tmp_path / "indexes").mkdir()
    begun = threading.Event()
    other = threading.Thread(target=_hold, args=(tmp_path / "indexes" / ".lock", begun))
    other.start()
    begun.wait(10)
    with caplog.at_level(logging.WARNING, "kg.build.product_index"):
        index, _ = opened(tmp_path, found)
    other.join()
    assert "waiting for it" in caplog.text
    assert len(index) == len(ROWS)


def _hold(lock: Path, begun: threading.Event) -> None:
    with FileLock(lock):
        begun.set()
        time.sleep(0.2)


def test_a_catalogue_that_went_away_is_one_error(tmp_path: Path) -> None:
    """A build that replaces the catalogue meanwhile is an error with a remedy, and leaves nothing behind."""
    found = catalogue(tmp_path / "c")
    found.products.unlink()
    with pytest.raises(ArtefactError, match="if a build is running, wait for it"):
        opened(tmp_path, found)
    assert [path.name for path in (tmp_path / "indexes").iterdir()] == [".lock"]


def test_without_a_catalogue_the_remedy_is_a_build(tmp_path: Path) -> None:
    """Where nothing was built, the error says which command reads the catalogue."""
    with pytest.raises(ArtefactError, match="run 'kg build --to catalog'"):
        newest_catalogue(Builds(tmp_path / "builds"))
