"""Laws of reading quantities, on any text at all."""

from __future__ import annotations

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from kg.measures import UNITS, Dimension, Measure, measures, same_measures, without_measures

_MARKS = {'"', "''", "'", "\u201d", "\u2033", "\u2019", "\u2032"}
# "floz" is how the table names what is written "fl oz"; "in" is also a preposition, "pc" also a computer.
_WORDS = sorted(UNITS.keys() - _MARKS - {"floz", "in", "pc"})
# What quantities are made of, in any order: texts on the edge between being one and being none.
_PIECES = st.sampled_from(
    [*"0123456789", *".,/-x\u00d7*'\"() \u00a0\n_%$", "\u00bd", "12", "1,000", " ml", "oz", "fl. oz", " kg", " in ",
     "ct", "-pack", "pack of ", "lot de ", "er Pack", "to", " size ", "M", "G", "L ", " US", "a", "A-", "\u201c",
     "\u201d", "\u2032"]
)  # fmt: skip
_ANY = st.text() | st.lists(_PIECES, max_size=24).map("".join)
_NUMBERS = st.decimals(min_value="0.01", max_value="9999", places=2).map(lambda number: f"{number.normalize():f}")


@st.composite
def _quantities(draw: st.DrawFn) -> tuple[str, str, int]:
    """Return a number as text, a unit, and how many pieces there are."""
    unit = draw(st.sampled_from(_WORDS))
    kind = UNITS[unit][0]
    number = str(draw(st.integers(1, 9999))) if kind is Dimension.COUNT else draw(_NUMBERS)
    return number, unit, 1 if kind is Dimension.LENGTH else draw(st.integers(1, 999))


_MEASURES = st.lists(
    st.builds(Measure, st.sampled_from(Dimension), st.floats(1e-6, 1e9), st.integers(1, 99), st.booleans()), max_size=5
)


@given(_ANY)
@settings(max_examples=600)
@example("5 in 6 oz")
@example("6 500 ml pack")
@example("3 kg-5 oz")
@example('5 24"L')
@example('1"PAK OF 1')
@example("1 PAK OF 1 IN")
@example("'1\"1'")
@example("1'\u00bcL")
@example("1 ml x 9 x 9 x 9 x 9 x 9 x 9")
def test_any_text_is_read(text: str) -> None:
    """No text is an error; every quantity is positive and of at least one piece, and once out leaves none behind."""
    for each in measures(text):
        assert each.amount > 0
        assert each.pieces >= 1
        assert each.total >= each.amount
    rest = without_measures(text)
    assert measures(rest) == ()
    assert without_measures(rest) == rest


@given(_quantities(), st.sampled_from([" ", "", "-", "\u00a0"]))
def test_what_is_written_is_read_back(quantity: tuple[str, str, int], gap: str) -> None:
    """A number, a unit and a count of pieces come back as they were, however they are spaced."""
    number, unit, pieces = quantity
    kind, size = UNITS[unit]
    times = f"{pieces} x " if pieces > 1 else ""
    (found,) = measures(f"Thing, {times}{number}{gap}{unit}")
    assert (found.kind, found.amount, found.pieces) == (kind, float(number) * size, pieces)


@given(_quantities(), st.sampled_from([" ", "", "-"]))
def test_case_and_spacing_do_not_matter(quantity: tuple[str, str, int], gap: str) -> None:
    """Small letters, capitals, "64 oz", "64oz" and "64-OZ" are the same quantity."""
    number, unit, pieces = quantity
    assume(not (unit == "g" and number in {"3", "4", "5"}))  # "5G" is a network
    plain = measures(f"{pieces} x {number} {unit}")
    assert len(plain) == (2 if UNITS[unit][0] is Dimension.LENGTH else 1)
    for written in (f"{pieces}x{number}{gap}{unit}", f"{pieces} X {number}{gap}{unit.upper()}"):
        assert measures(written) == plain


@given(_MEASURES, _MEASURES)
def test_order_does_not_matter_to_agreement(one: list[Measure], other: list[Measure]) -> None:
    """Two texts agree the same whichever comes first, and in whatever order they state their quantities."""
    agreement = same_measures(one, other)
    assert same_measures(other, one) == agreement
    assert same_measures(one[::-1], sorted(other, key=lambda each: (each.kind, each.total))) == agreement
    assert 0 <= agreement.agree <= 1
    assert agreement.unknown == (agreement.agree == 0 and not agreement.conflict)


@given(_MEASURES)
def test_all_agree_with_themselves(one: list[Measure]) -> None:
    """A text's measures agree with themselves in every kind."""
    agreement = same_measures(one, one)
    assert (agreement.agree, agreement.conflict, agreement.unknown) == (1.0 if one else 0.0, False, not one)


@given(st.sampled_from(["1", "1.", "5 in ", '5" ', "5\u201d ", "pack of 2 ", "1 ml x 2 ", "1/", "5-", "2 pack "]))
@settings(deadline=None)
def test_time_is_linear_in_length(part: str) -> None:
    """Twenty thousand repeats of a piece are read within the timeout of a test: nothing is read again and again."""
    assert len(measures(part * 20_000)) <= 20_000
