"""Reading quantities off product text."""

from __future__ import annotations

import time

import pytest

from kg.measures import UNITS, Agreement, Dimension, Measure, measured, measures, same_measures, without_measures

OUNCE, FLUID_OUNCE, POUND, INCH, FOOT = 28.349523125, 29.5735295625, 453.59237, 25.4, 304.8
MASS, VOLUME, COUNT, LENGTH = Dimension.MASS, Dimension.VOLUME, Dimension.COUNT, Dimension.LENGTH


def _stated(text: str) -> list[tuple[Dimension, object, int]]:
    return [(each.kind, pytest.approx(each.amount), each.pieces) for each in measures(text)]


@pytest.mark.parametrize(
    ("text", "kind", "amount"),
    [
        ("64 oz", MASS, 64 * OUNCE),
        ("64oz", MASS, 64 * OUNCE),
        ("64-ounce", MASS, 64 * OUNCE),
        ("5 lbs", MASS, 5 * POUND),
        ("2 pounds", MASS, 2 * POUND),
        ("3 KG", MASS, 3000),
        ("500 mg", MASS, 0.5),
        ("50 mcg", MASS, 5e-5),
        ("50 \u00b5g", MASS, 5e-5),
        ("16.9 fl oz", VOLUME, 16.9 * FLUID_OUNCE),
        ("8 FL. OZ.", VOLUME, 8 * FLUID_OUNCE),
        ("8 fluid ounces", VOLUME, 8 * FLUID_OUNCE),
        ("2 gal", VOLUME, 7570.823568),
        ("1 qt", VOLUME, 946.352946),
        ("1 pt", VOLUME, 473.176473),
        ("33 cl", VOLUME, 330),
        ("1/2 inch", LENGTH, INCH / 2),
        ("1-1/2 in", LENGTH, 1.5 * INCH),
        ("1 1/2\u201d", LENGTH, 1.5 * INCH),
        ("1\u00bd in.", LENGTH, 1.5 * INCH),
        ("\u00bd inch", LENGTH, INCH / 2),
        ('0.5"', LENGTH, INCH / 2),
        ("24'", LENGTH, 24 * FOOT),
        ("6 ft", LENGTH, 6 * FOOT),
        ("16GB", Dimension.STORAGE, 16_000),
        ("1 TB", Dimension.STORAGE, 1_000_000),
        ("60W", Dimension.POWER, 60),
        ("1.5 kW", Dimension.POWER, 1500),
        ("20000mAh", Dimension.BATTERY, 20_000),
        ("2.0Ah", Dimension.BATTERY, 2000),
        ("18V", Dimension.VOLTAGE, 18),
    ],
)
def test_one_quantity(text: str, kind: Dimension, amount: float) -> None:
    """A number with a unit is one quantity in the base unit of its kind, however the two are joined."""
    assert _stated(text) == [(kind, amount, 1)]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,5 l", 1500),
        ("1,000 ml", 1000),
        ("1.000 ml", 1000),
        ("1.250 l", 1250),
        ("0,500 l", 500),
        ("1.234,5 ml", 1234.5),
        ("1,234.5 ml", 1234.5),
        ("1,234,567 ml", 1_234_567),
        (".5 l", 500),
        ("Vol.5 l", 5000),
    ],
)
def test_decimal_and_thousands_marks(text: str, amount: float) -> None:
    """A comma before three figures marks thousands; a point does where nobody counts thousandths; else decimals."""
    assert _stated(text) == [(VOLUME, amount, 1)]


@pytest.mark.parametrize(
    ("text", "kind", "amount"),
    [
        ("20 St\u00fcck", COUNT, 20),
        ("20 Stk.", COUNT, 20),
        ("6er Pack", COUNT, 6),
        ("3er-Set", COUNT, 3),
        ("6 pi\u00e8ces", COUNT, 6),
        ("lot de 6", COUNT, 6),
        ("Paquet de 3", COUNT, 3),
        ("12 piezas", COUNT, 12),
        ("12 unidades", COUNT, 12),
        ("paquete de 6", COUNT, 6),
        ("confezione da 6", COUNT, 6),
        ("6 pezzi", COUNT, 6),
        ("6 stuks", COUNT, 6),
        ("set van 4", COUNT, 4),
        ("1,5 Liter", VOLUME, 1500),
        ("2 litres", VOLUME, 2000),
        ("1 litro", VOLUME, 1000),
        ("2 litri", VOLUME, 2000),
        ("500 Gramm", MASS, 500),
        ("200 grammes", MASS, 200),
        ("200 gramos", MASS, 200),
        ("200 grammi", MASS, 200),
        ("10 pulgadas", LENGTH, 254),
        ("55 Zoll", LENGTH, 1397),
        ("15,6 pouces", LENGTH, 396.24),
    ],
)
def test_other_languages(text: str, kind: Dimension, amount: float) -> None:
    """German, French, Spanish, Italian and Dutch words for units and packs are known."""
    assert _stated(text) == [(kind, amount, 1)]


@pytest.mark.parametrize(
    "text", ["24 ct", "24-count", "pack of 24", "24-Pack", "24 pk", "(Set of 24)", "24 pieces", "24 pcs"]
)
def test_pieces(text: str) -> None:
    """A count of pieces and a pack alone say how many."""
    assert _stated(text) == [(COUNT, 24, 1)]


@pytest.mark.parametrize(
    ("text", "kind", "amount", "pieces"),
    [
        ("2 x 500 ml", VOLUME, 500, 2),
        ("2x500ml", VOLUME, 500, 2),
        ("6 \u00d7 0.33 l", VOLUME, 330, 6),
        ("500 ml x 2", VOLUME, 500, 2),
        ("500ml x2 bottles", VOLUME, 500, 2),
        ("3 x 2 x 500 ml", VOLUME, 500, 6),
        ("2 x 8GB", Dimension.STORAGE, 8000, 2),
        ("lot de 6 x 330 ml", VOLUME, 330, 6),
        ("Pack of 6, 330 ml", VOLUME, 330, 6),
        ("330 ml, 24 ct", VOLUME, 330, 24),
        ("12 fl oz Cans (Pack of 24)", VOLUME, 12 * FLUID_OUNCE, 24),
        ("2-pack 24 ct", COUNT, 24, 2),
        ("1.4 oz, 12 Count (Pack of 6)", MASS, 1.4 * OUNCE, 72),
    ],
)
def test_multipacks(text: str, kind: Dimension, amount: float, pieces: int) -> None:
    """A pack next to a quantity is its number of pieces; the amount is that of one piece."""
    assert _stated(text) == [(kind, amount, pieces)]


def test_total_is_of_all_pieces() -> None:
    """The total is the amount of one piece as often as there are pieces."""
    assert Measure(VOLUME, 330.0, 6).total == 1980


def test_pack_multiplies_both_ways_to_state_one_quantity() -> None:
    """What is said twice, in ounces and in grams, is in each piece of the pack."""
    assert _stated("12 oz (340 g), pack of 2") == [(MASS, 12 * OUNCE, 2), (MASS, 340, 2)]


def test_pack_beside_a_length_or_watts_is_a_count() -> None:
    """Two bulbs of 60 W are no 120 W: the pack stands for itself."""
    assert _stated("2-Pack 60W Bulb") == [(COUNT, 2, 1), (Dimension.POWER, 60, 1)]


def test_pack_far_away_multiplies_nothing() -> None:
    """A pack and a quantity with half a title between them are two statements."""
    assert _stated("500 ml Bottle with a very long name and a lid, 2 ct") == [(VOLUME, 500, 1), (COUNT, 2, 1)]


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ('12" x 18"', [12 * INCH, 18 * INCH]),
        ('12"x18"', [12 * INCH, 18 * INCH]),
        ("12 x 18 in", [12 * INCH, 18 * INCH]),
        ("12cmx18cm", [120, 180]),
        ("60 x 45 x 3 cm", [600, 450, 30]),
        ('24"L x 18"W x 30"H', [24 * INCH, 18 * INCH, 30 * INCH]),
        ("5 ft 6 in", [5 * FOOT, 6 * INCH]),
        ("5'6\"", [5 * FOOT, 6 * INCH]),
        ("2 in x 60 yd", [2 * INCH, 60 * 914.4]),
    ],
)
def test_dimensions(text: str, lengths: list[float]) -> None:
    """Numbers with an x between them are lengths, not packs, when the unit is one of length."""
    assert _stated(text) == [(LENGTH, length, 1) for length in lengths]


@pytest.mark.parametrize(
    "text",
    [
        "", "Tortilla Chips", "1080p", "4K", "Size 3", "Windows 7", "i5", "3-in-1", "3 in 1", "2in1", "WH-1000XM4",
        "F3H982-10", "A500g", "100% cotton", "No. 6", "the 1980's", "boys' 24 shirts", "'Model 24' shirt",
        '"Model 24" shirt', "5-10 lb", "5 to 10 lb", "110-240V", "100 MB/s", "5G phone", "Size 8 M", "8 M US",
        "Sims 2 PC", "set of 3D glasses", "0 ml", "2 x 0 ml", "1.2.3 g", "7/5 oz", "1.5 ct", "4 in the box", "$5 g",
        "1" * 400 + " g", "\u0665 ml", "6er Packaging",
    ],
)  # fmt: skip
def test_no_quantity(text: str) -> None:
    """Model numbers, versions, sizes, ranges, speeds, quotations and shares are no quantities."""
    assert measures(text) == ()


def test_pack_of_some_in_a_colour() -> None:
    """In "set of 4 in red" the four are pieces; "in" is no inch."""
    assert _stated("Mugs, Set of 4 in red") == [(COUNT, 4, 1)]


def test_order_is_that_of_the_text() -> None:
    """Quantities come in the order in which they stand."""
    assert [each.kind for each in measures("18V drill, 2.0Ah, 1.5 kg, 30 cm")] == [
        Dimension.VOLTAGE, Dimension.BATTERY, MASS, LENGTH,
    ]  # fmt: skip


def test_only_plain_ounces_may_be_fluid() -> None:
    """A mass in plain ounces says so, since on a bottle they are fluid ounces; no other unit does."""
    assert [each.ounces for each in measures("64 oz, 4 lb, 8 fl oz")] == [True, False, False]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("64 oz", "1.89 L"),
        ("16.9 fl oz", "500 ml"),
        ("2 x 500 ml", "1 l"),
        ("pack of 6, 330 ml", "6 x 0.33 l"),
        ("12 oz (340 g)", "340 g"),
        ("1 TB", "1000 GB"),
        ("5.5 lb", "2.5 kg"),
        ("24-count", "330 ml, 24 ct"),
    ],
)
def test_texts_that_agree(one: str, other: str) -> None:
    """Quantities agree across units and packs when their totals do."""
    assert same_measures(measures(one), measures(other)) == Agreement(1.0, conflict=False, unknown=False)


@pytest.mark.parametrize(
    ("one", "other"),
    [("500 ml", "330 ml"), ("64 oz", "1.5 l"), ("6 x 330 ml", "330 ml"), ("16 GB", "32 GB"), ("12 ct", "330 ml, 24 ct"),
     ("64 g", "1 kg")],
)  # fmt: skip
def test_texts_that_conflict(one: str, other: str) -> None:
    """A kind that both state and that agrees in nothing is a conflict."""
    assert same_measures(measures(one), measures(other)) == Agreement(0.0, conflict=True, unknown=False)


@pytest.mark.parametrize(("one", "other"), [("500 ml", "Chips"), ("", ""), ("500 ml", "20 cm"), ("1 kg", "1 l")])
def test_texts_that_cannot_be_compared(one: str, other: str) -> None:
    """Without a kind that both state nothing is known, which is no conflict."""
    assert same_measures(measures(one), measures(other)) == Agreement(0.0, conflict=False, unknown=True)


def test_half_agreement_is_a_share_and_a_conflict() -> None:
    """Of two kinds that both state one may agree and the other conflict."""
    found = same_measures(measures("18V 2Ah"), measures("18V 4Ah"))
    assert found == Agreement(0.5, conflict=True, unknown=False)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Cola 330 ml, Pack of 6", "Cola  ,  "),
        ("WH-1000XM4 Headphones", "WH-1000XM4 Headphones"),
        ('Pan 12" x 18"', "Pan   x  "),
        ("500 ml x 2 Bottles", "  Bottles"),
        ("No Digits \u00e0 la Carte", "No Digits \u00e0 la Carte"),
    ],
)
def test_text_without_its_measures(text: str, rest: str) -> None:
    """Every quantity becomes a space, all else stays as it was."""
    assert without_measures(text) == rest


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Cola 2 (Pack of 6, 330 ml), 3-in-1", "Pack of 6 330 ml"),
        ("Soap .5 l", ".5 l"),
        ('Pan 12" x 18", 10-Pack', '12" 18" 10-Pack'),
        ("WH-1000XM4", ""),
        ("No Digits", ""),
        ("", ""),
    ],
)
def test_the_words_of_measures(text: str, words: str) -> None:
    """Beside its quantities a text has the words that state them, those of packs too, and no other numbers."""
    assert measured(text) == (measures(text), words)


def test_table_has_lower_case_names() -> None:
    """Units are looked up in small letters, so the table holds them so."""
    assert all(name == name.lower() for name in UNITS)


def test_titles_are_read_fast() -> None:
    """A title takes some tens of microseconds, far below a millisecond on the slowest machine."""
    titles = [
        "Restaurant Style Tortilla Chips with Sea Salt",
        "Cola 12 fl oz Cans (Pack of 24), 3-in-1, WH-1000XM4",
    ] * 500
    began = time.perf_counter()
    for title in titles:
        measures(title)
    assert time.perf_counter() - began < 1.0
