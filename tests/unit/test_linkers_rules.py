"""The rules by which a mention meets a type whose name does not say it, one rule a test."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import pytest

from kg.text import key
from linkers.base import Linker, Target
from linkers.registry import build_linker
from linkers.types.disambiguate import WEIGHTS, probability
from linkers.types.hierarchy import hierarchy_of, labels_of
from linkers.types.lexicon import load_lexicon
from linkers.types.phrase import hyphened, read_phrase
from linkers.types.spelling import Speller
from linkers.types.titles import calls_of, read_title


def found(mention: str, *targets: Target) -> tuple[str | None, tuple[str, ...]]:
    """Return target and qualifiers of a mention, without embeddings."""
    link = build_linker("lexical", {}, targets).link(mention)
    return link.target_id, link.qualifiers


BOOTS = Target("b", "boots", context="Clothing > Shoes > Boots", titles=("Acme Work Boots", "Acme Boot, Brown"))


def test_titles_carry_a_link_when_the_name_does_not() -> None:
    """A type whose titles name their thing a tofu press is one, whatever the type is called."""
    odd = Target("g", "specialty gadgets", titles=("Nomo Adjustable Tofu Press with Cheesecloth - Tofu Presser",))
    assert found("tofu press", odd) == ("g", ("tofu",))
    assert found("garlic press", odd)[0] is None


def test_titles_do_not_overrule_a_name_with_the_same_head() -> None:
    """A shampoo for pets is no shampoo because its titles end on the word."""
    pets = Target("p", "pet shampoo", context="Pets > Care", titles=("Pawly Pet Shampoo", "Pawly Puppy Shampoo"))
    assert found("shampoo", pets)[0] is None


def test_an_alias_that_only_modifies_is_no_name() -> None:
    """A word that stands in titles but never names the thing is no alias: laptop stands are no laptops."""
    stands = Target("s", "stands", ("laptop",), "Computers > Stands", titles=("Nula Laptop Stand", "Vivo Laptop Stand"))
    assert found("gaming laptop", stands)[0] is None


@pytest.mark.parametrize(
    ("mention", "words"),
    [
        ("kitty snacks", ("cat", "treat")),
        ("nappies", ("diaper",)),
        ("biscuit joiner", ("plate", "joiner")),
        ("red wellies", ("red", "rain", "boot")),
        ("wine glass", ("wine", "glass")),
    ],
)
def test_synonyms(mention: str, words: tuple[str, ...]) -> None:
    """Other words for a thing are replaced, one after the other if need be, longest first."""
    assert read_phrase(mention, load_lexicon()).words == words


def test_a_synonym_for_the_whole_phrase_may_be_described() -> None:
    """A word that means the thing only when it stands alone still does so after describing words."""
    assert read_phrase("usb ink", load_lexicon()).words == ("usb", "ink")
    assert read_phrase("black ink", load_lexicon()).words == ("black", "ink", "cartridge")


def test_names_of_the_table_are_not_described_things() -> None:
    """A word that makes one name with the head does not merely describe, unless titles say so."""
    glass = Target("g", "glass", titles=("Bodo Water Glass",))
    assert found("old fashioned glass", glass)[0] is None
    said = Target("g", "glass", titles=("Bodo Old Fashioned Glass",))
    assert found("old fashioned glass", said)[0] == "g"


@lru_cache(maxsize=1)
def speller() -> Speller:
    """Return a speller that knows a few names."""
    names = [("sandal",), ("t", "shirt"), ("sweatshirt",), ("snorkel", "mask"), ("microfiber", "cloth")]
    return Speller.of(names, ["fettuccine"], ["sweat", "shirt", "tshirt", "planer"])


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("sandles", "sandal"),
        ("snorkle mask", "snorkel mask"),
        ("fettucini", "fettuccine"),
        ("tshirt", "t shirt"),
        ("sweat shirt", "sweatshirt"),
        ("micro fiber cloth", "microfiber cloth"),
        ("planer", "planer"),
        ("boat", "boat"),
    ],
)
def test_spelling(text: str, right: str) -> None:
    """Vowels, doubled letters, joined and split words are set right; known and short words stay."""
    assert speller().repair(text) == right


@pytest.mark.parametrize(
    ("mention", "qualifiers"),
    [
        ("insulated boots", ("insulated",)),
        ("wide-calf boots", ("wide", "calf")),
        ("work boots", ("work",)),
        ("boots for deep mud", ("deep", "mud")),
        ("boots size 7", ("size", "7")),
        ("boots set of 2", ("2",)),
    ],
)
def test_describing_words_become_qualifiers(mention: str, qualifiers: tuple[str, ...]) -> None:
    """Words say how a thing is by their ending, a hyphen, titles, what stands after "for", or as a size or count."""
    assert found(mention, BOOTS) == ("b", qualifiers)


def test_a_word_before_a_kind_describes() -> None:
    """What stands before the word for the kind says nothing of the thing: platinum blonde wigs are blonde wigs."""
    assert found("mahogany walnut table", Target("t", "walnut table")) == ("t", ("mahogany",))
    assert found("mahogany table", Target("t", "table"))[0] is None


def test_words_that_describe_the_same_thing_elsewhere_describe() -> None:
    """What other types' titles say before the same head is known to describe it."""
    other = Target("o", "odd lot", titles=("Acme Mountaineering Boots",))
    assert found("mountaineering boots", BOOTS)[0] is None
    assert found("mountaineering boots", BOOTS, other)[0] in {"b", "o"}


def test_broader_words_come_from_the_category_tree() -> None:
    """A category further up is what its goods are, and the most popular of them is meant."""
    bra = Target("1", "bras", context="Clothing > Women > Lingerie > Bras", popularity=1)
    slip = Target("2", "slips", context="Clothing > Women > Lingerie > Slips", popularity=2)
    assert found("lingerie", bra, slip)[0] == "2"
    assert found("women lingerie", bra, slip)[0] == "2"


def test_goods_for_a_thing_are_not_the_thing() -> None:
    """A category of accessories, an animal or a machine does not name what stands below it."""
    charger = Target("c", "chargers", context="Electronics > Phones > Phone Accessories > Chargers")
    bowl = Target("d", "bowls", context="Pets > Dogs > Feeding > Bowls")
    assert found("phones", charger, bowl)[0] is None
    assert found("dogs", charger, bowl)[0] is None


def test_gear_of_a_category() -> None:
    """Words such as "equipment" after the name of a category mean its goods."""
    mask = Target("m", "masks", context="Sports > Water Sports > Diving > Masks")
    assert found("diving equipment", mask)[0] == "m"


def test_baby_food_is_no_cat_food() -> None:
    """People who were named are not meant by what is made for animals."""
    assert found("baby food", Target("f", "food", context="Pet Supplies > Cats > Food"))[0] is None


def test_varieties_stand_for_their_kind() -> None:
    """A lager is a beer described as lager; boots are no footwear of any sort."""
    assert found("cold lager", Target("b", "beer")) == ("b", ("cold", "lager"))
    assert found("chelsea boots", Target("f", "footwear"))[0] is None


def test_collective_words_find_their_kinds() -> None:
    """Footwear means boots where boots are all there is."""
    assert found("footwear", BOOTS)[0] == "b"


def test_hierarchy_by_name_and_branch() -> None:
    """A name that ends on another's is a kind of it if both stand in one branch; the longest such name counts."""
    targets = [
        Target("boot", "boots", context="Shoes > Boots"),
        Target("snow", "snow boots", context="Shoes > Boots > Snow Boots"),
        Target("kids", "kids snow boots", context="Shoes > Boots > Snow Boots"),
        Target("car", "car boots", context="Automotive > Protection > Covers"),
    ]
    known = hierarchy_of(targets, load_lexicon())
    assert known.broader == {"snow": ("boot",), "kids": ("snow",)}
    assert known.narrower == {"boot": ("snow",), "snow": ("kids",)}


def test_a_link_says_what_its_type_is_a_kind_of() -> None:
    """The reason of a link names the broader type."""
    snow = Target("s", "snow boots", context="Clothing > Shoes > Boots")
    linker: Linker = build_linker("lexical", {}, [BOOTS, snow])
    assert linker.link("snow boots").reason == "the same name as 'snow boots', a kind of 'boots'"


@pytest.mark.parametrize(
    ("context", "name", "labels"),
    [
        ("Food > Oils, Vinegars & Sprays > Oils", "nut oil", {("oil",)}),
        ("Home > Odor & Stain Removers", "odor remover", {("odor", "remover")}),
        ("Tools > Power & Hand Tools > Saws", "slab saw", {("saw",), ("hand", "tool"), ("power", "tool")}),
    ],
)
def test_labels(context: str, name: str, labels: set[tuple[str, ...]]) -> None:
    """Of a category that lists several things, those count that the type's own words bear out."""
    lexicon = load_lexicon()
    assert labels_of(context, [read_phrase(name, lexicon)], frozenset({"tool"}), lexicon).keys() == labels


def test_calls_are_heads_of_title_parts() -> None:
    """A title names its thing before the first preposition, sizes and colours aside; later parts count less."""
    lexicon = load_lexicon()
    titles = ["Hilo Steamer for Clothes, Travel Case", "Hilo Steamer 700 Blue"]
    calls = calls_of([read_title(title, lexicon) for title in titles])
    assert calls.heads == {"case": 0.16, "steamer": 0.8}


def test_hyphens_tie_words_before_the_last() -> None:
    """Words that hyphens join describe what follows; the last word of a phrase is never among them."""
    assert hyphened("wide-calf knee-high boots") == {"wide", "calf", "knee", "high"}
    assert hyphened("ear-plugs") == frozenset()


def test_every_weight_is_used_in_the_direction_it_says() -> None:
    """A feature with a positive weight makes a reading likelier, one with a negative weight less likely."""
    for name, weight in WEIGHTS.items():
        assert (probability({name: 1.0}) > probability({})) == (weight > 0)


def test_function_words_are_not_joined_to_others() -> None:
    """No two words are one across a preposition, even if the catalogue has the joined word."""
    assert Speller.of([("brain",)], [], ["bra"]).repair("bra in nude") == "bra in nude"


def test_goods_for_people_named_otherwise_are_not_meant() -> None:
    """Men are not offered what categories give to women, unless a title names men."""
    women = Target("w", "tops", context="Clothing > Women > Tops", titles=("Acme Women's Top",))
    assert found("tops for men", women)[0] is None
    assert found("tops for ladies", women)[0] == "w"
    both = Target("w", "tops", context="Clothing > Women > Tops", titles=("Acme Top for Men and Women",))
    assert found("tops for men", both)[0] == "w"


def test_an_infant_is_a_baby() -> None:
    """People of one sort have several names, and any of them fits."""
    robes = Target("r", "robes", context="Clothing > Baby > Sleepwear > Robes", titles=("Acme Hooded Robe",))
    assert found("infant sleepwear", robes)[0] == "r"


def test_a_list_of_categories_explains_only_what_the_target_says() -> None:
    """A word of a category that lists several sorts says nothing of a target of another sort."""
    saw = Target("s", "saw", context="Home > Power & Hand Tools > Power Tools > Saws", titles=("Acme Cordless Saw",))
    assert found("hand saw", saw)[0] is None
    assert found("power saw", saw)[0] == "s"


def test_a_name_may_list_several_things() -> None:
    """Each part of a listing name is a name of what is sold under it."""
    listed = Target("t", "toilet brushes & holders", context="Home > Bath > Toilet Brushes & Holders")
    assert found("toilet brush", listed)[0] == "t"


def test_a_strange_word_before_a_name_of_two_nouns_describes() -> None:
    """A word that nothing knows tells less against a name of two nouns than against one."""
    assert found("commander deck box", Target("d", "deck box"))[0] == "d"
    assert found("commander box", Target("d", "box"))[0] is None


def test_a_strange_word_among_describing_ones_describes() -> None:
    """A word no thing is known by tells less against a target among describing words; a known one does not."""

    def nearness(mention: str) -> float:
        return build_linker("lexical", {}, [BOOTS]).link(mention).confidence

    assert nearness("waterproof bovver boots") > nearness("bovver boots")
    assert nearness("waterproof almond boots") < nearness("waterproof bovver boots")


def test_pills_for_a_dog_are_no_dog() -> None:
    """A last word that adds nothing leaves no animal behind."""
    assert found("dog pills", Target("c", "basic collars", ("dog",), "Pets > Dogs > Collars"))[0] is None


def test_a_compound_name_is_no_kind_of_its_last_word() -> None:
    """A name that the table of synonyms has is a thing of its own: a napkin ring is no jewelry."""
    assert found("jewelry", Target("n", "napkin rings"))[0] is None


def test_gear_words_stand_for_each_other() -> None:
    """A collective name is known by any word for gear."""
    assert found("pet products", Target("d", "dog collar"))[0] == "d"


def test_a_department_with_a_name_of_its_own_is_a_broader_word() -> None:
    """A department that is one name calls its goods so, unless it names no kind."""
    assert found("books", Target("h", "historical", context="Books > Fiction > Historical"))[0] == "h"
    assert found("food", Target("h", "butter", context="Food > Dairy > Butter"))[0] is None


def test_an_alias_short_for_the_name_means_nothing_else() -> None:
    """What others call by the short form alone is not meant by it."""
    ink = Target("i", "printmaking inks", ("ink",), "Arts > Printmaking > Printmaking Inks")
    assert found("ink", ink)[0] == "i"
    assert found("ink cartridge", ink)[0] is None


def test_sizes_at_the_end_of_a_title_name_nothing() -> None:
    """A title that ends on a size is called by the word before it."""
    assert set(calls_of([read_title("Pipfield Bird Seed Mix 10 kg", load_lexicon())]).heads) == {"mix"}


def test_the_table_of_synonyms_is_sorted_and_says_a_name_once() -> None:
    """Every line of the table has a name of its own, in order, and no name means two things."""
    text = (resources.files("linkers.types") / "lexicon" / "synonyms.txt").read_text("utf-8")
    lines = [line.partition(" = ") for line in text.splitlines() if line and not line.startswith("#")]
    names = [name for name, _, _ in lines]
    variants = [key(each.strip().lstrip("=")) for _, _, others in lines for each in others.split(",")]
    assert names == sorted(set(names))
    assert sorted(set(variants)) == sorted(variants)
    assert not {key(name) for name in names}.intersection(variants)
