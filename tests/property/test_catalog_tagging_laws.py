"""Laws of tagging by rules, for any text that a catalogue may hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kg.catalog.tagging import ProductRow, Tag, Tagger
from kg.catalog.vocabulary import load_vocabulary
from kg.catalog.wording import Reading
from kg.text import normalise

VOCABULARY = load_vocabulary()
WORDS = sorted(
    {" ".join(phrase) for attribute in VOCABULARY.attributes.values() for value in attribute.values.values()
     for phrase in value.phrases}
)  # fmt: skip
# Words of the vocabulary between words that deny, cut or mean nothing, and anything at all.
_pieces = st.lists(
    st.sampled_from(WORDS) | st.sampled_from(["without", "not", "free", ",", ". ", "for Zelvo 12", "3 x 5 g", "\u200b"])
    | st.text(max_size=8),
    max_size=8,
).map(" ".join)  # fmt: skip
_texts = st.builds(
    Reading,
    _pieces | st.text(),
    st.sampled_from(["", "Lemon", "Zelvo"]),
    st.sampled_from(["", "Groceries > Snacks", "Pet > Cat", "Baby > Bath"]) | st.text(max_size=20),
    _pieces,
    st.sampled_from(["", "soap", "chips", "ink-cartridge", "coffee", "yogurt"]),
)
_columns = st.dictionaries(
    st.sampled_from([*VOCABULARY.attributes, "color"]), _pieces.filter(bool) | st.just(";"), max_size=3
)


def tags(texts: Reading, columns: dict[str, str] | None = None, tagger: Tagger | None = None) -> list[Tag]:
    """Return the tags of one product."""
    return list((tagger or Tagger(VOCABULARY, ["Zelvo"])).tags(ProductRow("p", texts, columns or {})))


@given(texts=_texts)
def test_rules_say_only_what_stands_there(texts: Reading) -> None:
    """A value read from words is one of the vocabulary, each once, and its evidence stands in the texts."""
    found = tags(texts)
    assert len({tag[:3] for tag in found}) == len(found)
    everything = f" {normalise(' . '.join(texts[:4]))} "
    for tag in found:
        assert tag.source == "rule"
        if values := VOCABULARY.attributes[tag.attribute].values:
            assert tag.value in values
            assert f" {tag.evidence} " in everything


@given(texts=_texts)
def test_values_that_exclude_each_other_never_hold_together(texts: Reading) -> None:
    """Nothing is unscented and scented; an attribute with one value has one."""
    found = tags(texts)
    for name, attribute in VOCABULARY.attributes.items():
        values = [tag.value for tag in found if tag.attribute == name]
        assert attribute.several or len(values) <= 1
        for value in values:
            if value in attribute.values:
                assert attribute.values[value].excludes.isdisjoint(values)


@given(texts=_texts, columns=_columns)
def test_a_column_is_never_read_over(texts: Reading, columns: dict[str, str]) -> None:
    """Of an attribute that the merchant states nothing is read; what is stated is there word for word, as evidence."""
    for name, stated in columns.items():
        ours = [tag for tag in tags(texts, columns) if tag.attribute == name]
        if name in VOCABULARY.attributes:
            assert {tag.source for tag in ours} <= {"column"}
            said = {part.strip() for part in stated.split(";")} | {stated}
            assert all(tag.evidence in said for tag in ours)
        else:
            assert not ours


@given(one=_texts, other=_texts)
def test_products_do_not_rub_off(one: Reading, other: Reading) -> None:
    """What a product is tagged with does not depend on which product came before it."""
    tagger = Tagger(VOCABULARY, ["Zelvo"])
    tags(one, tagger=tagger)
    assert tags(other, tagger=tagger) == tags(other)


@given(texts=_texts)
def test_what_is_read_is_not_asked(texts: Reading) -> None:
    """A model is asked only where nothing was read, about values that apply, and never about diets."""
    product = ProductRow("p", texts, {})
    tagger = Tagger(VOCABULARY, ["Zelvo"])
    read = {tag.attribute for tag in tagger.tags(product)}
    for attribute, options in tagger.unread(product):
        assert attribute.asks
        assert attribute.name not in read
        assert options
        assert set(options) <= set(attribute.values)
        assert attribute.name != "diet"
