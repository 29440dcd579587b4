"""Guards: each refuses what it must and leaves the rest alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from kg.catalog.tagging import Tag
from kg.catalog.vocabulary import load_vocabulary
from kg.graph.guards import GUARDS, TRAITS
from kg.graph.names import GUARD_NAMES
from kg.graph.options import ProjectionOptions
from kg.graph.report import GuardDrop
from kg.graph.traits import Traits
from kg.model import Product
from kg.records import read_jsonl
from tests.parts.graph_shop import Shop, edge, product

CASES = {
    "variant": ("COMPLEMENTS", {"group_id": "g"}, {"group_id": "g"}, {"group_id": "h"}),
    "audience": ("COMPLEMENTS", {"audience": "cat"}, {"audience": "dog"}, {"audience": "cat;dog"}),
    "audience_kept": ("SUBSTITUTES", {"audience": "baby"}, {}, {"audience": "baby;kids"}),
    "diet": ("SUBSTITUTES", {"diet": "lactose-free"}, {"diet": "vegetarian"}, {"diet": "vegan"}),
    "scent": ("COMPLEMENTS", {"scent": "unscented"}, {"scent": "lavender"}, {}),
    "scent_kept": ("SUBSTITUTES", {"scent": "Fragrance-Free"}, {}, {"scent": "unscented"}),
    "form": ("SUBSTITUTES", {"form": "gel"}, {"form": "powder"}, {"form": "gel"}),
    "compatibility": ("COMPLEMENTS", {"title": "Inkra P450 Printer"}, {"compatible_with": "Inkra P200"},
                      {"compatible_with": "Inkra P200;Inkra P450"}),
    "brand": ("COMPLEMENTS", {"title": "Vacuum", "brand": "Sharkly"}, {"title": "Filter for Dysol", "brand": "Acme"},
              {"title": "Filter for Dysol and Sharkly", "brand": "Dysol"}),
    "size": ("SUBSTITUTES", {"size": "1 L"}, {"size": "24 x 330 ml"}, {"size": "3 x 250 ml"}),
}  # fmt: skip


FORMS_KEPT = "attributes: {form: {replacement: keep}}"


def _shop(folder: Path, relation: str, *things: Product) -> Shop:
    """Return a shop whose vocabulary says that the form is kept: ours only prefers it."""
    own = folder / "vocabulary.yaml"
    own.write_text(FORMS_KEPT)
    return Shop(folder, things, [edge("a", relation, "soap")], traits=Traits(load_vocabulary(own)))


def _reached(folder: Path, relation: str, source: dict[str, str], *targets: dict[str, str]) -> set[str]:
    things = [product("s", "a", **source)]
    things += [product(f"t{number}", "soap", **given) for number, given in enumerate(targets)]
    shop = _shop(folder, relation, *things)
    shop.project(per_group=9, per_type=9)
    return {target for _, target in shop.rows()}


@pytest.mark.parametrize("name", GUARD_NAMES)
def test_guard_refuses_its_case(name: str, tmp_path: Path) -> None:
    """A guard refuses the wrong product and leaves the right one."""
    relation, source, wrong, right = CASES[name]
    assert _reached(tmp_path, relation, source, wrong, right) == {"t1"}


@pytest.mark.parametrize("name", GUARD_NAMES)
def test_guard_can_be_switched_off(name: str, tmp_path: Path) -> None:
    """A guard that is not enabled refuses nothing."""
    relation, source, wrong, right = CASES[name]
    things = [product("s", "a", **source), product("t0", "soap", **wrong), product("t1", "soap", **right)]
    shop = _shop(tmp_path, relation, *things)
    report = shop.project(guards=[each for each in GUARD_NAMES if each != name])
    assert {target for _, target in shop.rows()} == {"t0", "t1"}
    assert name not in report.guards


@pytest.mark.parametrize("name", GUARD_NAMES)
def test_guard_is_counted_with_an_example(name: str, tmp_path: Path) -> None:
    """What a guard refuses is counted in product pairs and shown by one example and the guard's reason."""
    relation, source, wrong, right = CASES[name]
    things = [product("s", "a", **source), product("t0", "soap", **wrong), product("t1", "soap", **right)]
    shop = _shop(tmp_path, relation, *things)
    assert shop.project().guards == {name: 1}
    (drop,) = read_jsonl(tmp_path / "out" / "guard_drops.jsonl", GuardDrop)
    reason = next(guard.reason for guard in GUARDS if guard.name == name)
    assert (drop.guard, drop.pairs, drop.example_source, drop.example_target) == (name, 1, "s", "t0")
    assert drop.reason == reason


def test_table_names_every_guard_once() -> None:
    """The guards' table and the list of names that settings accept are the same, in the same order."""
    assert tuple(guard.name for guard in GUARDS) == GUARD_NAMES
    assert all(set(guard.reads) <= set(TRAITS) for guard in GUARDS)


@pytest.mark.parametrize(
    ("source", "target", "kept"),
    [
        ("adult", "kids", False),
        ("baby", "adult", False),
        ("kids", "baby", True),
        ("", "kids", True),
        ("adult", "", True),
        ("cat", "", True),
        ("cat", "kids", False),
        ("kids", "dog", False),
        ("women", "men", True),
        ("unheard of", "dog", True),
        ("cat;adult", "cat;baby", False),
        ("cat;adult", "cat", True),
        ("cat;adult", "cat;adult", True),
    ],
)
def test_audiences_that_go_together(source: str, target: str, kept: bool, tmp_path: Path) -> None:
    """Complements may be for everyone, but never for another animal or another age."""
    found = _reached(tmp_path, "COMPLEMENTS", {"audience": source}, {"audience": target})
    assert found == ({"t0"} if kept else set())


@pytest.mark.parametrize(
    ("source", "target", "kept"),
    [
        ("vegan", "vegetarian", False),
        ("vegetarian", "vegan", True),
        ("gluten-free", "", False),
        ("gluten-free", "Gluten Free;vegan", True),
        ("decaf", "", False),
        ("organic", "", True),
        ("", "vegan", True),
    ],
)
def test_diets_that_a_substitute_keeps(source: str, target: str, kept: bool, tmp_path: Path) -> None:
    """A substitute keeps every diet of the original, by what a diet implies; organic is a preference only."""
    found = _reached(tmp_path, "SUBSTITUTES", {"diet": source}, {"diet": target})
    assert found == ({"t0"} if kept else set())


def test_diet_does_not_bind_complements(tmp_path: Path) -> None:
    """Only a replacement has to keep the diet."""
    assert _reached(tmp_path, "COMPLEMENTS", {"diet": "vegan"}, {}) == {"t0"}


def test_longer_model_is_another_model(tmp_path: Path) -> None:
    """A case for the Orbi 12 does not fit the Orbi 12 Pro, though its name stands in that title."""
    found = _reached(
        tmp_path,
        "COMPLEMENTS",
        {"title": "Orbi 12 Pro Smartphone"},
        {"compatible_with": "Orbi 12"},
        {"compatible_with": "Orbi 12 Pro"},
    )
    assert found == {"t1"}


def test_case_finds_only_its_phone(tmp_path: Path) -> None:
    """The guard works from the accessory too: phones of other models, even unnamed ones, are refused."""
    found = _reached(
        tmp_path,
        "COMPLEMENTS",
        {"compatible_with": "Orbi 12"},
        {"title": "Orbi 12 Smartphone"},
        {"title": "Kantro Easy Flip Phone"},
    )
    assert found == {"t0"}


def test_accessory_may_meet_what_has_no_model(tmp_path: Path) -> None:
    """A case may be complemented by a cloth: the cloth's type sells no models at all."""
    assert _reached(tmp_path, "COMPLEMENTS", {"compatible_with": "Orbi 12"}, {"title": "Cloth"}) == {"t0"}


def test_universal_fits_everything(tmp_path: Path) -> None:
    """A product that fits "universal" is not tied to a model."""
    found = _reached(tmp_path, "COMPLEMENTS", {"title": "Lamp"}, {"compatible_with": "Universal"})
    assert found == {"t0"}


def test_intent_may_reach_any_model(tmp_path: Path) -> None:
    """An intent has no traits, so no guard holds it back from products for one model."""
    ink = product("ink", "inks", compatible_with="Inkra P200", audience="adult", diet="vegan")
    shop = Shop(tmp_path, [ink], [edge("i-printing", "SATISFIED_BY", "inks"), edge("i-printing", "PAIRS_WITH", "inks")])
    shop.project()
    assert shop.rows() == [("i-printing", "ink")] * 2


DYSOL = product("known", "elsewhere", brand="Dysol")


def _beside(folder: Path, relation: str, source: Product, *targets: Product) -> set[str]:
    """Return the targets that ``source`` reaches in a shop that sells Dysol's products too."""
    shop = Shop(folder, [source, *targets, DYSOL], [edge(source.type_id, relation, targets[0].type_id)])
    shop.project(per_group=9, per_type=9)
    return {target for _, target in shop.rows()}


@pytest.mark.parametrize("relation", ["COMPLEMENTS", "SUBSTITUTES", "PAIRS_WITH"])
@pytest.mark.parametrize(
    "target",
    [
        {"title": "Filter for Dysol V8"},
        {"title": "Filter (compatible with DYSOL)"},
        {"title": "Filter that fits most Dysol vacuums"},
        {"title": "Filter, Replacement for the Dysol V8, White"},
        {"title": "Filter for use with Dysol"},
        {"title": "Filter", "compatible_with": "Dysol"},
    ],
)
def test_made_for_the_products_of_another_brand(relation: str, target: dict[str, str], tmp_path: Path) -> None:
    """What says that it is made for one brand's products stands beside none of another known brand."""
    source = product("s", "vacuums", brand="Sharkly")
    assert _beside(tmp_path, relation, source, product("t", "filters", brand="Acme", **target)) == set()


@pytest.mark.parametrize(
    "title",
    [
        "Dysol Filter",
        "Filter for Women",
        "Filter for Unknown V8",
        "Filter, not for Dysol",
        "Filter for Sharkly, Dysol and others",
        "Filter for Earbuds, Dysol Style",
        "Filter with a dye for dysol",
        "Filter for",
    ],
)
def test_made_for_no_other_brand(title: str, tmp_path: Path) -> None:
    """A maker's own name, what is no brand of the catalogue, a denial and a list with both refuse nothing."""
    source = product("s", "vacuums", brand="Sharkly")
    assert _beside(tmp_path, "COMPLEMENTS", source, product("t", "filters", title, brand="Acme")) == {"t"}


@pytest.mark.parametrize("brand", ["Dysol", "DYSOL", "Dysol Pro", ""])
def test_made_for_this_brand_or_an_unknown_one(brand: str, tmp_path: Path) -> None:
    """A filter for Dysol goes with Dysol's vacuums, with those of its lines, and with those of a maker unknown."""
    source = product("s", "vacuums", brand=brand)
    assert _beside(tmp_path, "COMPLEMENTS", source, product("t", "filters", "Filter for Dysol", brand="Acme")) == {"t"}


def test_two_made_for_the_same_brand_go_together(tmp_path: Path) -> None:
    """By what it is made for, not by who makes it, a product is compared."""
    source = product("s", "bags", "Bags for Dysol", brand="Acme")
    filters = [product("t0", "filters", "Filter for Dysol", brand="Bolt"),
               product("t1", "filters", "Filter for Acme", brand="Acme")]  # fmt: skip
    assert _beside(tmp_path, "COMPLEMENTS", source, *filters) == {"t0"}


def test_made_for_a_brand_finds_only_that_brand(tmp_path: Path) -> None:
    """From a filter for Dysol to vacuums: another brand's are refused, as Dysol's are sold; unknown makers stay."""
    source = product("s", "filters", "Filter for Dysol", brand="Acme")
    vacuums = [
        product("t0", "vacuums", brand="Dysol"),
        product("t1", "vacuums", brand="Sharkly"),
        product("t2", "vacuums"),
    ]
    assert _beside(tmp_path, "COMPLEMENTS", source, *vacuums) == {"t0", "t2"}


def test_made_for_a_brand_may_meet_a_kind_that_the_brand_does_not_sell(tmp_path: Path) -> None:
    """A filter for Dysol may be complemented by a cloth of any brand: Dysol sells no cloths."""
    source = product("s", "filters", "Filter for Dysol", brand="Acme")
    assert _beside(tmp_path, "COMPLEMENTS", source, product("t", "cloths", "Cloth", brand="Sharkly")) == {"t"}


def test_accessory_that_names_no_brand_may_fit_any(tmp_path: Path) -> None:
    """Where products are often made for other brands, one that does not say for whom is held back by nothing."""
    sources = [product("s0", "covers", "Cover", brand="Acme"), product("s1", "covers", "Cover for Dysol", brand="Acme")]
    shop = Shop(tmp_path, [*sources, DYSOL, product("t", "stands", "Stand for Dysol", brand="Bolt")],
                [edge("covers", "COMPLEMENTS", "stands")])  # fmt: skip
    shop.project()
    assert shop.rows() == [("s0", "t"), ("s1", "t")]


def test_brand_that_is_mostly_a_word_is_no_name(tmp_path: Path) -> None:
    """A maker called Salt does not make every shaker "for Salt" its own: the word stands in too many titles."""
    salts = [product(f"n{number}", "salts", "Fine Sea Salt", brand="Acme") for number in range(5)]
    things = [product("s", "mills", brand="Sharkly"), product("t", "shakers", "Shaker for Salt", brand="Acme"),
              product("n", "lamps", brand="Salt"), *salts]  # fmt: skip
    shop = Shop(tmp_path, things, [edge("mills", "COMPLEMENTS", "shakers")])
    shop.project()
    assert shop.rows() == [("s", "t")]


def test_sizes_of_different_kinds_are_not_compared(tmp_path: Path) -> None:
    """A weight and a volume, or a size that is no quantity, hold nothing back."""
    found = _reached(tmp_path, "SUBSTITUTES", {"size": "1 g"}, {"size": "10 L"}, {"size": "Size 3"}, {})
    assert found == {"t0", "t1", "t2"}


@pytest.mark.parametrize(
    ("source", "target", "kept"),
    [
        ({"scent": "unscented"}, {"scent": "lavender"}, False),
        ({"scent": "unscented"}, {}, False),
        ({"scent": "unscented"}, {"scent": "No Perfume"}, True),
        ({"scent": "lavender"}, {"scent": "lemon"}, True),
        ({"scent": "lavender"}, {"scent": "unscented"}, True),
        ({"scent": "a scent of our own"}, {}, True),
        ({"skin_type": "sensitive"}, {"scent": "lavender"}, False),
        ({"skin_type": "sensitive"}, {}, True),
    ],
)
def test_scents_that_a_substitute_may_have(
    source: dict[str, str], target: dict[str, str], kept: bool, tmp_path: Path
) -> None:
    """What is unscented is replaced by what says so; what is for sensitive skin never by what is scented."""
    assert _reached(tmp_path, "SUBSTITUTES", source, target) == ({"t0"} if kept else set())


@pytest.mark.parametrize("relation", ["COMPLEMENTS", "PAIRS_WITH"])
@pytest.mark.parametrize("source", [{"scent": "unscented"}, {"skin_type": "sensitive"}])
def test_nothing_scented_goes_with_the_sensitive(relation: str, source: dict[str, str], tmp_path: Path) -> None:
    """Beside an unscented or sensitive product stands nothing known to be scented; what says nothing may."""
    assert _reached(tmp_path, relation, source, {"scent": "rose"}, {}, {"scent": "unscented"}) == {"t1", "t2"}


def test_a_kind_without_scents_need_not_be_unscented(tmp_path: Path) -> None:
    """An unscented cleaner may be replaced by a mop: nobody says of a mop that it is unscented."""
    things = [product("s", "cleaner", scent="unscented"), product("t0", "mop"), product("t1", "mop", scent="lavender")]
    shop = Shop(tmp_path, things, [edge("cleaner", "SUBSTITUTES", "mop")])
    shop.project()
    assert [target for _, target in shop.rows()] == ["t0"]


def test_form_is_no_guard_unless_the_vocabulary_says_so(tmp_path: Path) -> None:
    """By our own vocabulary a gel may replace tablets; it only comes after other tablets."""
    things = [product("s", "a", form="tablet"), product("t0", "soap", form="gel"), product("t1", "soap", form="tablet")]
    shop = Shop(tmp_path, things, [edge("a", "SUBSTITUTES", "soap")])
    shop.project()
    assert [target for _, target in shop.rows()] == ["t1", "t0"]


def test_same_flavour_comes_first(tmp_path: Path) -> None:
    """Among substitutes the same flavour comes before popularity, brand, form and size; elsewhere it is nothing."""
    source = product("s", "a", brand="Ours", flavour="strawberry", form="gel", size_class="large")
    things = [
        source,
        product("t0", "soap", popularity=9.0, brand="Ours", flavour="vanilla", form="gel", size_class="large"),
        product("t1", "soap", popularity=1.0, flavour="banana;strawberry"),
    ]
    shop = Shop(tmp_path, things, [edge("a", "SUBSTITUTES", "soap"), edge("a", "COMPLEMENTS", "soap")])
    shop.project()
    assert shop.rows("relation, target_id") == [
        ("COMPLEMENTS", "t0"), ("COMPLEMENTS", "t1"), ("SUBSTITUTES", "t1"), ("SUBSTITUTES", "t0"),
    ]  # fmt: skip
    shop.project(preferences={"flavour": 0.0})
    assert shop.rows("relation, target_id")[2:] == [("SUBSTITUTES", "t0"), ("SUBSTITUTES", "t1")]


def test_same_size_class_comes_first_among_equals(tmp_path: Path) -> None:
    """A family pack is replaced by a family pack rather than by a small one that sells as well."""
    things = [product("s", "a", size_class="large"), product("t0", "soap"), product("t1", "soap", size_class="large")]
    shop = Shop(tmp_path, things, [edge("a", "SUBSTITUTES", "soap")])
    shop.project()
    assert [target for _, target in shop.rows()] == ["t1", "t0"]


def test_what_is_in_stock_comes_before_the_same_flavour(tmp_path: Path) -> None:
    """A preference never puts what cannot be had before what can."""
    things = [
        product("s", "a", flavour="lemon"),
        product("t0", "soap"),
        product("t1", "soap", flavour="lemon", in_stock=False),
    ]
    shop = Shop(tmp_path, things, [edge("a", "SUBSTITUTES", "soap")])
    shop.project()
    assert [target for _, target in shop.rows()] == ["t0", "t1"]


def test_guards_read_the_tags_over_the_columns(tmp_path: Path) -> None:
    """A tag counts like a column, takes the place of one, and several values of a tag hold together."""
    things = [
        product("s", "a", diet="vegan"),
        product("t0", "soap", diet="vegetarian"),
        product("t1", "soap"),
        product("t2", "soap", diet="vegan"),
    ]
    tags = [
        Tag("s", "diet", "vegetarian", "rule", "veggie"),
        Tag("t1", "diet", "organic", "rule", "organic"),
        Tag("t1", "diet", "vegetarian", "rule", "veggie"),
        Tag("elsewhere", "diet", "vegan", "rule", "vegan"),
    ]
    shop = Shop(tmp_path, things, [edge("a", "SUBSTITUTES", "soap")], tags=tags)
    shop.project()
    assert {target for _, target in shop.rows()} == {"t0", "t1", "t2"}


def test_unknown_preferences_are_refused() -> None:
    """A preference for what nobody tags, or of a weight that is none, is a clear error."""
    with pytest.raises(ValidationError, match="no preference is called 'colour'"):
        ProjectionOptions(preferences={"colour": 1.0})
    with pytest.raises(ValidationError, match=r"flavour: -1\.0 is not between"):
        ProjectionOptions(preferences={"flavour": -1.0})
