"""What every registered linker of products promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from kg.errors import ConfigError
from kg.model import Link, NodeKind
from linkers.products import linker as linking
from linkers.products.analyse import Text
from linkers.products.index import Item, ProductIndex, build_index
from linkers.products.linker import ProductLinker
from linkers.products.registry import DEFAULT_PRODUCT_LINKER, PRODUCT_LINKERS, build_product_linker
from tests.parts.product_shop import SHOP

NAMES = sorted(PRODUCT_LINKERS)
BATCH = 256
MATTERS: Mapping[str, dict[str, object]] = {
    "exact": {"max_length": 100},
    "hybrid": {"neighbours": 3},
    "lexical": {"precision": 0.9},
    "semantic": {"midpoint": 0.8},
}
ODD = [
    "",
    " \t\n ",
    "x",
    "7",
    "the",
    "0123456789 42",
    "a" * 10_240,
    "salsa " * 2_000,
    "\x00\x07\u200b",
    "Casa\x00 Hot\x1b Salsa\u200b 16oz",
    "!?",
    "שוקולד مع الحليب",
    "緑茶",
    "नमस्ते",
    "🍫🍫",
    "\ud800",
    "Casa \udfff Salsa",
    "e\u0301" * 300,
    "²³¼",
]
MENTIONS = [
    "casa salsa",
    "sony headphones white",
    "mathsoft studyworks windows",
    "NN-SD377S",
    "green tea",
    "",
    "jug 2l",
]


@pytest.fixture(scope="module", autouse=True)
def _small_batches() -> Iterator[None]:
    """Let a batch be small enough to have several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linking, "_BATCH", BATCH)
        yield


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> ProductIndex:
    """Return the index of a small shop."""
    return build_index(tmp_path_factory.mktemp("products") / "index", SHOP)


@pytest.fixture(scope="module", params=NAMES)
def linker(request: pytest.FixtureRequest, index: ProductIndex) -> ProductLinker:
    """Return each registered linker in turn."""
    return build_product_linker(request.param, {}, index)


@pytest.fixture(scope="module")
def many() -> list[str]:
    """Return more mentions than a batch has, no two the same."""
    titles = [item.text.title for item in SHOP]
    return [f"{titles[at % len(titles)]} {at // len(titles) or ''}".strip() for at in range(BATCH + 14)]


@pytest.fixture(scope="module")
def answers(linker: ProductLinker, many: list[str]) -> dict[str, Link]:
    """Return the answer to each of many mentions, asked together."""
    return dict(zip(many, linker.link_all(many), strict=True))


def test_it_has_its_name_and_a_version(linker: ProductLinker) -> None:
    """A linker has the name it is registered under and a version that is not empty."""
    assert linker.name in PRODUCT_LINKERS
    assert linker.version


def test_every_linker_has_a_version_of_its_own(index: ProductIndex) -> None:
    """No two linkers share a version."""
    assert len({build_product_linker(name, {}, index).version for name in NAMES}) == len(NAMES)


def test_the_default_is_registered() -> None:
    """The linker that is used when none is named exists."""
    assert DEFAULT_PRODUCT_LINKER in PRODUCT_LINKERS


@pytest.mark.parametrize("name", NAMES)
def test_an_option_that_matters_changes_the_version(name: str, index: ProductIndex) -> None:
    """Other options are another version: nothing made with the old ones is taken for new."""
    assert build_product_linker(name, MATTERS[name], index).version != build_product_linker(name, {}, index).version


@pytest.mark.parametrize("name", NAMES)
def test_equal_options_give_an_equal_version(name: str, index: ProductIndex) -> None:
    """The same index and options are the same version."""
    assert build_product_linker(name, {}, index).version == build_product_linker(name, {}, index).version


@pytest.mark.parametrize("item", SHOP, ids=range(len(SHOP)))
def test_the_title_of_a_product_links_to_it(linker: ProductLinker, item: Item) -> None:
    """The very title of a product links to the product, under its id as received."""
    link = linker.link(item.text.title)
    assert link.target_id == item.id
    assert link.mention == item.text.title


def test_the_title_folded_links_too(linker: ProductLinker) -> None:
    """Case, accents, punctuation and control characters do not matter."""
    links = linker.link_all(["CREME  BRULEE, TORCH", "casa-hot\u200b salsa 16oz\x07"])
    assert [link.target_id for link in links] == ["-0", "None"]


def test_a_title_with_control_characters_links_to_its_product(linker: ProductLinker, tmp_path: Path) -> None:
    """A product whose title holds a control character is found by that title."""
    index = build_index(tmp_path / "index", [Item("odd", Text("Ultra\x07Widget 3000")), Item("b", Text("Red Kettle"))])
    assert build_product_linker(linker.name, {}, index).link("Ultra\x07Widget 3000").target_id == "odd"


@pytest.mark.parametrize("mention", ODD, ids=range(len(ODD)))
def test_any_text_has_a_defined_answer(linker: ProductLinker, mention: str) -> None:
    """Any text has an answer with a reason, chances within 0..1 and the mention as received."""
    link = linker.link(mention)
    assert link.mention == mention
    assert 0 <= link.confidence <= 1
    assert 0 <= link.margin <= 1
    assert link.reason
    assert link.target_id is None or link.target_id in {item.id for item in SHOP}


@pytest.mark.parametrize("mention", ["", " \t\n ", "!?", "\x00\x07\u200b", "\ud800", "🍫🍫", "a" * 10_240])
def test_text_without_words_is_nil(linker: ProductLinker, mention: str) -> None:
    """Text that cannot be a name is NIL, with no confidence and no candidates."""
    link = linker.link(mention)
    assert (link.target_id, link.confidence, link.candidates) == (None, 0.0, ())


def test_the_target_is_a_product(linker: ProductLinker) -> None:
    """Every answer, NIL too, is about a product."""
    assert {link.target_kind for link in linker.link_all([*MENTIONS, "Casa Hot Salsa 16oz"])} == {NodeKind.PRODUCT}


def test_a_batch_equals_single_calls(linker: ProductLinker, answers: dict[str, Link], many: list[str]) -> None:
    """A batch gives the answers of single calls to the bit, on both sides of the inner limit of a batch."""
    sample = [*many[:4], *many[BATCH - 2 : BATCH + 2], many[-1]]
    assert [linker.link(mention) for mention in sample] == [answers[mention] for mention in sample]


def test_the_order_of_a_batch_does_not_matter(linker: ProductLinker, answers: dict[str, Link], many: list[str]) -> None:
    """The same mentions the other way round have the same answers, in that order."""
    assert linker.link_all(many[::-1]) == [answers[mention] for mention in reversed(many)]


@pytest.mark.parametrize("size", [100, BATCH - 1])
def test_the_size_of_a_batch_does_not_matter(
    linker: ProductLinker, answers: dict[str, Link], many: list[str], size: int
) -> None:
    """Mentions asked in parts have the answers that they have together."""
    parts = [many[at : at + size] for at in range(0, len(many), size)]
    assert [link for part in parts for link in linker.link_all(part)] == list(answers.values())


def test_repeated_mentions_have_equal_answers(linker: ProductLinker) -> None:
    """A mention that stands twice in a batch has the same answer twice."""
    first, other, second = linker.link_all(["casa salsa", "green tea", "casa salsa"])
    assert first == second
    assert other.mention == "green tea"


def test_no_mentions_no_answers(linker: ProductLinker) -> None:
    """An empty batch has no answers."""
    assert linker.link_all([]) == []


def test_a_linker_made_again_gives_the_same_answers(linker: ProductLinker, index: ProductIndex) -> None:
    """The same index and options give the same answers."""
    assert build_product_linker(linker.name, {}, index).link_all(MENTIONS) == linker.link_all(MENTIONS)


def test_an_offer_is_accepted(linker: ProductLinker) -> None:
    """An offer with brand, detail and price is linked like a mention and named by its title."""
    offer = Text("Sony MDR-EX55/WHI In-Ear Headphones", "Sony", "white", 41.0)
    link = linker.link(offer)
    assert (link.mention, link.target_id) == (offer.title, "nan")


def test_offers_and_mentions_go_together(linker: ProductLinker) -> None:
    """Offers and plain mentions in one batch have the answers that each has alone."""
    offer = Text("Casa Salsa 16oz", "Casa", "hot", 3.5)
    assert linker.link_all([offer, "Casa Salsa 16oz"]) == [linker.link(offer), linker.link("Casa Salsa 16oz")]


@pytest.mark.parametrize("price", [-1.0, float("nan"), float("inf"), 1e308, 5e-324])
def test_an_impossible_price_is_an_unknown_one(linker: ProductLinker, price: float) -> None:
    """A price that is no amount of money counts as unknown."""
    assert linker.link(Text("Casa Hot Salsa 16oz", price=price)) == linker.link("Casa Hot Salsa 16oz")


@pytest.mark.parametrize("explain", [0, 1, 3])
def test_candidates_are_ranked(linker: ProductLinker, index: ProductIndex, explain: int) -> None:
    """Candidates are at most as many as asked, best first; the target is the first of them."""
    link = build_product_linker(linker.name, {"explain": explain}, index).link("Casa Hot Salsa 16oz")
    scores = [candidate.score for candidate in link.candidates]
    assert len(scores) <= explain
    assert scores == sorted(scores, reverse=True)
    assert [candidate.id for candidate in link.candidates[:1]] == [link.target_id] * min(explain, 1)


def test_a_mention_longer_than_allowed_is_nil(linker: ProductLinker, index: ProductIndex) -> None:
    """A mention of more characters than the option allows is no name."""
    strict = build_product_linker(linker.name, {"max_length": 18}, index)
    assert strict.link("Casa Hot Salsa 16oz").reason == "longer than 18 characters: not a name"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "exact"])
def test_a_runner_up_within_the_margin_is_nil(name: str, index: ProductIndex) -> None:
    """With a margin that no answer has, the reason names the runner-up."""
    link = build_product_linker(name, {"margin": 1.0, "threshold": 0.0}, index).link("casa salsa 16oz")
    assert link.target_id is None
    assert "runner-up" in link.reason


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_catalogue_is_nil(name: str, tmp_path: Path) -> None:
    """Without products every mention is NIL, and the reason says why."""
    link = build_product_linker(name, {}, build_index(tmp_path / "index", [])).link("salsa")
    assert (link.target_id, link.confidence, link.reason) == (None, 0.0, "the catalogue is empty")


@pytest.mark.parametrize("name", NAMES)
def test_products_without_words_do_no_harm(name: str, tmp_path: Path) -> None:
    """Titles that have no words are no obstacle to the others, nor to a catalogue of nothing else."""
    without = [Item("a", Text("!?")), Item("b", Text(""))]
    empty = build_index(tmp_path / "empty", without)
    mixed = build_index(tmp_path / "mixed", [*without, Item("c", Text("salsa"))])
    assert build_product_linker(name, {}, empty).link("salsa").target_id is None
    assert build_product_linker(name, {}, mixed).link("salsa").target_id == "c"


def test_an_unknown_linker_is_refused_with_a_hint(index: ProductIndex) -> None:
    """A misspelt linker is a configuration error that names the near one."""
    with pytest.raises(ConfigError, match=r"unknown linker of products 'hybird'.*did you mean 'hybrid'"):
        build_product_linker("hybird", {}, index)


def test_an_unknown_linker_is_refused_with_all_names(index: ProductIndex) -> None:
    """A name like no other is a configuration error that lists the known ones."""
    with pytest.raises(ConfigError, match="known here: exact, hybrid, lexical, semantic"):
        build_product_linker("zzz", {}, index)


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_option_is_refused_with_a_hint(name: str, index: ProductIndex) -> None:
    """A misspelt option is a configuration error that names the near one."""
    with pytest.raises(ConfigError, match="max_lenght: unknown setting; did you mean 'max_length'"):
        build_product_linker(name, {"max_lenght": 3}, index)


@pytest.mark.parametrize("name", NAMES)
def test_an_option_out_of_range_is_refused(name: str, index: ProductIndex) -> None:
    """A value that an option cannot have is a configuration error that names the option."""
    with pytest.raises(ConfigError, match=r"explain: .*50"):
        build_product_linker(name, {"explain": 51}, index)
