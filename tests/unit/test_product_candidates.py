"""Which products are compared with a mention at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from linkers.products.analyse import Text
from linkers.products.candidates import Search, read_batch
from linkers.products.index import ProductIndex, read_items
from tests.parts.product_shop import index_of, items_of


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> ProductIndex:
    """Return the index of sixty products of three words that are more or less frequent."""
    texts = [f"casa {'hot' if at % 3 else 'mild'} flavour{chr(97 + at % 26)}{chr(97 + at // 26)}" for at in range(60)]
    return index_of(tmp_path_factory.mktemp("candidates"), *texts, "Panasonic NN-SD377S Oven", "television")


def found(index: ProductIndex, search: Search, *mentions: str | Text) -> list[set[str]]:
    """Return the titles of the candidates of each mention."""
    pairs = search.pairs(index, read_batch(index, read_items(items_of(*mentions))))
    return [
        {index.title(int(product)) for product in pairs.products[pairs.mentions == at]} for at in range(len(mentions))
    ]


def test_an_obvious_match_is_a_candidate(shop: ProductIndex) -> None:
    """The product that shares the rarest words is a candidate even where one is asked for."""
    assert found(shop, Search(shared=1, nearest=0), "casa hot flavourba") == [{"casa hot flavourba"}]


@pytest.mark.parametrize("mention", ["NNSD377S", "oven by panasonic", "NN-SD377W", "panasonics"])
def test_each_field_finds_candidates(shop: ProductIndex, mention: str) -> None:
    """A product is found by a model number, its core, words in any order, and plurals."""
    assert found(shop, Search(shared=1, nearest=0), mention) == [{"Panasonic NN-SD377S Oven"}]


def test_the_beginning_of_a_word_finds_candidates(shop: ProductIndex) -> None:
    """A product is found by a word that only begins like one of its own."""
    assert found(shop, Search(shared=1, nearest=0), "televisor") == [{"television"}]


def test_the_nearest_join_the_candidates(shop: ProductIndex) -> None:
    """A product that shares no word is found by its meaning."""
    assert found(shop, Search(shared=5, nearest=0), "tv set") == [set()]
    assert "television" in found(shop, Search(shared=5, nearest=1), "tv set")[0]


def test_there_are_as_many_as_asked_for(shop: ProductIndex) -> None:
    """Candidates by shared words and by nearness are at most as many as asked for of each."""
    sizes = [len(each) for each in found(shop, Search(shared=4, nearest=2), "casa hot", "casa", "oven", "zzz")]
    assert max(sizes) <= 6
    assert sizes[0] >= 4


def test_a_pair_stands_once_in_order(shop: ProductIndex) -> None:
    """A product found both ways is one pair; pairs ascend by mention and product."""
    pairs = Search(shared=20, nearest=20).pairs(shop, read_batch(shop, read_items(items_of("television", "casa hot"))))
    keys = list(zip(pairs.mentions.tolist(), pairs.products.tolist(), strict=True))
    assert keys == sorted(set(keys))
    assert len(pairs) == len(keys)


def test_beyond_the_budget_the_frequent_words_are_left_out(shop: ProductIndex) -> None:
    """With a small budget a mention is looked up by its rarest term alone."""
    wide = found(shop, Search(shared=100, nearest=0, least=100), "casa flavourba")
    narrow = found(shop, Search(shared=100, nearest=0, least=100, budget=1, least_terms=1), "casa flavourba")
    assert len(wide[0]) == 60
    assert narrow == [{"casa hot flavourba"}]


def test_the_budget_is_for_each_mention(shop: ProductIndex) -> None:
    """What one mention costs is not taken from the budget of another."""
    search = Search(shared=100, nearest=0, budget=60, least_terms=0)
    alone = found(shop, search, "casa")
    assert found(shop, search, "casa", "casa", "casa hot")[1] == alone[0] != set()


def test_the_least_number_of_terms_goes_beyond_the_budget(shop: ProductIndex) -> None:
    """So many of the rarest terms are used whatever they cost; a budget of nothing uses no others."""
    search = [Search(shared=100, nearest=0, least=100, budget=0, least_terms=least) for least in (0, 1)]
    assert [len(found(shop, each, "casa")[0]) for each in search] == [0, 60]


@pytest.mark.parametrize("least", [1, 7, 60])
def test_the_first_ones_are_kept_however_far_they_are(shop: ProductIndex, least: int) -> None:
    """Of products far from the best one so many are kept, the best among them, and no more."""
    (there,) = found(shop, Search(shared=100, nearest=0, least=least), "casa flavourba")
    assert len(there) == least
    assert "casa hot flavourba" in there


def test_what_is_as_good_as_the_best_is_kept(shop: ProductIndex) -> None:
    """Products of the best one's score are all kept, those of a lower one are dropped beyond the first."""
    (there,) = found(shop, Search(shared=100, nearest=0, least=1, close=1.0, a_word=100), "casa hot")
    assert there == {shop.title(row) for row in range(len(shop)) if shop.title(row).startswith("casa hot")}


def test_at_a_distance_of_all_nothing_is_dropped(shop: ProductIndex) -> None:
    """Where no part of the best one's score is asked for, all that share a word are kept."""
    (there,) = found(shop, Search(shared=100, nearest=0, least=1, close=0.0, a_word=100), "casa flavourba")
    assert len(there) == 60


@pytest.mark.parametrize(("mention", "count"), [("casa", 4), ("casa casa", 4), ("casa hot", 8), ("casa hot zzz", 12)])
def test_each_word_of_a_mention_brings_so_many(shop: ProductIndex, mention: str, count: int) -> None:
    """Of products equally good so many are kept for each word of the mention, known or not."""
    assert len(found(shop, Search(shared=100, nearest=0, least=1, a_word=4), mention)[0]) == count


def test_there_are_never_more_than_shared(shop: ProductIndex) -> None:
    """Neither the least number nor that for a word goes beyond the number asked for."""
    assert len(found(shop, Search(shared=3, nearest=0, least=50, a_word=50), "casa hot")[0]) == 3


def test_the_best_of_one_mention_drops_nothing_of_another(shop: ProductIndex) -> None:
    """What is near enough is measured by the best of each mention, not of the batch."""
    search, asked = Search(shared=100, nearest=0, least=1), ("Panasonic NN-SD377S Oven", "casa", "zzz", "casa hot")
    assert found(shop, search, *asked) == [found(shop, search, each)[0] for each in asked]


@pytest.mark.parametrize("mention", ["zzz", "the", "", "!?"])
def test_unknown_words_find_nothing(shop: ProductIndex, mention: str) -> None:
    """A mention without a word of the catalogue shares none with it."""
    assert found(shop, Search(nearest=0), mention) == [set()]


def test_without_any_search_nothing_is_found(shop: ProductIndex) -> None:
    """A search that looks for nothing finds nothing."""
    assert found(shop, Search(shared=0, nearest=0), "casa") == [set()]


def test_an_empty_index_has_no_candidates(tmp_path: Path) -> None:
    """In a catalogue without products there are no candidates."""
    assert found(index_of(tmp_path), Search(), "casa") == [set()]


def test_what_nobody_says_is_rarest(shop: ProductIndex) -> None:
    """A term that the catalogue does not have is rarer than any that it has."""
    batch = read_batch(shop, read_items(items_of("casa television zzz")))
    assert batch.idf.max() == np.float32(batch.rarest)
    assert shop.postings.idf.max() < batch.rarest


def test_the_detail_of_an_offer_finds_candidates(shop: ProductIndex) -> None:
    """A model number in the detail of an offer finds the product that has it in its title."""
    assert "Panasonic NN-SD377S Oven" in found(shop, Search(nearest=0), Text("an appliance", detail="NNSD377S"))[0]
