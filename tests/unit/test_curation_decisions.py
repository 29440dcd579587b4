"""The decisions file: what is read, and every mistake a person may make in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.curation.decisions import COLUMNS, read_decisions, safe_cell, unsafe_cell
from kg.curation.resolve import resolve
from kg.errors import InputError
from kg.model import DecisionAction, Intent, IntentId, IntentKind, ProductType, Relation, TypeId
from tests.parts.curation_shop import INTENTS, TYPES, decision

HEAD = ",".join(COLUMNS)


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a decisions file."""
    path = folder / "decisions.csv"
    path.write_bytes(text.encode(encoding))
    return path


def complaint(folder: Path, text: str) -> InputError:
    """Return the error that a decisions file gives."""
    with pytest.raises(InputError) as caught:
        read_decisions(write(folder, text))
    return caught.value


def test_lines_become_decisions(tmp_path: Path) -> None:
    """Every column arrives, in any case and order, with the number of the line."""
    text = (
        'who,when,Action,relation,subject,target,explanation,why\nann,2026-05-31,PIN,complements,chips,salsa,"a, b",x\n'
    )
    (read,) = read_decisions(write(tmp_path, text))
    assert (read.action, read.relation, read.line) == (DecisionAction.PIN, Relation.COMPLEMENTS, 2)
    assert (read.subject, read.target, read.explanation, read.why) == ("chips", "salsa", "a, b", "x")


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_spreadsheets_of_any_country_are_read(tmp_path: Path, delimiter: str) -> None:
    """A byte order mark and semicolons or tabs are what a spreadsheet writes."""
    lines = [list(COLUMNS), ["accept", "COMPLEMENTS", "a", "b", "", "ann", "2026-05-31", ""]]
    text = "\r\n".join(delimiter.join(cells) for cells in lines)
    assert len(read_decisions(write(tmp_path, text, "utf-8-sig"))) == 1


def test_undecided_empty_and_comment_lines_are_passed_over(tmp_path: Path) -> None:
    """A line without action is not decided yet; comments and blank lines say nothing; line numbers stay true."""
    text = f"# our decisions\n{HEAD}\n\n,COMPLEMENTS,a,b,,,,\n# accept\naccept,COMPLEMENTS,a,b,,ann,2026-05-31,\n"
    (read,) = read_decisions(write(tmp_path, text))
    assert read.line == 6


def test_an_empty_file_says_what_its_first_line_is(tmp_path: Path) -> None:
    """A file with a header alone, or nothing at all, holds no decisions."""
    assert read_decisions(write(tmp_path, HEAD)) == []
    assert read_decisions(write(tmp_path, "")) == []


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Each mistake stands on its own line with file, line, field, reason and remedy."""
    text = (
        f"{HEAD}\nacept,COMPLEMENTS,a,b,,ann,2026-05-31,\naccept,LIKES,a,,,,31.5.2026,\n"
        "edit,SUBSTITUTES,a,b,,ann,2026-05-31,\n"
    )
    error = complaint(tmp_path, text)
    told = str(error).split("\n")
    assert (error.line, error.field) == (2, "action")
    assert "decisions.csv:2: action: 'acept' is no action; did you mean 'accept'?" in told[0]
    assert "decisions.csv:3: relation: 'LIKES' is no relation; one of SATISFIED_BY" in told[1]
    assert "decisions.csv:3: target: empty" in told[2]
    assert "decisions.csv:3: who: empty" in told[3]
    assert "decisions.csv:3: when: '31.5.2026' is not a date; write it as year-month-day" in told[4]
    assert "decisions.csv:4: explanation: empty, but the action is edit" in told[5]


def test_one_mistake_is_one_line(tmp_path: Path) -> None:
    """A single mistake carries its remedy once."""
    told = str(complaint(tmp_path, f"{HEAD}\naccept,COMPLEMENTS,a,b,,,2026-05-31,\n"))
    assert told.endswith("decisions.csv:2: who: empty; every decision says its who")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("acton,relation,subject,target,who,when\n", "unknown column 'acton'; did you mean 'action'?"),
        ("action,relation,subject,target,who,zzz\n", "unknown column 'zzz'; the columns are"),
        ("action,relation,subject,target,who\n", "no column when"),
        (f"{HEAD},why\n", "column why stands twice"),
        (f"{HEAD}\naccept,COMPLEMENTS,a,b,c,d,ann,2026-05-31,why\n", "9 cells under 8 columns"),
        (f'{HEAD}\naccept,COMPLEMENTS,a,b,"c\n' + "x" * 140_000, "not readable as CSV"),
        (f"{HEAD}\naccept,COMPLEMENTS,a,b,{'x' * 2001},ann,2026-05-31,\n", "longer than 2000 characters"),
    ],
)
def test_a_file_of_the_wrong_shape_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """A wrong header, spilled cells and broken quotes each have their message."""
    assert says in str(complaint(tmp_path, text))


def test_a_missing_file_and_a_foreign_encoding_are_told(tmp_path: Path) -> None:
    """No file, and a file that is not UTF-8, come with their remedy."""
    with pytest.raises(InputError, match="remove the setting 'decisions'"):
        read_decisions(tmp_path / "none.csv")
    with pytest.raises(InputError, match="CSV UTF-8"):
        read_decisions(write(tmp_path, f"{HEAD}\nréject", "latin-1"))


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\tx", "\uff1d1", "'=1", "''=1", "plain", "'quoted'", "", "a=b"]
)
def test_formulas_are_disarmed_and_come_back(text: str) -> None:
    """No cell starts like a formula, and reading gives the text that was written."""
    safe = safe_cell(text)
    assert safe[:1] not in set("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
    assert unsafe_cell(safe) == text


def test_ids_come_before_names_and_names_before_aliases() -> None:
    """A word that is one type's id and another's name means the id; one that is a name and an alias, the name."""
    types = (
        ProductType(TypeId("salsa"), "dip", "", 1, 0.1, aliases=("cream",)),
        ProductType(TypeId("t2"), "salsa", "", 1, 0.1),
        ProductType(TypeId("t3"), "Creams", "", 1, 0.1),
    )
    book = resolve([decision("accept", "salsa", "cream", line=1)], types, ())
    assert [edge[2:] for edge in book.holding] == [("salsa", "t3")]


def test_what_may_mean_two_things_asks_for_the_id() -> None:
    """An ambiguous name is a warning that lists the ids."""
    types = (*TYPES, ProductType(TypeId("salsa-2"), "Salsa", "", 1, 0.1))
    book = resolve([decision("accept", "tortilla chips", "salsa!", line=1)], types, ())
    assert book.unknown == 1
    assert "'salsa', 'salsa-2'; write the id" in book.warnings[0].detail


def test_a_name_means_the_kind_of_node_that_the_relation_starts_at() -> None:
    """An intent and a type of one name are told apart by the relation."""
    twin = Intent(IntentId("i-salsa"), "salsa", IntentKind.QUERY)
    satisfied = decision("accept", "salsa", "hummus", Relation.SATISFIED_BY, line=1)
    complements = decision("accept", "salsa", "hummus", line=2)
    book = resolve([satisfied, complements], TYPES, (*INTENTS, twin))
    assert [edge[2] for edge in book.holding] == ["i-salsa", "salsa"]


@pytest.mark.parametrize(
    ("subject", "target", "relation", "says"),
    [
        ("unicorns", "salsa", Relation.COMPLEMENTS, "no subject 'unicorns'"),
        ("salsa", "unicorns", Relation.COMPLEMENTS, "no target 'unicorns'"),
        ("insomnia", "salsa", Relation.PAIRS_WITH, "no subject 'insomnia' that PAIRS_WITH may join"),
        ("salsa", "Salsas", Relation.COMPLEMENTS, "the same product type"),
        ("", "salsa", Relation.COMPLEMENTS, "no subject ''"),
    ],
)
def test_decisions_about_nothing_are_warnings(subject: str, target: str, relation: Relation, says: str) -> None:
    """An unknown name, a forbidden start and a self-loop are told with line and remedy, and stop nothing."""
    book = resolve([decision("accept", subject, target, relation, line=7)], TYPES, INTENTS)
    assert (book.unknown, book.holding) == (1, {})
    assert book.warnings[0].item == "decision:7"
    assert says in book.warnings[0].detail
