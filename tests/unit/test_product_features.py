"""Each feature of a mention and a product, on catalogues of a few products."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from linkers.products.analyse import Text
from linkers.products.candidates import Pairs, read_batch
from linkers.products.features import FEATURES, features
from linkers.products.index import ProductIndex, read_items
from tests.parts.product_shop import feature_row, index_of, items_of, pair_features

MICROWAVE, SALSA, STATION, CAMERA, KETTLE = range(5)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> ProductIndex:
    """Return the index of five products that have little in common."""
    return index_of(
        tmp_path_factory.mktemp("features"),
        Text("Panasonic NN-SD377S Microwave Oven", "Panasonic", "stainless steel", 100.0),
        (Text("Casa Hot Salsa", "Casa", "tomato dip, replaces XR4500B"), "Salsas"),
        "Playstation Upgrade 3",
        Text("Fujifilm FinePix Camera 20 Pink", "Fujifilm"),
        Text("Kettle", detail="black"),
    )


def logarithm(words: int) -> float:
    """Return a number of words as features have it: 0 none, 1 twenty."""
    return float(np.log1p(words) / np.log1p(20))


def of(shop: ProductIndex, mention: str | Text, product: int) -> dict[str, float]:
    """Return the features of a mention and a product of the shop."""
    return feature_row(shop, mention, product)


def test_same_is_the_same_title(shop: ProductIndex) -> None:
    """Titles are the same up to case and punctuation, and not with a word more."""
    assert of(shop, "CASA hot-salsa", SALSA)["same"] == 1
    assert of(shop, "casa hot salsa dip", SALSA)["same"] == 0


def test_equal_titles_have_cosines_of_one(shop: ProductIndex) -> None:
    """The very title has the cosines of words and meaning, all shares and all likenesses at one."""
    found = of(shop, "Playstation Upgrade 3", STATION)
    names = ("same", "text", "said", "stated", "inside", "ending", "part", "opening", "within", "maker")
    assert [found[name] for name in names] == pytest.approx([1.0] * len(names), abs=1e-5)
    assert found["meaning"] == pytest.approx(1.0, abs=0.02)


def test_titles_without_anything_in_common_have_nothing(shop: ProductIndex) -> None:
    """A mention that shares no word with a product has no share of it."""
    found = of(shop, "garden hose", SALSA)
    names = ("same", "text", "said", "stated", "inside", "ending", "code", "code_near", "amount", "brand", "type")
    assert [found[name] for name in names] == [0] * len(names)


@pytest.mark.parametrize("mention", ["", "!?", "zzz", "緑茶", "\ud800"])
def test_a_mention_that_says_nothing_has_all_added(shop: ProductIndex, mention: str) -> None:
    """A mention without a word that the product has accounts for nothing, and the whole title is added."""
    found = of(shop, mention, SALSA)
    assert [found[name] for name in ("same", "said", "stated", "inside", "ending", "within", "maker")] == [0] * 7
    assert found["added"] == pytest.approx(logarithm(3))


def test_titles_of_other_scripts_are_compared(tmp_path: Path) -> None:
    """A title without a Latin letter has the words, parts and letters that it shares with a mention."""
    index = index_of(tmp_path, "伊藤園 (緑茶) चाय", "salsa")
    found = feature_row(index, "緑茶", 0)
    assert (found["said"], found["part"], found["within"], found["missing"]) == (pytest.approx(1), 1, 1, 0)
    assert found["inside"] == pytest.approx(found["stated"]) == pytest.approx(1 / 3)
    assert feature_row(index, "緑茶", 1)["within"] == 0


def test_a_title_without_words_has_nothing_of_a_mention(tmp_path: Path) -> None:
    """What can be counted of a product without a title is 0, and of two such titles that they are the same."""
    index = index_of(tmp_path, "!?", "salsa")
    found = feature_row(index, "salsa 16 oz", 0)
    counted = ("same", "said", "stated", "inside", "added", "ending", "part", "opening", "within", "amount")
    assert [found[name] for name in counted] == [0] * len(counted)
    assert feature_row(index, "()", 0)["same"] == 1


def test_rare_words_weigh_more(tmp_path: Path) -> None:
    """The share that a rare word accounts for is larger than that of a frequent one."""
    index = index_of(tmp_path, "casa salsa", "casa dip", "casa chips", "casa tea")
    assert feature_row(index, "salsa xyz", 0)["said"] > feature_row(index, "casa xyz", 0)["said"]
    assert feature_row(index, "salsa", 0)["stated"] > 0.5 > feature_row(index, "casa", 0)["stated"]


def test_said_is_the_share_of_the_mention(shop: ProductIndex) -> None:
    """A mention that the title holds is accounted for in full; a word that nobody knows is not."""
    assert of(shop, "salsa", SALSA)["said"] == pytest.approx(1)
    assert 0 < of(shop, "salsa zzz", SALSA)["said"] < 0.5


def test_stated_is_the_share_of_the_title(shop: ProductIndex) -> None:
    """A mention of one of three words accounts for a part of the title only."""
    assert of(shop, "casa hot salsa zzz", SALSA)["stated"] == pytest.approx(1)
    assert 0 < of(shop, "salsa", SALSA)["stated"] < 0.5


def test_words_in_the_detail_count_less(shop: ProductIndex) -> None:
    """A word that stands in the detail only accounts for less than one of the title, and is missing there."""
    found = of(shop, "dip", SALSA)
    assert (found["said"], found["missing"]) == (pytest.approx(0.6), pytest.approx(logarithm(1)))


def test_inside_is_the_share_of_the_title_in_the_letters(shop: ProductIndex) -> None:
    """A title whose words stand in the mention is inside it in full, one of two words of three in part."""
    assert of(shop, "my casa hot salsa dip", SALSA)["inside"] == pytest.approx(1)
    assert 0.5 < of(shop, "hot salsa", SALSA)["inside"] < 1


def test_inside_does_not_see_spaces(shop: ProductIndex) -> None:
    """Words that the mention runs together, or parts, are inside it in full, where as words they are stated in part."""
    for mention, product in (("xcasahotsalsax", SALSA), ("play station up grade 3", STATION)):
        found = of(shop, mention, product)
        assert found["inside"] == pytest.approx(1)
        assert found["stated"] < 1


def test_inside_is_not_what_is_only_in_part_there(shop: ProductIndex) -> None:
    """A word of the title of which the mention has the beginning only is not inside it."""
    found = of(shop, "upgr", STATION)
    assert (found["inside"], found["within"]) == (0, 1)


@pytest.mark.parametrize(("mention", "count"), [("salsa, hot", 0), ("salsa zzz", 1), ("hotsalsa dip zzz", 3)])
def test_missing_counts_words_that_the_title_has_not(shop: ProductIndex, mention: str, count: int) -> None:
    """Words of the mention that do not stand as such in the title are missing: as a logarithm, none is 0."""
    assert of(shop, mention, SALSA)["missing"] == pytest.approx(logarithm(count))


def test_twenty_words_or_more_are_missing_in_full(shop: ProductIndex) -> None:
    """From twenty words on, no word more is missing more."""
    twenty, more = (" ".join(f"w{at}w" for at in range(count)) for count in (20, 30))
    assert of(shop, twenty, SALSA)["missing"] == of(shop, more, SALSA)["missing"] == pytest.approx(1)
    assert of(shop, f"hot {twenty[:-5]}", SALSA)["missing"] == pytest.approx(logarithm(19))


@pytest.mark.parametrize(
    ("mention", "count"), [("hot salsa casa xyz", 0), ("salsas", 2), ("hotsalsa", 3), (Text("hot", "Casa"), 2)]
)
def test_added_counts_words_that_the_mention_has_not(shop: ProductIndex, mention: str | Text, count: int) -> None:
    """Words of the title that do not stand as such in the mention's title are added: as a logarithm, none is 0."""
    assert of(shop, mention, SALSA)["added"] == pytest.approx(logarithm(count))


@pytest.mark.parametrize(
    ("mention", "there"), [("zzz salsas", 1), ("salsa zzz", 0), ("casa dip", 0), ("salsa by the", 1), ("hotsalsa", 0)]
)
def test_ending_is_the_last_word_in_the_title(shop: ProductIndex, mention: str, there: int) -> None:
    """The last word that says something counts where the title itself has it, in whatever number."""
    assert of(shop, mention, SALSA)["ending"] == there


def test_words_written_as_one_count(shop: ProductIndex) -> None:
    """Two words of a mention as one in the title, or the other way round, account for most of it."""
    assert of(shop, "play station upgrade", STATION)["stated"] > 0.5
    assert of(shop, "hotsalsa", SALSA)["said"] == pytest.approx(0.9)


def test_beginnings_of_words_count(shop: ProductIndex) -> None:
    """A word that begins like one of the title accounts for a part."""
    assert of(shop, "upgrader", STATION)["said"] == pytest.approx(0.75)


def test_strings_see_through_misspellings(shop: ProductIndex) -> None:
    """A misspelt title is much alike and has nearly all letters, where it shares no whole word."""
    found = of(shop, "fujifim finepics camra", CAMERA)
    assert found["inside"] == 0
    assert found["part"] > 0.7
    assert found["within"] > 0.8


def test_a_shared_model_number_is_a_code(shop: ProductIndex) -> None:
    """A model number in common counts, the more so as it is rare, in whatever way it is written."""
    found = of(shop, "nnsd377s", MICROWAVE)
    assert 0.5 < found["code"] <= 1
    assert found["code_clash"] == 0


def test_a_rare_code_counts_more_than_a_frequent_one(tmp_path: Path) -> None:
    """A model number that many products have says little."""
    index = index_of(tmp_path, "abc123x one", "abc123x two", "abc123x three", "xyz789y four")
    assert feature_row(index, "xyz789y", 3)["code"] > feature_row(index, "abc123x", 0)["code"] > 0


def test_a_model_number_in_the_detail_counts_a_little_less(shop: ProductIndex) -> None:
    """A model number of the mention that stands in the product's detail is a code in common."""
    assert 0.3 < of(shop, "XR4500B", SALSA)["code"] < 0.9


def test_a_variant_shares_the_core_only(shop: ProductIndex) -> None:
    """A model number with other letters at its end is another code with the same core."""
    found = of(shop, "NN-SD377W", MICROWAVE)
    assert found["code"] == 0
    assert found["core"] > 0.5
    assert found["code_clash"] == 0


@pytest.mark.parametrize(
    ("mention", "near"), [("NN-SD377S", 1), ("NNSD377W", 7 / 8), ("NNSD388S", 6 / 8), ("NSD377S oven", 7 / 8)]
)
def test_a_near_code_has_most_letters_in_their_order(shop: ProductIndex, mention: str, near: float) -> None:
    """A model number is as near as the share of its letters that stay (Levenshtein), and then it is no clash."""
    found = of(shop, mention, MICROWAVE)
    assert (found["code_near"], found["code_clash"]) == (pytest.approx(near), 0)


def test_half_a_code_is_not_near(tmp_path: Path) -> None:
    """Model numbers of which one half is equal clash; of which more is, they are near."""
    index = index_of(tmp_path, "microwave abc123")
    half, more = (feature_row(index, mention) for mention in ("microwave abc789", "microwave abc189"))
    assert (half["code_near"], half["code_clash"]) == (0, 1)
    assert (more["code_near"], more["code_clash"]) == (pytest.approx(4 / 6), 0)


def test_the_nearest_codes_count(tmp_path: Path) -> None:
    """Of several model numbers on either side the two that are most alike are compared."""
    index = index_of(tmp_path, "zz99999, abc1234x, qq77777")
    assert feature_row(index, "kk55555 abc1234y mm44444")["code_near"] == pytest.approx(7 / 8)


@pytest.mark.parametrize(
    ("mention", "product"), [("microwave", MICROWAVE), ("NNSD377S", KETTLE), ("XR4500B", SALSA), ("", MICROWAVE)]
)
def test_without_codes_in_both_titles_none_is_near(shop: ProductIndex, mention: str, product: int) -> None:
    """Where a title has no model number none is near, also where the detail has one."""
    found = of(shop, mention, product)
    assert (found["code_near"], found["code_clash"]) == (0, 0)


def test_another_model_number_is_a_clash(shop: ProductIndex) -> None:
    """Model numbers that have nothing in common contradict each other; one alone contradicts nothing."""
    assert of(shop, "Panasonic XZ9000 Microwave", MICROWAVE)["code_clash"] == 1
    assert of(shop, "Panasonic Microwave", MICROWAVE)["code_clash"] == 0
    assert of(shop, "XZ9000 Kettle", KETTLE)["code_clash"] == 0


def test_numbers_that_the_product_lacks_are_missing(shop: ProductIndex) -> None:
    """One number that the product has not counts a half, two count in full, more no more."""
    found = [of(shop, f"playstation {numbers}", STATION)["numbers_missing"] for numbers in ("3", "4", "4 5", "4 5 6")]
    assert found == [0, 0.5, 1, 1]


def test_numbers_that_were_not_said_are_added(shop: ProductIndex) -> None:
    """A number of the title that the mention does not have counts a half."""
    assert of(shop, "playstation upgrade", STATION)["numbers_added"] == 0.5
    assert of(shop, "playstation III", STATION)["numbers_added"] == 0


def test_a_brand_may_be_said_in_the_title(shop: ProductIndex) -> None:
    """The product's brand is there whether the mention says it in its title or as a brand."""
    assert of(shop, "casa dip", SALSA)["brand"] == of(shop, Text("dip", brand="Casa"), SALSA)["brand"] == 1
    assert of(shop, "dip", SALSA)["brand"] == 0


def test_another_brand_is_a_clash(shop: ProductIndex) -> None:
    """Two brands that are stated and share no word contradict each other; none or one do not."""
    assert of(shop, Text("hot salsa", brand="Emsa"), SALSA)["brand_clash"] == 1
    assert of(shop, Text("hot salsa", brand="Casa Verde"), SALSA)["brand_clash"] == 0
    assert of(shop, "Emsa hot salsa", SALSA)["brand_clash"] == 0
    assert of(shop, Text("playstation", brand="Sony"), STATION)["brand_clash"] == 0


def test_the_maker_is_the_brand_or_the_first_word(shop: ProductIndex) -> None:
    """The share of the mention's brand that title or brand has; without a brand its first word stands for it."""
    assert of(shop, Text("salsa", brand="Casa Verde"), SALSA)["maker"] == 0.5
    assert of(shop, "casa dip", SALSA)["maker"] == 1
    assert of(shop, "dip casa", SALSA)["maker"] == 0


def test_meaning_is_nearer_for_nearer_things(shop: ProductIndex) -> None:
    """A camera is nearer to a digital photo camera than salsa is."""
    assert of(shop, "photo camera", CAMERA)["meaning"] > of(shop, "photo camera", SALSA)["meaning"]


def test_type_is_the_last_word_of_the_type(shop: ProductIndex) -> None:
    """A mention with the word that names the product's type has it, whatever its number."""
    assert of(shop, "salsa", SALSA)["type"] == 1
    assert of(shop, "dip", SALSA)["type"] == 0
    assert of(shop, "kettle", KETTLE)["type"] == 0


def test_contrasts_are_seen(shop: ProductIndex) -> None:
    """Another value of a dimension is a contrast, the same is agreed, one that only the product has is unsaid."""
    assert of(shop, "mild salsa", SALSA)["contrast"] == 0.5
    assert of(shop, "hot salsa", SALSA)["agreed"] == 0.5
    assert of(shop, "salsa", SALSA)["unsaid"] == 0.5


def test_contrasts_with_the_detail_are_seen(shop: ProductIndex) -> None:
    """A product that states its colour in the detail contradicts another colour."""
    assert of(shop, "white kettle", KETTLE)["contrast"] == 0.5


@pytest.mark.parametrize(("price", "far"), [(100.0, 0.0), (200.0, np.log(2) / 2), (50.0, np.log(2) / 2), (1e6, 1.0)])
def test_prices_are_compared_by_their_ratio(shop: ProductIndex, price: float, far: float) -> None:
    """The distance of two prices is that of their logarithms, up to a factor of e squared."""
    found = of(shop, Text("microwave", price=price), MICROWAVE)
    assert (found["price"], found["priced"]) == (pytest.approx(far, abs=1e-6), 1)


def test_an_unknown_price_is_no_distance(shop: ProductIndex) -> None:
    """Where one price is unknown there is no distance, nothing is near or dearer, and the pair is not priced."""
    for found in (of(shop, "microwave", MICROWAVE), of(shop, Text("salsa", price=3.0), SALSA)):
        assert [found[name] for name in ("price", "price_near", "dearer", "priced")] == [0] * 4


@pytest.mark.parametrize(("price", "near"), [(100.0, 1.0), (110.0, 0.53), (90.909, 0.53), (135.0, 0.135), (1e6, 0.0)])
def test_prices_are_near_within_a_tenth(shop: ProductIndex, price: float, near: float) -> None:
    """Equal prices are near in full, a tenth apart half so, whichever is higher; far ones are not."""
    assert of(shop, Text("microwave", price=price), MICROWAVE)["price_near"] == pytest.approx(near, abs=0.005)


@pytest.mark.parametrize(
    ("price", "dearer"), [(100.0, 0.0), (50.0, np.log(2) / 2), (200.0, -np.log(2) / 2), (1.0, 1.0), (1e6, -1.0)]
)
def test_a_product_is_dearer_or_cheaper(shop: ProductIndex, price: float, dearer: float) -> None:
    """A product that costs more than was said is dearer, one that costs less the opposite, up to e squared."""
    assert of(shop, Text("microwave", price=price), MICROWAVE)["dearer"] == pytest.approx(dearer, abs=1e-6)


def test_length_is_the_difference_of_the_numbers_of_words(shop: ProductIndex) -> None:
    """As many words are no difference; twice as many (one added to both) are the logarithm of two."""
    assert of(shop, "one two three", SALSA)["length"] == 0
    assert of(shop, "salsa", SALSA)["length"] == pytest.approx(np.log(2))


def test_every_feature_is_told(shop: ProductIndex) -> None:
    """Each feature has a sentence that says what it is, and a column."""
    assert all(FEATURES.values())
    assert pair_features(shop, ["salsa"], Pairs(np.array([0]), np.array([0]))).shape == (1, len(FEATURES))


def test_no_pairs_no_features(shop: ProductIndex) -> None:
    """Without pairs there are no rows, but all columns."""
    nothing = np.zeros(0, dtype=np.int64)
    assert pair_features(shop, ["salsa"], Pairs(nothing, nothing)).shape == (0, len(FEATURES))


@pytest.mark.parametrize("name", FEATURES)
def test_a_wanted_feature_is_as_among_all(shop: ProductIndex, name: str) -> None:
    """A feature that alone is wanted has the values that it has when all are."""
    mentions = ["casa hot salsa", "panasonic NN-SD377W 3", "play station"]
    batch = read_batch(shop, read_items(items_of(*mentions)))
    pairs = Pairs(np.repeat(np.arange(3), 5), np.tile(np.arange(5), 3))
    at = list(FEATURES).index(name)
    alone, among = features(shop, batch, pairs, {name}), features(shop, batch, pairs)
    assert np.array_equal(alone[:, at], among[:, at])
