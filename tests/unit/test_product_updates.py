"""An index brought up to date from a source that tells what changed by marks alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from kg.errors import ConfigError
from linkers.products.analyse import Text
from linkers.products.index import Item, Source, build_index, update_index
from tests.parts.product_shop import SHOP, contents


class Catalogue:
    """Products as a source: marks in batches of ``size``, and what was asked for is kept in ``asked``."""

    def __init__(self, items: Sequence[Item], size: int = 3) -> None:
        self._items, self._size = items, size
        self.asked: list[str] = []

    def marks(self) -> Iterator[tuple[Sequence[str], Sequence[int]]]:
        """See :class:`Source`."""
        for start in range(0, len(self._items), self._size):
            batch = self._items[start : start + self._size]
            yield [item.id for item in batch], [item.mark for item in batch]

    def items(self, ids: Collection[str]) -> Iterator[Item]:
        """See :class:`Source`."""
        self.asked += ids
        return (item for item in self._items if item.id in ids)


BEFORE = [item._replace(mark=100 + at) for at, item in enumerate(SHOP)]
NEW = Item("new", Text("Emsa Thermos Jug 3L", price=35.0), "", 1)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an index of marked products that no test changes."""
    return build_index(tmp_path_factory.mktemp("updates") / "old", BEFORE).folder


def changed(item: Item, word: str) -> Item:
    """Return a product with a word more in its title and another mark."""
    return item._replace(text=item.text._replace(title=f"{item.text.title} {word}"), mark=item.mark + 1_000)


def same(item: Item) -> Item:
    """Return a product as it is."""
    return item


def other(item: Item) -> Item:
    """Return a product with a word more."""
    return changed(item, "x")


def test_what_has_marks_and_items_is_a_source() -> None:
    """A catalogue is a source by what it can do; a list of products is none."""
    assert isinstance(Catalogue([]), Source)
    assert not isinstance(BEFORE, Source)


@pytest.mark.parametrize("size", [1, 4, 100])
@pytest.mark.parametrize(
    "after",
    [
        BEFORE,
        BEFORE[::-1],
        BEFORE[4:],
        [*BEFORE[:6], changed(BEFORE[6], "緑"), *BEFORE[8:], NEW],
        [changed(item, "x") for item in BEFORE],
        [NEW],
        [],
    ],
    ids=["same", "reversed", "gone", "some of each", "all changed", "all new", "nothing"],
)
def test_an_update_through_a_source_equals_a_new_index(old: Path, tmp_path: Path, after: list[Item], size: int) -> None:
    """Whatever was added, changed and removed, and in whatever batches it is told, the files are those made anew."""
    update_index(tmp_path / "updated", old, Catalogue(after, size))
    build_index(tmp_path / "anew", after)
    assert contents(tmp_path / "updated") == contents(tmp_path / "anew")


def test_only_what_changed_is_asked_for(old: Path, tmp_path: Path) -> None:
    """Of a source only products with another mark or a new id are read; all else is counted as kept or gone."""
    source = Catalogue([NEW, changed(BEFORE[5], "x"), *BEFORE[7:]])
    _, found = update_index(tmp_path / "new", old, source)
    assert source.asked == [NEW.id, BEFORE[5].id]
    assert (found.changed, found.kept, found.gone) == (2, len(BEFORE) - 7, 6)


def test_a_source_without_changes_is_not_read(old: Path, tmp_path: Path) -> None:
    """Where every mark is as before no product is read, and the files are the same."""
    source = Catalogue(BEFORE)
    _, found = update_index(tmp_path / "new", old, source)
    assert (source.asked, found.kept) == ([], len(BEFORE))
    assert contents(tmp_path / "new") == contents(old)


def test_a_source_may_tell_of_arrays(old: Path, tmp_path: Path) -> None:
    """Ids and marks that are arrays, as an engine has them, are told apart like lists of Python's own."""

    class Arrays(Catalogue):
        def marks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for ids, marks in super().marks():
                yield np.array(ids, dtype=object), np.array(marks, dtype=np.uint64)

    after = [NEW, changed(BEFORE[5], "x"), *BEFORE[7:]]
    _, found = update_index(tmp_path / "updated", old, Arrays(after))
    build_index(tmp_path / "anew", after)
    assert (found.changed, found.kept, found.gone) == (2, len(BEFORE) - 7, 6)
    assert contents(tmp_path / "updated") == contents(tmp_path / "anew")


def test_the_mark_decides_and_not_the_text(old: Path, tmp_path: Path) -> None:
    """A product with the mark it had is kept as it was, whatever else the source would say of it."""
    moved = [BEFORE[0]._replace(text=Text("other")), *BEFORE[1:]]
    updated, _ = update_index(tmp_path / "new", old, Catalogue(moved))
    assert "other" not in {updated.title(row) for row in range(len(updated))}


@pytest.mark.parametrize("second", [same, other])
@pytest.mark.parametrize("size", [1, 100])
def test_two_products_of_one_id_in_a_source_are_refused(
    old: Path, tmp_path: Path, second: Callable[[Item], Item], size: int
) -> None:
    """An id that a source tells of twice, in one batch or two, is a configuration error, and no index is made."""
    with pytest.raises(ConfigError, match="two products have the id '001'"):
        update_index(tmp_path / "new", old, Catalogue([*BEFORE, second(BEFORE[0])], size))
    assert not (tmp_path / "new").exists()


def test_two_new_products_of_one_id_in_a_source_are_refused(old: Path, tmp_path: Path) -> None:
    """An id that is new and stands twice is refused like one that was there."""
    with pytest.raises(ConfigError, match="two products have the id 'new'"):
        update_index(tmp_path / "new", old, Catalogue([*BEFORE, NEW, changed(NEW, "x")]))


def test_the_last_bit_of_a_mark_is_seen(tmp_path: Path) -> None:
    """Marks of 64 bits that differ in the last one are two marks."""
    before = Item("x", Text("red kettle"), "", 2**63)
    build_index(tmp_path / "old", [before])
    now = Catalogue([before._replace(text=Text("blue kettle"), mark=2**63 + 1)])
    index, found = update_index(tmp_path / "new", tmp_path / "old", now)
    assert (index.title(0), found.changed, found.kept) == ("blue kettle", 1, 0)
