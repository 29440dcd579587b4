"""The table of words that tell variants apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from linkers.products.analyse import Analyser, Text
from linkers.products.contrasts import load_contrasts

TABLE = load_contrasts()
BLACK, WHITE, MAC, WINDOWS, HOT = (TABLE.bits[word] for word in ("black", "white", "mac", "window", "hot"))


def marks(title: str, detail: str = "") -> int:
    """Return the contrasts of a text."""
    return Analyser().read(Text(title, detail=detail)).marks


def compared(ours: int, theirs: int) -> tuple[float, float, float]:
    """Return how many dimensions of two masks differ, agree, and are stated by the second only."""
    found = TABLE.compare(np.array([ours], dtype=np.uint64), np.array([theirs], dtype=np.uint64))
    differ, agree, silent = (float(each[0]) for each in found)
    return differ, agree, silent


@pytest.mark.parametrize("word", sorted(TABLE.bits))
def test_every_word_of_the_table_is_recognised(word: str) -> None:
    """A title of one word of the table states the value of that word."""
    assert marks(word) == TABLE.bits[word] != 0


def test_dimensions_share_no_values() -> None:
    """Each value belongs to one dimension."""
    assert all(not one & other for one, other in itertools.combinations(TABLE.dimensions, 2))


def test_all_values_fit_into_a_mask() -> None:
    """All values together are a number of 64 bits."""
    assert sum(TABLE.dimensions) < 2**64


def test_words_of_one_value_are_equal() -> None:
    """Spellings of one value state the same."""
    assert marks("for Windows") == marks("PC") == marks("win") == WINDOWS


def test_a_word_may_state_two_values() -> None:
    """A word that is a value of two dimensions states both."""
    assert TABLE.bits["medium"].bit_count() == 2


def test_a_silent_title_is_filled_from_the_detail() -> None:
    """What a title does not say is taken from the detail."""
    assert marks("kettle", "a black kettle") == BLACK


def test_a_stated_value_is_not_filled() -> None:
    """A title that states a value of a dimension is not contradicted by the detail."""
    assert marks("white kettle", "black handle") == WHITE


def test_an_ambiguous_detail_fills_nothing() -> None:
    """A detail with two values of a dimension says nothing of it."""
    assert marks("kettle", "in black or white, for hot water") == HOT


def test_other_dimensions_are_filled() -> None:
    """A title that states one dimension is filled in another."""
    assert marks("white kettle", "for mac") == WHITE | MAC


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        (BLACK, WHITE, (1, 0, 0)),
        (BLACK, BLACK, (0, 1, 0)),
        (BLACK | WHITE, WHITE, (0, 1, 0)),
        (0, BLACK, (0, 0, 1)),
        (BLACK, 0, (0, 0, 0)),
        (BLACK | MAC, WHITE | WINDOWS, (2, 0, 0)),
        (BLACK | MAC, BLACK | HOT, (0, 1, 1)),
    ],
)
def test_masks_are_compared_by_dimension(ours: int, theirs: int, found: tuple[int, int, int]) -> None:
    """Each dimension differs, agrees, or is stated by the second alone."""
    assert compared(ours, theirs) == found
