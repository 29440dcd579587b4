"""Quantities of titles: as whole numbers, compared for many pairs at once, and as features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from linkers.products.amounts import amounts_of, compare_amounts
from linkers.products.rows import Rows, rows_of
from tests.parts.product_shop import feature_row, index_of

MANY = "1 kg, 2 V, 3 W, 4 GB, 5 mAh, 6 cm, 7 ml, 8 mm, 9 W"


def rows(*texts: str) -> Rows:
    """Return the quantities of texts as rows."""
    return rows_of([amounts_of(text)[0] for text in texts], np.int32)


def compared(one: str, other: str) -> tuple[float, bool]:
    """Return the share of kinds in which two texts agree, and whether they differ in one."""
    agree, clash = compare_amounts(rows(one), np.array([0]), rows(other), np.array([0]))
    return float(agree[0]), bool(clash[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("64 oz", "64-Ounce"),
        ("64 oz", "1.89 L"),
        ("16.9 fl oz", "500 ml"),
        ("2 lb", "907 g"),
        ("1 kg", "1.02 kg"),
        ("24'", "24-in"),
        ("24 ft", '24"'),
        ("6 x 330 ml", "1.98 l"),
        ("6 x 330 ml", "6 ct"),
        ("pack of 6", "Cola, 6-pack, 330 ml"),
        ("12 x 18 in", "18 in"),
    ],
)
def test_what_is_the_same_amount_agrees(one: str, other: str) -> None:
    """The same total agrees, whatever the unit: ounces as fluid ones, feet as inches, pieces of a pack as a count."""
    assert compared(one, other) == compared(other, one) == (1, False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("16 oz", "32 oz"),
        ("16 oz", "1 L"),
        ("1 kg", "1.1 kg"),
        ("24'", "25 in"),
        ("24 ml", "2 ml"),
        ("6 x 330 ml", "330 ml"),
        ("6 x 330 ml", "12 ct"),
        ("16GB", "64GB"),
    ],
)
def test_another_amount_of_the_kind_clashes(one: str, other: str) -> None:
    """Totals of one kind that are more than three in a hundred apart differ, but for feet and as many inches."""
    assert compared(one, other) == compared(other, one) == (0, True)


@pytest.mark.parametrize(
    ("one", "other"), [("16 oz", "salsa"), ("", ""), ("500 ml", "500 g"), ("6 ct", "24 in"), ("salsa 3", "salsa 4")]
)
def test_amounts_of_different_kinds_say_nothing(one: str, other: str) -> None:
    """Texts that state no kind both neither agree nor differ; nor do numbers without a unit."""
    assert compared(one, other) == (0, False)


def test_other_readings_say_nothing_to_each_other() -> None:
    """Ounces on both sides are compared as such, and not as fluid ounces too; so are the pieces of two packs."""
    assert compared("16 oz, 2 V", "32 oz, 2 V") == (0.5, True)
    assert compared("6 x 500 ml", "3 x 1 L") == (1, False)


def test_the_share_is_of_the_kinds_that_both_state() -> None:
    """One of two kinds in common that agrees is a half, and a clash; a kind that one states only does not count."""
    assert compared("18V drill, 2 kg", "18V drill, 3 kg, 30 cm") == (0.5, True)
    assert compared("18V drill, 30 cm, 60 W", "18V drill, 2 kg") == (1, False)


def test_pairs_of_rows_are_compared_each_for_itself() -> None:
    """Rows that stand in several pairs, and those without quantities, are compared in each of them."""
    mine, other = rows("16 oz", "", "2 kg 18V"), rows("32 oz", "18V", "0.473 L", "")
    ours, theirs = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 2, 3, 0, 1, 0])
    agree, clash = compare_amounts(mine, ours, other, theirs)
    assert agree.tolist() == [0, 1, 0, 0, 1, 0]
    assert clash.tolist() == [True, False, False, False, False, True]


def test_no_pairs_no_comparison() -> None:
    """Without pairs there is nothing in either answer."""
    nothing = np.zeros(0, dtype=np.int64)
    agree, clash = compare_amounts(rows("16 oz"), nothing, rows("16 oz"), nothing)
    assert (len(agree), len(clash)) == (0, 0)


def test_amounts_stand_once_ascending() -> None:
    """A quantity that is stated twice, in whatever unit, is one number, and numbers ascend."""
    assert amounts_of("500 ml, 50 cl, 0.5 l")[0] == amounts_of("500 ml")[0]
    assert list(amounts_of(MANY)[0]) == sorted(set(amounts_of(MANY)[0]))


def test_of_many_amounts_the_first_are_kept() -> None:
    """Of a text of more than eight quantities the first eight are read."""
    assert amounts_of(MANY)[0] == amounts_of(MANY.removesuffix(", 9 W"))[0]
    assert len(amounts_of(MANY)[0]) == 8


def test_the_words_of_amounts_are_told() -> None:
    """With the quantities come the words that state them, all of them."""
    assert amounts_of("Cola 2 (Pack of 6, 330 ml)")[1] == "Pack of 6 330 ml"
    assert amounts_of("Cola 2") == ((), "")


@pytest.mark.parametrize("text", ["1 mcg", "999999999 TB", "0.000000001 mg", "9999999 x 9999999 kg"])
def test_amounts_of_any_size_are_whole_numbers_of_a_column(text: str) -> None:
    """The smallest and the largest quantities that can be stated fit into the type of their column."""
    assert all(0 <= amount < 2**31 for amount in amounts_of(text)[0])
    assert compared(text, text) == ((1, False) if amounts_of(text)[0] else (0, False))


@pytest.fixture(scope="module")
def drinks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for the catalogue of a test."""
    return tmp_path_factory.mktemp("amounts")


@pytest.mark.parametrize(
    ("mention", "title", "amount", "clash"),
    [
        ("Juice 64 oz", "Juice 1.89 L", 1, 0),
        ("Juice 16 oz", "Juice 32 oz", 0, 1),
        ("Juice", "Juice 32 oz", 0, 0),
        ("Juice 32 oz", "Juice", 0, 0),
        ("", "Juice 32 oz", 0, 0),
    ],
)
def test_features_tell_of_amounts(drinks: Path, mention: str, title: str, amount: float, clash: float) -> None:
    """A mention and a product of one quantity agree, of two clash, and where one states none they do neither."""
    found = feature_row(index_of(drinks, title), mention)
    assert (found["amount"], found["amount_clash"]) == (amount, clash)


@pytest.mark.parametrize(
    ("mention", "title"),
    [
        ("Juice 64 oz", "Juice 1.89 L"),
        ("Hose 24'", "Hose 288 in"),
        ("Cola 6 x 330 ml", "Cola 1980 ml"),
        ("Cola 1.0 L", "Cola 1000 ml"),
        ("Cola 500 ml", "Cola 0.5 L"),
    ],
)
def test_numbers_of_an_amount_that_agrees_are_not_missing(drinks: Path, mention: str, title: str) -> None:
    """Where all quantities agree, their numbers are neither missing nor added, however they are written."""
    found = feature_row(index_of(drinks, title), mention)
    assert (found["numbers_missing"], found["numbers_added"]) == (0, 0)


def test_numbers_of_an_amount_that_differs_are_missing(drinks: Path) -> None:
    """Where a quantity differs, or only one side states it, its number counts as any other."""
    index = index_of(drinks, "Juice 32 oz", "Juice")
    assert [feature_row(index, "Juice 16 oz", 0)[name] for name in ("numbers_missing", "numbers_added")] == [0.5, 0.5]
    assert [feature_row(index, "Juice 16 oz", 1)[name] for name in ("numbers_missing", "numbers_added")] == [0.5, 0]


def test_a_bare_number_is_missing_beside_an_amount_that_agrees(drinks: Path) -> None:
    """A number without a unit that the other side has not counts, whatever else agrees."""
    found = feature_row(index_of(drinks, "Juice No 7 1.89 L"), "Juice 5 64 oz")
    assert (found["amount"], found["numbers_missing"], found["numbers_added"]) == (1, 0.5, 0.5)
