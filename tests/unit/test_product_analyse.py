"""How titles, offers and mentions are read."""

from __future__ import annotations

import pytest

from linkers.products.analyse import Analyser, Reading, Text
from linkers.products.contrasts import load_contrasts
from linkers.products.terms import CODE, CORE, STEM, WORD, term


def read(title: str, brand: str = "", detail: str = "") -> Reading:
    """Return the reading of a text by an analyser that has read nothing else."""
    return Analyser().read(Text(title, brand, detail))


def codes(*names: str) -> set[int]:
    """Return model numbers as terms."""
    return {term(CODE, name) for name in names}


def cores(*names: str) -> set[int]:
    """Return cores of model numbers as terms."""
    return {term(CORE, name) for name in names}


def test_a_model_number_is_read_without_its_marks() -> None:
    """A model number is one code whatever stands between its letters, and so is what follows a mark in it."""
    assert set(read("Panasonic NN-SD377S Microwave").codes) == codes("nnsd377s", "sd377s")


def test_a_core_has_not_the_letters_of_a_variant() -> None:
    """What follows the last digit of a model number is no part of its core."""
    assert set(read("NN-SD377S").cores) == cores("nnsd377", "sd377")


def test_a_model_number_may_be_written_in_two() -> None:
    """A short word before a code joins it, so that two spellings of one model number share a core."""
    assert set(read("MDR EX55/WHI").codes) == codes("ex55whi", "mdrex55whi")
    assert set(read("MDREX55").cores) < set(read("MDR EX55/WHI").cores)


def test_an_article_number_is_read_whole_and_in_pieces() -> None:
    """A number with dashes is one code, and so are its longer pieces."""
    assert set(read("Filter 7-11719-70670-0").codes) == codes("711719706700", "11719", "70670")


def test_a_number_joins_no_code_that_follows_it() -> None:
    """What begins with a digit is no beginning of a model number."""
    assert set(read("16 ex55x").codes) == codes("ex55x")


@pytest.mark.parametrize("amount", ["500ml", "16oz", "1000mg", "12pack", "100ft", "2.4ghz", "64gb"])
def test_an_amount_is_no_code(amount: str) -> None:
    """A number with a unit is no model number."""
    assert read(f"Salsa {amount}").codes == ()


@pytest.mark.parametrize("word", ["salsa", "x5", "2024", "abc", "a" * 24 + "1"])
def test_what_is_too_plain_is_no_code(word: str) -> None:
    """Words without digits, what is very short or very long, and years are no model numbers."""
    assert read(word).codes == ()


def test_five_digits_are_a_code() -> None:
    """A number of five digits is a model number."""
    assert set(read("Filter 70670").codes) == codes("70670")


def test_codes_of_the_detail_are_kept_apart() -> None:
    """Model numbers of the detail, and their cores, are no codes of the title."""
    reading = read("Microwave", detail="replaces NNSD377S")
    assert reading.codes == ()
    assert set(reading.inner_codes) == codes("nnsd377s") | cores("nnsd377")


def test_a_text_has_a_limited_number_of_codes() -> None:
    """Of a list of model numbers the first ones are read."""
    assert 16 <= len(read(" / ".join(f"abc{at}x" for at in range(100, 200))).codes) < 20


def test_prefixes_are_beginnings_of_three_lengths() -> None:
    """A model number has beginnings of five, seven and nine letters, as far as it is that long."""
    assert set(read("NNSD377S").prefixes) == cores("nnsd3-", "nnsd377-")


@pytest.mark.parametrize("version", ["v17", "V17.0", "17.0", "17", "17.00", "ver17", "version17", "017"])
def test_a_version_has_one_spelling(version: str) -> None:
    """A version is its number, however it is written."""
    assert read(f"studio {version}").names == ("studio", "17")


def test_a_number_with_a_part_is_another() -> None:
    """A number with a fraction is not its whole."""
    assert read("17.5").names == ("17.5",)


@pytest.mark.parametrize(("roman", "number"), [("II", "2"), ("iii", "3"), ("IV", "4"), ("Viii", "8"), ("ix", "9")])
def test_a_roman_numeral_is_a_number(roman: str, number: str) -> None:
    """Roman numerals that are no words otherwise are numbers."""
    reading = read(f"quest {roman}")
    assert reading.names == ("quest", number)
    assert reading.numbers == (False, True)


@pytest.mark.parametrize("letter", ["i", "v", "x"])
def test_a_single_letter_is_no_numeral(letter: str) -> None:
    """A letter alone stays a letter."""
    assert read(letter).names == (letter,)


def test_plurals_are_singular() -> None:
    """A plural is read as its singular."""
    assert read("Kettles Dishes Batteries Women's").names == ("kettle", "dish", "battery", "woman")


def test_stop_words_are_left_out() -> None:
    """Words that say nothing are not read, in any of the languages known."""
    assert read("The Art of War by A und der Tee").names == ("art", "war", "tee")


def test_a_word_is_read_once() -> None:
    """A word that stands twice is one word, at its first place."""
    assert read("salsa hot Salsas").names == ("salsa", "hot")


def test_longer_words_have_stems() -> None:
    """Words of five letters or more have a stem of four; short words and numbers have none."""
    assert read("upgrade home 12345").stems == (term(STEM, "upgr"), 0, 0)


def test_neighbours_are_joined() -> None:
    """Two neighbours as one word are among the joins, if that is neither very short nor very long."""
    assert read("play station a1").joins == (term(WORD, "playstation"), term(WORD, "stationa1"))
    assert read("x y").joins == ()


def test_a_brand_is_detail_too() -> None:
    """The words of the brand are terms of their own and stand in the detail."""
    reading = read("salsa", brand="Casa", detail="dip")
    assert reading.brand == (term(WORD, "casa"),)
    assert reading.detail == (term(WORD, "casa"), term(WORD, "dip"))


def test_the_key_is_the_normalised_title() -> None:
    """Titles that differ in case, accents, punctuation or control characters have one key."""
    assert read("Crème\x07 Brûlée\u200b!").key == read("creme  brulee").key == "creme brulee"


def test_a_very_long_text_is_read_to_a_limit() -> None:
    """Of very long titles and details so many words are read, and no more."""
    reading = read(" ".join(f"w{at}w" for at in range(900)), detail=" ".join(f"d{at}d" for at in range(900)))
    assert (len(reading.names), len(reading.detail)) == (32, 60)


def test_what_was_read_before_does_not_matter() -> None:
    """An analyser that has read other texts reads like a new one."""
    used = Analyser()
    used.read(Text("Kettles 17.0 NN-SD377S iii"))
    assert used.read(Text("kettle iii")) == read("kettle iii")


def test_the_table_of_contrasts_is_part_of_the_version() -> None:
    """The version of a reading names the table of contrasts."""
    assert load_contrasts().version in Analyser().version


@pytest.mark.parametrize("kind", [WORD, STEM, CODE, CORE])
def test_terms_of_two_kinds_are_apart(kind: str) -> None:
    """The same text is another term as another kind."""
    assert [other for other in (WORD, STEM, CODE, CORE) if term(other, "salsa") == term(kind, "salsa")] == [kind]


def test_terms_are_equal_everywhere() -> None:
    """A term is the same number on every machine: it stands in files."""
    assert term(WORD, "salsa") == 401738068412038294
