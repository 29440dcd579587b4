"""Tagging by rules: the vocabulary and its mistakes, what texts say, columns, sizes, devices, and the file of tags."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kg.catalog.size_classes import SizeClasses, quantity
from kg.catalog.sizes import find_size
from kg.catalog.tagging import ProductRow, Tag, Tagger, TagReport, tag_products
from kg.catalog.tags import TAGGED
from kg.catalog.vocabulary import Vocabulary, load_vocabulary
from kg.catalog.wording import Reading
from kg.errors import ArtefactError, ConfigError
from kg.model import Product, ProductId, TypeId
from tests.parts.graph_shop import write_products

OURS = load_vocabulary()


def own(tmp_path: Path, text: str) -> Vocabulary:
    """Return the vocabulary with a file of the shop's own."""
    path = tmp_path / "words.yaml"
    path.write_text(text)
    return load_vocabulary(path)


def mistakes(tmp_path: Path, text: str) -> list[str]:
    """Return what is wrong with a file, one line a mistake, without the folder."""
    with pytest.raises(ConfigError) as caught:
        own(tmp_path, text)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


def tagged(title: str, type_id: str = "", vocabulary: Vocabulary = OURS, **given: Any) -> dict[str, str]:
    """Return a product's tags by attribute; several values are joined by ";"."""
    texts = Reading(title, given.pop("brand", ""), given.pop("category", ""), given.pop("description", ""), type_id)
    brands = given.pop("brands", ())
    out: dict[str, list[str]] = {}
    for tag in Tagger(vocabulary, brands).tags(ProductRow("p", texts, given)):
        out.setdefault(tag.attribute, []).append(tag.value)
    return {name: ";".join(values) for name, values in out.items()}


def product(name: str, title: str, type_id: str = "soap", **attributes: str) -> Product:
    """Return a product with columns of its own."""
    return Product(ProductId(name), title, type_id=TypeId(type_id), attributes=attributes)


def tag_file(tmp_path: Path, *products: Product) -> tuple[TagReport, list[Tag]]:
    """Tag a catalogue; return the report and the rows of the file, in its order."""
    write_products(tmp_path / "products.parquet", products)
    report = tag_products(tmp_path / "products.parquet", OURS, tmp_path, 64)
    rows = duckdb.execute("SELECT * FROM read_parquet(?)", [str(tmp_path / "tags.parquet")]).fetchall()
    return report, [Tag(*row) for row in rows]


@pytest.mark.parametrize(
    ("attribute", "value", "title", "type_id", "more"),
    [
        ("diet", "vegan;gluten-free", "Gluten Free Vegan Chips", "chips", {}),
        ("diet", "gluten-free", "Bread", "bread", {"description": "Baked without gluten, with rice flour."}),
        ("diet", "vegan", "Oat Drink", "milk", {"category": "Food > Plant Based"}),
        ("diet", "decaf", "Decaffeinated Coffee", "coffee", {}),
        ("diet", None, "Catalogue of vegan-less things", "book", {}),
        ("diet", None, "Cheese", "cheese", {"description": "Not suitable for vegans."}),
        ("diet", None, "Jam No Sugar Added", "jam", {}),
        ("diet", "sugar-free", "Jam, No Sugar", "jam", {}),
        ("diet", None, "Ring for sugar, free delivery", "ring", {}),
        ("audience", "kids", "Kids' Sun Cream", "sunscreen", {}),
        ("audience", "men", "Cream for men's skin", "cream", {}),
        ("audience", "cat", "Litter Scoop", "scoop", {"category": "Pet > Cat > Litter"}),
        ("audience", "kids", "Kids Lotion", "lotion", {"category": "Baby > Skin"}),
        ("audience", None, "Baby Corn 340 g", "corn", {}),
        ("audience", None, "Doghouse Catalogue", "book", {}),
        ("audience", None, "Fish Fingers", "fish-fingers", {"category": "Groceries > Frozen"}),
        ("audience", "fish", "Fish Flakes", "flakes", {"category": "Pet > Fish"}),
        ("scent", "lavender", "Dish Soap Lavender 500 ml", "dish-soap", {}),
        ("scent", "unscented", "Dish Soap", "dish-soap", {"description": "Made without perfume or dye."}),
        ("scent", "unscented", "Unscented Soap instead of Lavender Soap", "soap", {}),
        ("scent", "lemon", "Soap", "soap", {"description": "With a fresh lemon scent."}),
        ("scent", None, "Soap", "soap", {"description": "Takes lemon stains off."}),
        ("scent", None, "Soap without lavender scent", "soap", {}),
        ("scent", None, "Lavender Bath Towel", "towel", {}),
        ("flavour", "lime;chili", "Chips Chili & Lime", "chips", {}),
        ("flavour", "mint", "Tablets", "vitamin", {"description": "With a mint taste."}),
        ("flavour", "cheese;garlic", "Crackers Garlic & Cheese", "crackers", {}),
        ("flavour", "garlic", "Cream Cheese Garlic", "cream-cheese", {}),
        ("flavour", "plain", "Oat Milk Original", "oat-milk", {}),
        ("flavour", "strawberry", "Original Yogurt Strawberry", "yogurt", {}),
        ("flavour", None, "Strawberry Seeds", "seeds", {}),
        ("form", "tablet", "Dishwasher Tabs 40 ct", "dishwasher-tablets", {}),
        ("form", "gel", "Toilet Cleaner Gel with spray head", "cleaner", {}),
        ("form", "liquid", "Detergent", "detergent", {"description": "Liquid detergent for colours."}),
        ("skin_type", "sensitive", "Soap", "soap", {"description": "For sensitive skin."}),
        ("skin_type", None, "Sensitive Toothpaste", "toothpaste", {}),
        ("size", "3 x 500 g", "Spaghetti 3 x 500 G", "spaghetti", {}),
        ("size_class", "large", "Hummus Family Tub", "hummus", {}),
    ],
)  # fmt: skip
def test_what_texts_say(attribute: str, value: str | None, title: str, type_id: str, more: dict[str, str]) -> None:
    """Words name values where they apply, in the place they are read, whole, not denied and not part of other words."""
    assert tagged(title, type_id, **more).get(attribute) == value


def test_a_brand_says_nothing() -> None:
    """The brand that a title begins with is not read."""
    assert "scent" not in tagged("Lemon Tree Soap", "soap", brand="Lemon Tree")
    assert tagged("Lemon Treehouse Soap", "soap", brand="Lemon Tree")["scent"] == "lemon"


@pytest.mark.parametrize(
    ("title", "type_id", "devices"),
    [
        ("Slatecase Phone Case for Zelvo 12, Clear", "phone-case", "Zelvo 12"),
        ("Charging Pad for Zelvo 12 and 12 Pro", "charger", "Zelvo 12;Zelvo 12 Pro"),
        ("Vacuum Bags, Fits Dustrel V60 / V65", "bags", "Dustrel V60;V65"),
        ("Adapter for HP G42 G56 Black Notebook", "adapter", "HP G42;HP G56"),
        ("Inkra 20 XL Ink Cartridge for P200, Black", "ink-cartridge", "Inkra 20 XL;P200"),
        ("Capsules for Brevado Uno", "capsules", "Brevado Uno"),
        ("Mild Olive Oil for Frying 750 ml", "olive-oil", None),
        ("Thermometer for Kids and Adults", "thermometer", None),
        ("Sleeve for 14 inch Laptops", "sleeve", None),
        ("Pouches for A4", "pouches", None),
        ("Case for everyone", "case", None),
    ],
)
def test_devices_that_a_title_names(title: str, type_id: str, devices: str | None) -> None:
    """After "for" and the like stands a device when it has a model's number or begins with a brand of the catalogue."""
    found = tagged(title, type_id, brand=title.split(maxsplit=1)[0], brands=["Brevado", "Inkra"])
    assert found.get("compatible_with") == devices


def test_a_column_always_wins() -> None:
    """What the merchant says is taken, in the vocabulary's spelling where it has one, else as received."""
    found = tagged(
        "Unscented Vegan Soap for Zelvo 12", "soap", diet="Gluten Free; low FODMAP ;", scent="Morning Dew",
        compatible_with="All; Orbi", size="Size 3", audience="puppies",
    )  # fmt: skip
    assert found == {
        "diet": "gluten-free;low FODMAP",
        "scent": "Morning Dew",
        "compatible_with": "All;Orbi",
        "size": "Size 3",
        "audience": "dog",
    }


def test_values_that_are_not_known_are_listed(tmp_path: Path) -> None:
    """Merchants' values outside the vocabulary are counted, each with the first product that has it."""
    report, rows = tag_file(
        tmp_path,
        product("a", "Soap", diet="halall;vegan"),
        product("b", "Soap", diet="halall", size="anything"),
        product("c", "Soap", scent="dew"),
    )
    assert [(u.attribute, u.value, u.products, u.example) for u in report.unknown] == [
        ("diet", "halall", 2, "a"),
        ("scent", "dew", 1, "c"),
    ]
    assert Tag("a", "diet", "halall", "column", "halall") in rows


def test_the_file_is_in_the_order_of_products_and_vocabulary(tmp_path: Path) -> None:
    """Each tag says where it is from and which words it was read from; nothing else is in the file."""
    report, rows = tag_file(
        tmp_path,
        product("2", "Fragrance-Free Dish Soap 500 ml", "dish-soap"),
        product("1", "Nothing"),
        product("0", "Vegan Soap", scent="Rose"),
    )
    assert rows == [
        Tag("2", "scent", "unscented", "rule", "fragrance free"),
        Tag("2", "size", "500 ml", "rule", "500 ml"),
        Tag("0", "diet", "vegan", "rule", "vegan"),
        Tag("0", "scent", "rose", "column", "Rose"),
    ]
    assert (report.counts.taken, report.counts.kept) == (3, 3)
    assert report.tags == {"diet": 1, "scent": 2, "size": 1}
    assert report.sources == {"column": 1, "rule": 3}


def test_an_empty_catalogue_makes_an_empty_file(tmp_path: Path) -> None:
    """No products, or none with a tag, is a file without rows that can be read like any other."""
    assert tag_file(tmp_path)[1] == []
    assert tag_file(tmp_path, product("p", "Nothing"))[1] == []
    assert duckdb.execute(TAGGED, {"tags": [str(tmp_path / "tags.parquet")]}).fetchall() == []


def test_tags_are_read_back_as_one_object_a_product(tmp_path: Path) -> None:
    """Several values of an attribute come back joined by ";", in their order."""
    tag_file(tmp_path, product("p", "Vegan Kosher Gluten Free Soap"))
    ((name, tags),) = duckdb.execute(TAGGED, {"tags": [str(tmp_path / "tags.parquet")]}).fetchall()
    assert (name, tags) == ("p", '{"diet":"vegan;gluten-free;kosher"}')


def test_what_the_catalogue_stage_did_not_write_is_refused(tmp_path: Path) -> None:
    """A missing file, and attributes that are no JSON, are clear errors."""
    with pytest.raises(ArtefactError, match="is missing; run the catalog stage again"):
        tag_products(tmp_path / "products.parquet", OURS, tmp_path, 64)
    bad: Any = {"size": 3}
    with pytest.raises(ArtefactError, match=r"product 'p': attributes is no JSON object of strings"):
        tag_file(tmp_path, product("p", "Soap", **bad))


def test_size_classes_compare_within_a_type(tmp_path: Path) -> None:
    """A pack is small, regular, large or bulk beside the median of its own type and unit."""
    sizes = {"a": "100 g", "b": "500 g", "c": "500 g", "d": "1 kg", "e": "5 kg", "f": "3 pack"}
    things = [product(name, f"Flour {size}", "flour") for name, size in sizes.items()]
    _, rows = tag_file(tmp_path, *things, product("g", "Sugar 5 kg", "sugar"), product("h", "Thing 5 kg", ""))
    assert {tag.id: tag.value for tag in rows if tag.attribute == "size_class"} == {
        "a": "small", "b": "regular", "c": "regular", "d": "large", "e": "bulk",
    }  # fmt: skip


def test_a_stated_size_that_is_no_quantity_gives_way_to_the_title() -> None:
    """Batteries are of size AA, and a pack of 24 is large."""
    assert quantity("AA", "AA Batteries, 24 Pack") == quantity("24 ct", "") != (0, 0)
    assert quantity("2 kg", "Rice 1 kg") == quantity("2 kg", "")
    assert quantity("", "Rice") == (0, 0)


def test_too_few_packs_have_no_median() -> None:
    """Of two packs neither is the common one."""
    classes = SizeClasses()
    for grams in ("1 kg", "2 kg"):
        classes.add("flour", quantity(grams, ""))
    assert classes.median("flour", 1) is None


@pytest.mark.parametrize(
    ("title", "size"),
    [("Chips 3 x 500 g", "3 x 500 g"), ("Cola 6 \u00d7 330 ml", "6 \u00d7 330 ml"), ("Crème, 20 ML", "20 ml"),
     ("V40 Bags 5 ct", "5 ct"), ("Model A500g2", ""), ("", "")],
)  # fmt: skip
def test_sizes_in_titles(title: str, size: str) -> None:
    """A size is a number with a unit, with a count before it or not; a model's number is none."""
    assert find_size(title) == size


def test_vegan_implies_and_unscented_excludes() -> None:
    """What a value implies is followed to the end; exclusion is mutual."""
    diets, scents = OURS.attributes["diet"].values, OURS.attributes["scent"].values
    assert set(diets["vegan"].implies) == {"dairy-free", "egg-free", "lactose-free", "vegetarian"}
    assert "unscented" in scents["lavender"].excludes
    assert scents["unscented"].excludes == scents.keys() - {"unscented"}
    assert diets["decaf"].excludes == {"caffeinated"}


def test_own_words_are_added(tmp_path: Path) -> None:
    """A shop's own file adds attributes, values and words to ours, replaces settings, and takes things out."""
    vocabulary = own(
        tmp_path,
        """
attributes:
  diet: {values: {low-fodmap: {words: [fodmap friendly]}, vegan: {words: [animal free]}, keto: {removed: true}}}
  scent: {removed: true}
  roast: {about: roast does it have, types: [coffee], asks: true, values: {dark: {words: [espresso roast]}, light: }}
""",
    )
    diets = vocabulary.attributes["diet"].values
    assert ("animal", "free") in diets["vegan"].phrases
    assert ("suitable", "for", "vegans") in diets["vegan"].phrases
    assert "keto" not in diets
    assert "scent" not in vocabulary.attributes
    found = tagged("FODMAP Friendly Coffee Espresso Roast, Lavender", "coffee", vocabulary)
    assert (found["diet"], found["roast"], found.get("scent")) == ("low-fodmap", "dark", None)
    assert vocabulary.version != OURS.version


def test_a_file_may_stand_alone(tmp_path: Path) -> None:
    """With extends: false nothing of ours is left."""
    vocabulary = own(tmp_path, "extends: false\nattributes: {fit: {values: {slim: {}, loose: {}}}}")
    assert list(vocabulary.attributes) == ["fit"]
    assert tagged("Vegan Slim Jeans 5 kg", "jeans", vocabulary) == {"fit": "slim"}


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    """A file with comments only gives our own vocabulary, version and all."""
    assert own(tmp_path, "# later\n").version == OURS.version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("attributes:\n  diet:\n    value: {}",
         "words.yaml:3: attributes.diet.value: unknown setting; did you mean 'values'?"),
        ("attributes:\n  diet:\n    reads: eyes", "words.yaml:3: attributes.diet.reads: 'eyes' does not fit"),
        ("attributes:\n  fit: {about: fit}",
         "words.yaml:2: attributes.fit: an attribute that is read from words needs values"),
        ("attributes:\n  fit:\n    asks: true\n    values: {slim: }",
         "words.yaml:3: attributes.fit.asks: a model can be asked only about values, in words"),
        ("attributes:\n  diet:\n    values:\n      vegan: {implies: [vegetaran]}",
         "words.yaml:4: attributes.diet.values.vegan.implies: there is no value 'vegetaran'; did you mean"),
        ("attributes:\n  diet:\n    values:\n      vegan:\n        excludes: [vegetarian]",
         "words.yaml:4: attributes.diet.values.vegan.implies: 'vegetarian' cannot be implied and excluded"),
        ("attributes:\n  diet:\n    values:\n      raw: {words: [vegan]}",
         "words.yaml:4: attributes.diet.values.raw: 'vegan' names 'vegan' already; keep it in one of them"),
        ("attributes:\n  flavour:\n    replacement: keep",
         "words.yaml:3: attributes.flavour.replacement: 'keep' has no meaning for 'flavour'; it has one for"),
        ("attributes:\n  diet:\n    values: {vegan: {at_least: 2}}",
         "words.yaml:3: attributes.diet.values.vegan.at_least: only an attribute that reads units has classes of size"),
        ("attributes:\n  Fit:\n    values: {slim: }",
         "words.yaml:2: attributes.Fit: the name is not made of small letters"),
        (f"attributes:\n  fit:\n    values: {{{', '.join(f'v{n}: ' for n in range(61))}}}",
         "words.yaml:3: attributes.fit.values: 61 values are too many; keep at most 60"),
        ("attributes:\n  diet: [", "words.yaml:2: not valid YAML"),
    ],
)  # fmt: skip
def test_mistakes_have_a_place(text: str, said: str, tmp_path: Path) -> None:
    """Every mistake in a shop's file is said with file, line, setting and what to do."""
    found = mistakes(tmp_path, text)
    assert any(line.startswith(said) for line in found), found


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    """Two mistakes are two lines."""
    text = "attributes:\n  diet:\n    values: {vegan: {implies: [x]}, keto: {excludes: [y]}}"
    assert len(mistakes(tmp_path, text)) == 2


def test_tags_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    """Two processes with different hash seeds write the same bytes, and know the vocabulary by one version."""
    titles = ["Vegan Kosher Lavender Rose Soap 3 x 5 g", "Unscented Lemon Soap for Zelvo 12 and 13", "Kids Men Soap"]
    write_products(tmp_path / "products.parquet", [product(str(n), title) for n, title in enumerate(titles)])
    work = (
        "import sys; from pathlib import Path; from kg.catalog.vocabulary import load_vocabulary as load\n"
        "from kg.catalog.tagging import tag_products\n"
        "tag_products(Path(sys.argv[1]), load(), Path(sys.argv[2]), 64); print(load().version)"
    )
    said: list[bytes] = []
    for seed in ("1", "77"):
        out = tmp_path / seed
        out.mkdir()
        command = [sys.executable, "-c", work, str(tmp_path / "products.parquet"), str(out)]
        done = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True)
        said.append(done.stdout + (out / "tags.parquet").read_bytes())
    assert said[0] == said[1]
