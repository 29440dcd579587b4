"""What every registered linker promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import ConfigError
from kg.model import NodeKind
from linkers.base import Linker, Target
from linkers.registry import LINKER_OPTIONS, build_linker

TARGETS = [
    Target("t1", "tortilla chips", context="Groceries > Snacks > Chips", popularity=3),
    Target("t2", "salsa", context="Groceries > Dips", popularity=2, titles=("Casa Hot Salsa 300 g",)),
    Target("t3", "dry dog food", aliases=("kibble",), context="Pet > Dog > Dog Food", popularity=1),
    Target("t4", "Crème Brûlée", context="Groceries > Desserts"),
    Target("t5", "緑茶", aliases=("green tea",), context="飲料 > お茶"),
]
ODD = [
    "",
    " ",
    "x",
    "7",
    "123 456",
    "\x00\x07\u200b",
    "a" * 10_240,
    "chips " * 2_000,
    "!?",
    "緑",
    "שוקולד",
    "🍫",
    "\ud800",
]


@pytest.fixture(params=sorted(LINKER_OPTIONS))
def linker(request: pytest.FixtureRequest) -> Linker:
    """Return each registered linker in turn."""
    return build_linker(request.param, {}, TARGETS)


def test_knows_its_name(linker: Linker) -> None:
    """A linker has the name it is registered under and a version that is not empty."""
    assert linker.name in LINKER_OPTIONS
    assert linker.version


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.id)
def test_finds_every_name(linker: Linker, target: Target) -> None:
    """The very name of a target links to it, surely and without qualifiers."""
    link = linker.link(target.name)
    assert link.target_id == target.id
    assert link.confidence > 0.9
    assert link.qualifiers == ()
    assert link.target_kind is NodeKind.TYPE


@pytest.mark.parametrize("mention", ["Tortilla Chip", "TORTILLA  CHIPS", "tortilla-chips", "creme brulee"])
def test_folds_spelling(linker: Linker, mention: str) -> None:
    """Case, accents, plural and punctuation do not matter."""
    assert linker.link(mention).target_id in {"t1", "t4"}


@pytest.mark.parametrize("mention", ODD, ids=range(len(ODD)))
def test_odd_text_is_nil(linker: Linker, mention: str) -> None:
    """Text that names nothing is NIL with a reason and stands in the link as received."""
    link = linker.link(mention)
    assert link.target_id is None
    assert link.reason
    assert link.mention == mention


def test_batch_equals_single(linker: Linker) -> None:
    """A batch gives the answers of single calls, in order, repeated mentions too."""
    mentions = ["salsa", "hot salsa", "", "salsa", "kibble", "dog food", "printer"]
    assert linker.link_all(mentions) == [linker.link(mention) for mention in mentions]


@pytest.mark.parametrize("name", sorted(LINKER_OPTIONS))
def test_target_order_does_not_matter(name: str) -> None:
    """The same targets in another order give the same links and version."""
    one, other = build_linker(name, {}, TARGETS), build_linker(name, {}, TARGETS[::-1])
    mentions = ["salsa", "chips", "dog food", "tea", "kibbles", "cream"]
    assert one.link_all(mentions) == other.link_all(mentions)
    assert one.version == other.version


@pytest.mark.parametrize("name", sorted(LINKER_OPTIONS))
def test_equal_names_go_to_the_popular_then_the_first_id(name: str) -> None:
    """Of targets with one name the more popular wins, then the smaller id."""
    tied = [Target("b", "soap"), Target("a", "soap"), Target("c", "soap", popularity=1)]
    assert build_linker(name, {}, tied).link("soap").target_id == "c"
    assert build_linker(name, {}, tied[:2]).link("soap").target_id == "a"


@pytest.mark.parametrize("name", sorted(LINKER_OPTIONS))
def test_without_targets_all_is_nil(name: str) -> None:
    """An empty catalogue links nothing."""
    link = build_linker(name, {}, []).link("salsa")
    assert (link.target_id, link.confidence, link.candidates) == (None, 0.0, ())


@pytest.mark.parametrize("name", sorted(LINKER_OPTIONS))
def test_targets_without_words(name: str) -> None:
    """A target whose name has no words does no harm."""
    assert build_linker(name, {}, [Target("x", "!?"), Target("y", "salsa")]).link("salsa").target_id == "y"


@pytest.mark.parametrize("name", sorted(LINKER_OPTIONS))
def test_targets_of_another_kind(name: str) -> None:
    """A product as a target is linked as a product."""
    link = build_linker(name, {}, [Target("p", "Casa Hot Salsa", kind=NodeKind.PRODUCT)]).link("casa hot salsa")
    assert (link.target_id, link.target_kind) == ("p", NodeKind.PRODUCT)


@pytest.mark.parametrize("name", sorted(LINKER_OPTIONS))
def test_options_change_the_version(name: str) -> None:
    """Other options are another version: nothing made with the old ones is taken for new."""
    assert build_linker(name, {"max_length": 100}, TARGETS).version != build_linker(name, {}, TARGETS).version


@pytest.mark.parametrize("name", sorted(LINKER_OPTIONS))
def test_double_ids_are_refused(name: str) -> None:
    """Two targets with one id are refused."""
    with pytest.raises(ConfigError, match="own id"):
        build_linker(name, {}, [Target("x", "a"), Target("x", "b")])


@pytest.mark.parametrize("name", sorted(LINKER_OPTIONS))
def test_candidates_are_ranked(name: str) -> None:
    """Candidates are at most as many as asked, best first, each with features within 0..1."""
    found = build_linker(name, {"explain": 2}, TARGETS).link("tortilla chips").candidates
    assert 1 <= len(found) <= 2
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
    assert all(0 <= value <= 1.000001 for c in found for value in c.features.values())


def test_every_linker_has_a_module() -> None:
    """A registered linker is a module of its name."""
    room = Path(__file__).parents[2] / "linkers" / "types"
    assert all((room / f"{name}.py").is_file() for name in LINKER_OPTIONS)
