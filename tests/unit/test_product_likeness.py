"""How alike titles are as strings: whole, in parts, and in the letters they share."""

from __future__ import annotations

import pytest

from linkers.products.index import ProductIndex
from tests.parts.product_shop import feature_row, index_of

EARBUDS, SALSA, LONG, NOTHING = range(4)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> ProductIndex:
    """Return the index of a title in parts, one of a single part, one of more parts than are read, and an empty one."""
    return index_of(
        tmp_path_factory.mktemp("likeness"),
        "Sony MDR - In-Ear Headphones (Black), new",
        "Casa Hot Salsa",
        "alpha, beta, gamma, delta, epsilon, zeta, eta, theta, iota",
        "!?",
    )


@pytest.mark.parametrize("mention", ["In-Ear Headphones", "HEADPHONES in ear", "ear (in) - headphones"])
def test_a_part_may_be_all_that_was_said(shop: ProductIndex, mention: str) -> None:
    """A mention of one part of the title, its words in any order, is alike in full, though not to the opening."""
    found = feature_row(shop, mention, EARBUDS)
    assert found["part"] == pytest.approx(1)
    assert found["opening"] < 0.5


def test_the_best_part_counts(shop: ProductIndex) -> None:
    """Of all parts the one most alike is compared, wherever it stands; a misspelt one is nearly alike."""
    assert feature_row(shop, "black", EARBUDS)["part"] == feature_row(shop, "sony mdr", EARBUDS)["part"] == 1
    assert 0.85 < feature_row(shop, "Sonny MDR", EARBUDS)["part"] < 1


def test_the_mention_is_compared_as_a_whole(shop: ProductIndex) -> None:
    """A mention of two parts is like neither of them in full."""
    assert feature_row(shop, "sony mdr, black", EARBUDS)["part"] < 0.8


def test_beyond_eight_parts_the_last_is_the_rest(shop: ProductIndex) -> None:
    """What stands behind the eighth mark of a title is compared as one part."""
    assert feature_row(shop, "theta iota", LONG)["part"] == 1
    assert feature_row(shop, "iota", LONG)["part"] < 1


def test_parts_that_share_no_letter_are_not_alike(shop: ProductIndex) -> None:
    """A mention without a letter of the title is like no part of it."""
    found = feature_row(shop, "kuku", SALSA)
    assert (found["part"], found["opening"], found["within"]) == (0, 0, 0)


@pytest.mark.parametrize("mention", ["Sony MDR", "MDR, Sony", "Sony MDR (blue), used", "mdr sony - speaker"])
def test_openings_are_the_first_parts(shop: ProductIndex, mention: str) -> None:
    """Titles of the same first part open alike, whatever follows; one that begins otherwise does not."""
    found = feature_row(shop, mention, EARBUDS)
    assert found["opening"] == (1 if mention != "MDR, Sony" else pytest.approx(6 / 11))


def test_within_is_the_share_of_the_shorter_one(shop: ProductIndex) -> None:
    """The letters of an abbreviation that stand in the title in their order are within it, in full or in part."""
    found = [feature_row(shop, mention, SALSA)["within"] for mention in ("cs htsls", "cshtk", "casa hot salsa dip 1")]
    assert found == [1, pytest.approx(4 / 5), 1]


def test_within_sees_the_order_of_letters(shop: ProductIndex) -> None:
    """The words of a title in another order are not all within it."""
    assert feature_row(shop, "hotsalsa", SALSA)["within"] == 1
    assert feature_row(shop, "salsa hot", SALSA)["within"] == pytest.approx(6 / 8)


def test_titles_without_letters_have_nothing_within(shop: ProductIndex) -> None:
    """Where one title has no letters, or both have none, nothing is within the other."""
    assert feature_row(shop, "!?", SALSA)["within"] == feature_row(shop, "salsa", NOTHING)["within"] == 0
    assert feature_row(shop, "", NOTHING)["within"] == 0


def test_titles_without_words_are_the_same(shop: ProductIndex) -> None:
    """Two titles without words are the same; one alone is like no part of the other."""
    assert feature_row(shop, "", NOTHING)["same"] == 1
    assert (feature_row(shop, "salsa", NOTHING)["part"], feature_row(shop, "", SALSA)["part"]) == (0, 0)
