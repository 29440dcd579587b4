"""The review queue and its spreadsheet."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from kg.curation.curate import CurationContext, curate
from kg.curation.decisions import COLUMNS, read_decisions
from kg.curation.review import review_queue, uncertainty, write_review
from kg.model import ProductType, Relation, TypeId, VerdictKind
from tests.parts.curation_shop import INTENTS, TYPES, links, run, statement

DOUBT = statement("tortilla chips", "salsa", plausibility=0.4, typicality=0.4)
SURER = statement("tortilla chips", "hummus", plausibility=0.45, typicality=0.9)
FORMULA = statement("salsa", "hummus", explanation='=HYPERLINK("x") "safe for" all, it tastes good')


def test_uncertainty_is_the_entropy() -> None:
    """It is 1 at a half and 0 where nothing is open."""
    assert [uncertainty(value) for value in (0.0, 0.5, 1.0)] == [0.0, 1.0, 0.0]
    assert uncertainty(0.9) < uncertainty(0.6)


def test_the_most_doubtful_and_most_seen_come_first() -> None:
    """Order is uncertainty times reach: a popular intent goes before a rare one with the same doubt."""
    made = [
        statement(subject, "herbal tea", Relation.SATISFIED_BY, plausibility=0.4, typicality=0.4)
        for subject in ("vegans", "insomnia")
    ]
    queue = review_queue(run(made))
    assert [item.subject for item in queue] == ["insomnia", "vegans"]
    assert queue[0].priority > queue[1].priority > 0
    assert all(item.verdict is VerdictKind.REVIEW for item in queue)


def test_a_sure_claim_that_a_word_rule_stopped_is_still_worth_a_look() -> None:
    """Its uncertainty does not fall below half a bit."""
    sure = replace(DOUBT, explanation="", plausibility=1.0, typicality=1.0)
    (item,) = review_queue(run([sure], linked={k: replace(v, confidence=1.0) for k, v in links([sure]).items()}))
    assert item.priority == 0.25


def test_the_sheet_starts_with_the_decisions_columns_and_runs_no_formula(tmp_path: Path) -> None:
    """The header is the decisions file's, action is empty, and no cell starts like a formula."""
    path = tmp_path / "review.csv"
    assert write_review(path, review_queue(run([DOUBT, SURER, FORMULA]))) == 3
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert tuple(rows[0][: len(COLUMNS)]) == COLUMNS
    assert {row[0] for row in rows[1:]} == {""}
    assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@")]
    assert read_decisions(path) == []


def test_a_filled_in_sheet_is_a_decisions_file(tmp_path: Path) -> None:
    """With action, who and when filled in, the next run keeps the claim, its sentence as it was."""
    path = tmp_path / "review.csv"
    write_review(path, review_queue(run([DOUBT, FORMULA])))
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        csv.writer(handle).writerows(
            [rows[0], *(["accept", *row[1:5], "ann", "2026-05-31", *row[7:]] for row in rows[1:])]
        )
    result = run([DOUBT, FORMULA], *read_decisions(path))
    assert {edge.explanation for edge in result.edges} == {DOUBT.explanation, FORMULA.explanation}
    assert result.counts.kept == 2
    assert result.warnings == ()


def test_a_name_with_two_meanings_is_written_as_its_id() -> None:
    """What the sheet names, the decisions file finds again."""
    twin = ProductType(TypeId("salsa-2"), "salsas", "Music", 1, 0.1)
    context = CurationContext((*TYPES, twin), INTENTS)
    (item,) = curate([DOUBT], links([DOUBT]), context).review
    assert (item.subject, item.target) == ("tortilla chips", "salsa")
    assert any(node.id == item.target for node in TYPES)


def test_an_unknown_reach_still_orders_by_doubt() -> None:
    """Where nobody has bought anything yet, the more doubtful claim comes first."""
    still = tuple(replace(node, reach=0.0) for node in TYPES)
    result = curate([DOUBT, SURER], links([DOUBT, SURER]), CurationContext(still))
    assert [item.priority > 0 for item in review_queue(result)] == [True, True]
