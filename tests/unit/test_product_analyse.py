"""How titles, offers and mentions are read."""

from __future__ import annotations

import pytest

from linkers.products.analyse import BARE, OF_AMOUNT, PART, Analyser, Reading, Text
from linkers.products.contrasts import load_contrasts
from linkers.products.terms import CODE, CORE, STEM, WORD, low_bits, term


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


@pytest.mark.parametrize("title", ["Sony EX55/WHI, NN-SD377S", "Filter 7-11719-70670-0", "salsa", ""])
def test_codes_have_names_beside_them(title: str) -> None:
    """Each model number stands as text beside its term."""
    reading = read(title)
    written = [(code, name) for code, name in zip(reading.codes, reading.code_names, strict=True) if name]
    assert written == [(term(CODE, name), name) for _, name in written]
    assert len(written) == len(reading.code_names) - title.startswith("Sony")


def test_a_code_joined_from_two_words_has_no_name() -> None:
    """What nobody wrote so is not compared letter by letter: a brand before two codes would make them alike."""
    reading = read("Sony WX350 Camera")
    assert dict(zip(reading.codes, reading.code_names, strict=True)) == {
        term(CODE, "wx350"): "wx350",
        term(CODE, "sonywx350"): "",
    }


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        ("Sony Headphones - In-Ear (Black), new", ["headphones sony", "ear in", "black", "new"]),
        ("Tea: Green | 20 Bags; Fresh [Bio]", ["tea", "green", "20 bags", "fresh", "bio"]),
        ("Zoom H4n -recorder- black", ["h4n zoom", "recorder", "black"]),
        ("Wi-Fi Router", ["fi router wi"]),
        ("Cola 1,5 l", ["1,5 cola l"]),
        ("伊藤園 (緑茶)", ["伊藤園", "緑茶"]),
    ],
)
def test_a_title_has_parts(title: str, parts: list[str]) -> None:
    """Dashes beside a space, brackets, colons and commas before one part a title; in a part words are sorted."""
    assert read(title).parts.split(PART) == parts


@pytest.mark.parametrize("title", ["", "!?", " - ()[], ", "\x07\u200b", "🍫🍫"])
def test_a_title_without_words_has_one_empty_part(title: str) -> None:
    """A title that has no words has no parts but an empty one, and an empty key."""
    assert (read(title).parts, read(title).key) == ("", "")


def test_parts_without_words_are_left_out() -> None:
    """What stands between two marks and has no word is no part."""
    assert read("(!) - Salsa (?), hot - ").parts.split(PART) == ["salsa", "hot"]


def test_beyond_eight_parts_the_rest_is_one() -> None:
    """Of a title of many parts the eighth holds all that follows."""
    assert read("a, b, c, d, e, f, g, h, i, j").parts.split(PART) == [*"abcdefg", "h i j"]


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
    assert reading.numbers == (0, BARE)


@pytest.mark.parametrize(
    ("title", "numbers"),
    [
        ("quest 3 disc 64 oz", (0, BARE, 0, OF_AMOUNT, 0)),
        ('Pan 24"', (0, OF_AMOUNT)),
        ("Cola .5 l", (0, OF_AMOUNT, 0)),
        ("Cola 1.5 l", (0, OF_AMOUNT, 0)),
        ("Cola 6 x 330 ml", (0, OF_AMOUNT, 0, OF_AMOUNT, 0)),
        ("pack of 06", (0, OF_AMOUNT)),
        ("studio v17", (0, BARE)),
        ("salsa 16oz", (0, 0)),
        ("salsa", (0,)),
        ("", ()),
    ],
)
def test_numbers_are_bare_or_of_an_amount(title: str, numbers: tuple[int, ...]) -> None:
    """Beside each word stands whether it is a number, and whether a quantity has it; "16oz" is a word."""
    assert read(title).numbers == numbers


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


@pytest.mark.parametrize(("title", "names"), [("The The", ("the",)), ("For A", ("for", "a")), ("The Art", ("art",))])
def test_a_name_of_stop_words_alone_keeps_them(title: str, names: tuple[str, ...]) -> None:
    """Words that say nothing are read where a title has no others."""
    assert read(title).names == names


def test_a_word_is_read_once() -> None:
    """A word that stands twice is one word, at its first place."""
    assert read("salsa hot Salsas").names == ("salsa", "hot")


def test_longer_words_have_stems() -> None:
    """Words of five letters or more have a stem of four; short words and numbers have none."""
    assert read("upgrade home 12345").stems == (term(STEM, "upgr"), 0, 0)


def test_neighbours_are_joined() -> None:
    """Two neighbours as one word are among the joins, if that is neither very short nor very long."""
    assert read("play station a1").joins == (low_bits(WORD, "playstation"), low_bits(WORD, "stationa1"))
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
    assert term(WORD, "salsa") == 9171890698677903132
    assert low_bits(WORD, "salsa") == 9171890698677903132 & 0xFFFFFFFF


def test_texts_and_readings_are_compared_by_what_they_hold() -> None:
    """Two texts of the same content are one key of a dictionary, and their readings are equal."""
    assert {Text("salsa", "Casa"), Text("salsa", brand="Casa", detail="", price=0.0)} == {Text("salsa", "Casa")}
    assert read("Salsa", "Casa") == read("Salsa", "Casa") != read("Salsa", "Emsa")
