"""What holds for any mention and any targets."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from linkers.base import Target
from linkers.registry import LINKER_OPTIONS, build_linker

WORDS = [
    "oat",
    "milk",
    "peanut",
    "butter",
    "dry",
    "cat",
    "food",
    "red",
    "wine",
    "bag",
    "of",
    "for",
    "with",
    "free",
    "7",
]
PHRASES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
ANY = st.one_of(PHRASES, st.text(max_size=40))
TARGETS = st.lists(
    st.tuples(
        PHRASES, st.sampled_from(["", "Dairy > Milk", "Pet > Cat Food", "Wine & Beer"]), st.lists(PHRASES, max_size=2)
    ),
    min_size=1,
    max_size=6,
).map(
    lambda rows: [Target(str(n), name, (), path, n % 2, tuple(titles)) for n, (name, path, titles) in enumerate(rows)]
)
NAMES = st.sampled_from(sorted(LINKER_OPTIONS))


@settings(max_examples=60, deadline=None)
@given(NAMES, TARGETS, ANY)
def test_an_answer_is_well_formed(name: str, targets: list[Target], mention: str) -> None:
    """A link's scores are within 0..1, its target is one of the targets and its best candidate."""
    link = build_linker(name, {}, targets).link(mention)
    assert link.mention == mention
    assert 0 <= link.confidence <= 1
    assert 0 <= link.margin <= 1
    if link.target_id is not None:
        assert link.target_id == link.candidates[0].id
        assert link.target_id in {target.id for target in targets}


@settings(max_examples=40, deadline=None)
@given(NAMES, TARGETS, PHRASES, st.randoms())
def test_order_of_targets_does_not_matter(name: str, targets: list[Target], mention: str, random: object) -> None:
    """Any order of the targets gives the same link."""
    shuffled = list(targets)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert build_linker(name, {}, targets).link(mention) == build_linker(name, {}, shuffled).link(mention)


@settings(max_examples=40, deadline=None)
@given(TARGETS, st.sampled_from(["peanut", "coconut", "goat"]))
def test_a_kind_that_is_not_sold_is_nil(targets: list[Target], kind: str) -> None:
    """A noun that no target says keeps a mention from every target."""
    sold = [target for target in targets if kind not in f"{target.name} {target.titles}"]
    link = build_linker("lexical", {}, sold).link(f"{kind} butter")
    assert link.target_id is None
