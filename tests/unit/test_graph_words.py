"""Reading sizes, models, audiences and diets off the catalogue's text."""

from __future__ import annotations

import pytest

from kg.catalog.sizes import parse_size
from kg.graph.fits import Fits, split_models
from kg.graph.traits import default_traits


@pytest.mark.parametrize(
    ("one", "other"),
    [("1 kg", "1000 g"), ("6 x 330 ml", "1.98 L"), ("6 x 330 ml", "2 l"), ("12 pack", "12 ct"), ("1,5 l", "1.5L"),
     ("2 x 113 g", "226g"), ("8 fl oz", "237 ml"), ("1 lb", "454 g"), ("4 cm", "40 mm")],
)  # fmt: skip
def test_equal_sizes(one: str, other: str) -> None:
    """Two ways to write one size give the same quantity."""
    assert parse_size(one) == parse_size(other) != (0, 0)


@pytest.mark.parametrize(
    "text", ["", "M", "Size 3", "60 x 45 cm", "AA", "128 GB", "0 g", "6-18 months", "1" * 400 + " g", "g", "5", "\x00"]
)
def test_no_quantity(text: str) -> None:
    """What is no quantity of mass, volume, pieces or length is unknown, never an error."""
    assert parse_size(text) == (0, 0)


def test_order_of_sizes() -> None:
    """A doubled size is four steps up."""
    (unit, one), (same, two) = parse_size("500 g"), parse_size("1 kg")
    assert (unit, two - one) == (same, 4)


def test_models_are_split() -> None:
    """Several models stand between semicolons, empty ones are none."""
    assert split_models("Dustrel V60; Dustrel V65;;") == [("dustrel", "v60"), ("dustrel", "v65")]


TRAITS = default_traits()


def _named(title: str, *models: str) -> set[str]:
    """Return which of ``models`` share something with ``title``."""
    fits = Fits(words for model in models for words in split_models(model))
    mine, _ = fits.number("", title)
    sets = {model: fits.number(model, "")[0] for model in models}
    members: dict[int, set[int]] = {}
    for number, model in fits.members():
        members.setdefault(number, set()).add(model)
    return {model for model, number in sets.items() if members.get(mine, set()) & members[number]}


@pytest.mark.parametrize(
    ("title", "models", "expected"),
    [
        ("inkra p200 inkjet printer", ["Inkra P200", "Inkra P450"], {"Inkra P200"}),
        ("inkra all in one p450 printer", ["Inkra P200", "Inkra P450"], set()),
        ("inkra wireless p450 printer", ["Inkra P200", "Inkra P450"], {"Inkra P450"}),
        ("brevado uno capsule coffee machine", ["Brevado Uno capsule machines", "Brevado Uno"],
         {"Brevado Uno capsule machines", "Brevado Uno"}),
        ("orbi 12 pro smartphone", ["Orbi 12", "Orbi 12 Pro"], {"Orbi 12 Pro"}),
        ("orbi 12 pro smartphone", ["Orbi 12"], set()),
        ("orbi 8 case 12 ct", ["Orbi 12"], set()),
        ("stapelby desktop stapler 24 6 black", ["Stapelby Desktop Stapler 24/6"], {"Stapelby Desktop Stapler 24/6"}),
        ("", ["Orbi 12"], set()),
    ],
)  # fmt: skip
def test_models_in_titles(title: str, models: list[str], expected: set[str]) -> None:
    """A model is found where its words stand in order; a longer model wins over a shorter one."""
    assert _named(title, *models) == expected


def test_audiences_have_bits() -> None:
    """Plurals and words for the young of an animal name the same audience."""
    assert TRAITS.audience("Cats") == TRAITS.audience("kitten")
    assert TRAITS.audience("cat;dog")[0] == TRAITS.audience("cat")[0] | TRAITS.audience("dog")[0]
    assert TRAITS.audience("martians") == (0, 0)


def test_vegan_implies() -> None:
    """A vegan product is vegetarian and free of lactose, not the other way round."""
    assert TRAITS.kept("diet", "vegetarian;lactose-free") & ~TRAITS.kept("diet", "vegan") == 0
    assert TRAITS.kept("diet", "vegan") & ~TRAITS.kept("diet", "vegetarian;lactose-free") != 0


def test_hard_words() -> None:
    """Diets, audiences and scents are hard, other words only when the settings say so."""
    assert all(TRAITS.is_hard(word) for word in ("decaf", "alcohol free", "cat", "baby", "unscented", "plant based"))
    assert not TRAITS.is_hard("strawberry")
    assert TRAITS.is_hard("strawberry", ("Strawberries",))


def test_aliases_know_each_other() -> None:
    """Words that say the same are found from any of them."""
    assert "unscented" in TRAITS.aliases("fragrance free")
    assert "decaffeinated" in TRAITS.aliases("decaf")
    assert TRAITS.aliases("strawberry") == ("strawberry",)


@pytest.mark.parametrize(
    ("terms", "more", "expected"),
    [
        (("salted", "gluten", "free"), (), ["salted", "gluten free"]),
        (("gluten free", "vegan"), (), ["gluten free", "vegan"]),
        (("guinea", "pig"), (), ["guinea pig"]),
        (("plant", "based", "free"), (), ["plant based", "free"]),
        (("low", "sodium"), (), ["low", "sodium"]),
        (("low", "sodium"), ("Low-Sodium",), ["low sodium"]),
        (("free", "gluten"), (), ["free", "gluten"]),
        ((), (), []),
    ],
)
def test_neighbours_that_say_one_thing_are_joined(
    terms: tuple[str, ...], more: tuple[str, ...], expected: list[str]
) -> None:
    """Words that are a diet, an animal or one of the settings' phrases together become one term; others stay."""
    assert TRAITS.joined(terms, more) == expected
