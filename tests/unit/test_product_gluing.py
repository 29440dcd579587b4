"""Words of a mention that run together are taken apart where the catalogue knows both parts."""

from __future__ import annotations

import pytest

from linkers.products.analyse import Text
from linkers.products.gluing import unglued
from linkers.products.index import ProductIndex
from tests.parts.product_shop import index_of


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> ProductIndex:
    """Return the index of a shop of pans."""
    return index_of(tmp_path_factory.mktemp("gluing"), "Stainless Steel Pan", "Kettle", "Rain Coat", "Raincoat Hook")


def test_a_word_is_taken_apart_into_two_that_are_known(shop: ProductIndex) -> None:
    """Two words of the catalogue that were written as one are two again."""
    assert unglued(shop, [Text("stainlesssteel kettle")]) == [Text("stainless steel kettle")]


@pytest.mark.parametrize("title", ["raincoat", "stainlesskettles pot", "steelxyz", "kettle", ""])
def test_what_is_known_or_no_two_words_stays(shop: ProductIndex, title: str) -> None:
    """A word that the catalogue has, or of which only one part is known, stays as it is."""
    expected = "stainless kettles pot" if title.startswith("stainless") else title
    assert unglued(shop, [Text(title)]) == [Text(expected)]


def test_the_rest_of_the_title_stays_as_it_is(shop: ProductIndex) -> None:
    """Dashes, brackets, inches and capitals beside a word that is taken apart are what features are made of."""
    found = unglued(shop, [Text('StainlessSteel Pan - 12" (Black)', "Brand", "detail", 9.5)])
    assert found == [Text('stainless steel Pan - 12" (Black)', "Brand", "detail", 9.5)]
