"""The figures by which two models are compared, on artefacts made by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.evaluate.differences import differences, in_a_sentence
from kg.evaluate.models import Agreement, Asking, Run, agreement, figures
from kg.evaluate.resampling import Estimate, kappa, plain_share, share, spearman
from kg.model import (
    Edge,
    Evidence,
    Failure,
    Link,
    NodeKind,
    Provenance,
    Relation,
    Statement,
    Verdict,
    VerdictKind,
)

RELATIONS = (Relation.COMPLEMENTS, Relation.SUBSTITUTES)
THRESHOLDS = dict.fromkeys(RELATIONS, 0.5)
Said = tuple[str, str, float | None, str | None, VerdictKind]
KEEP, REVIEW, DROP = VerdictKind.KEEP, VerdictKind.REVIEW, VerdictKind.DROP


def run(name: str, said: list[Said], relation: Relation = Relation.COMPLEMENTS, **asked: object) -> Run:
    """Return a model's artefacts: subject, mention, plausibility, target and verdict of each statement."""
    statements: list[Statement] = []
    links: dict[str, Link] = {}
    verdicts: dict[str, Verdict] = {}
    edges: list[Edge] = []
    origin = Provenance(name, "h")
    for subject, mention, yes, target, verdict in said:
        one = f"{relation} {subject} {mention}"
        statements.append(
            Statement(one, relation, NodeKind.TYPE, subject, subject, mention, 1, origin, "Why.", yes, yes)
        )
        links[one] = Link(mention, NodeKind.TYPE, target, 0.9)
        verdicts[one] = Verdict(one, verdict, "rule", "a reason", target, yes or 0, yes or 0, yes or 0)
        if verdict is KEEP and target:
            edges.append(
                Edge(
                    relation, NodeKind.TYPE, subject, NodeKind.TYPE, target, "Why.", yes or 0, yes or 0, yes or 0, 1,
                    origin, Evidence(), statement_ids=(one,),
                )
            )  # fmt: skip
    asking = Asking(subjects=len({each[0] for each in said}), questions=100, **asked)  # pyright: ignore[reportArgumentType]
    own = {each.id: each.plausibility for each in statements if each.plausibility is not None}
    return Run(name, f"model-{name}", asking, statements, links, verdicts, edges, judged=own)


A = run(
    "a",
    [
        ("tea", "milk", 0.9, "milk", KEEP),
        ("tea", "honey", 0.8, "honey", KEEP),
        ("tea", "rope", 0.2, None, DROP),
        ("jam", "bread", 0.7, "bread", KEEP),
    ],
)
B = run(
    "b",
    [
        ("tea", "milk", 0.6, "milk", KEEP),
        ("tea", "honey", 0.4, "honey", REVIEW),
        ("tea", "lemon", 0.9, "lemon", KEEP),
        ("jam", "bread", 0.55, "bread", KEEP),
    ],
)


def agreed(a: Run = A, b: Run = B) -> Agreement:
    """Return the agreement of two models."""
    return agreement(a, b, THRESHOLDS, RELATIONS)


def test_one_models_shares_count_its_statements() -> None:
    """Linked, kept, review and dropped are shares of its statements, names are per subject."""
    done = figures(A)
    assert (done.statements, done.names_per_subject, done.edges) == (4, 2.0, 3)
    assert [each.value for each in (done.linked, done.kept, done.review, done.dropped)] == [0.75, 0.75, 0.0, 0.25]
    assert done.linked.of == 4


def test_failures_are_told_apart() -> None:
    """Dead letters, refusals and questions without an answer are shares of all questions."""
    reasons = ["bad reply", "cut short", "refused", "no answer", "budget", "no model"]
    done = figures(replace(A, failures=[Failure("extract", "x", reason) for reason in reasons]))
    assert [each.value for each in (done.dead, done.refused, done.unanswered)] == [0.02, 0.01, 0.03]


def test_validity_is_known_of_live_replies_only() -> None:
    """Nine of twelve were usable at once, one after repair, two are dead; of cached answers nothing is known."""
    done = figures(run("a", [], live=10, mended=1, buried=2, live_s=5.0))
    assert [each.value for each in (done.at_once, done.after_repair)] == [0.75, 0.0833]
    assert done.seconds_per_question == 0.5
    none = figures(A)
    assert (none.at_once, none.after_repair.value, none.seconds_per_question) == (
        Estimate(None, None, None, 0), None, None,
    )  # fmt: skip


def test_money_per_edge_needs_money_and_edges() -> None:
    """Unknown money stays unknown; where nothing is kept there is no cost of an edge."""
    priced = replace(A, asking=replace(A.asking, money=Decimal("0.06")))
    assert figures(priced).money_per_edge == Decimal("0.02")
    assert (figures(A).money, figures(A).money_per_edge) == (None, None)
    assert figures(replace(priced, edges=[])).money_per_edge is None


def test_agreement_is_by_targets_and_by_edges() -> None:
    """Of four linked targets three are both's, of four edges two; a relation nobody speaks of has no figure."""
    done = agreed()
    assert (done.linked.value, done.kept.value) == (0.75, 0.5)
    assert (done.a_kept_by_b.value, done.b_kept_by_a.value) == (0.6667, 0.6667)
    first, second = done.relations
    assert (first.edges_a, first.edges_b, first.edges_both, first.kept.value) == (3, 3, 2, 0.5)
    assert second.kept == second.linked == Estimate(None, None, None, 0)


def test_plausibility_is_compared_on_statements_both_made() -> None:
    """Of three shared statements two are on the same side of the threshold."""
    done = agreed()
    assert (done.shared, done.same_side.value) == (3, 0.6667)
    assert done.plausibility == 0.5


def test_the_cross_check_counts_every_pair_that_both_judged() -> None:
    """What the other was asked about counts too: four of five pairs have the same verdict."""
    a = replace(A, judged={**A.judged, B.statements[2].id: 0.7})
    b = replace(B, judged={**B.judged, A.statements[2].id: 0.1})
    done = agreed(a, b)
    assert (done.verdict.value, done.verdict.of) == (0.8, 5)
    # 3 both yes, 1 first only, 1 neither: (0.8 - 0.56) / (1 - 0.56)
    assert done.kappa.value == 0.5455


def test_two_runs_of_one_model_agree_in_everything() -> None:
    """The figures have their best value for equal artefacts."""
    done = agreed(A, replace(A, name="b"))
    assert {each.value for each in (done.linked, done.kept, done.a_kept_by_b, done.same_side, done.verdict)} == {1.0}
    assert (done.kappa.value, done.plausibility) == (1.0, 1.0)


def test_models_without_a_word_have_no_figures() -> None:
    """Nothing is divided by nothing."""
    done = agreed(run("a", []), run("b", []))
    assert done.verdict.value is done.kappa.value is done.plausibility is done.kept.value is None
    assert in_a_sentence(figures(run("a", [])), figures(run("b", [])), done, "USD") == (
        "a keeps no edge, b keeps 0: there is nothing to compare"
    )


def test_differences_name_what_only_one_keeps_and_why_not_the_other() -> None:
    """The other's verdict is told; both probabilities are there where both were asked."""
    a = replace(A, judged={**A.judged, B.statements[2].id: 0.3})
    honey, lemon = differences(a, B, {"honey": "wild honey"})
    assert (honey.kept_by, honey.target, honey.plausibility_a, honey.plausibility_b) == ("a", "wild honey", 0.8, 0.4)
    assert honey.other == "b names it; it waits for review: rule: a reason"
    assert (lemon.kept_by, lemon.plausibility_a, lemon.plausibility_b) == ("b", 0.3, 0.9)
    assert lemon.other == "a does not name it"


def test_the_most_telling_differences_come_first() -> None:
    """Those with the greatest distance of the two probabilities, and no more than asked for."""
    many = run("a", [("tea", f"thing {n}", 0.9, f"t{n}", KEEP) for n in range(12)])
    gaps = {each.id: 0.9 - n / 20 for n, each in enumerate(many.statements)}
    found = differences(many, run("b", []), {}, most=3)
    assert [each.plausibility_b for each in found] == [None] * 3
    found = differences(many, replace(run("b", []), judged=gaps), {}, most=3)
    assert [each.target for each in found] == ["t11", "t10", "t9"]


def test_an_edge_that_the_graphs_checks_took_is_told_so() -> None:
    """A kept statement without its edge was lost to the checks of the whole graph."""
    (found,) = differences(run("a", [("tea", "milk", 0.9, "milk", KEEP)]), replace(B, edges=[]), {})
    assert found.other == "b names it; the checks of the whole graph took it away"


@pytest.mark.parametrize(
    ("money", "words"),
    [
        ((Decimal(3), Decimal(1)), " at a third of the cost;"),
        ((Decimal(1), Decimal(2)), " at twice the cost;"),
        ((Decimal(1), Decimal("1.02")), " at the same cost;"),
        ((Decimal(5), Decimal(7)), " at 1.4 times the cost;"),
        ((Decimal(5), Decimal(0)), " and costs nothing;"),
        ((Decimal(0), Decimal("0.4")), " for 0.4 USD, where a costs nothing;"),
        ((None, Decimal(1)), " with half the tokens;"),
        ((Decimal(0), Decimal(0)), " with half the tokens;"),
    ],
)
def test_the_hint_says_what_matters(money: tuple[Decimal | None, Decimal | None], words: str) -> None:
    """How much of A's edges B keeps, at what cost, and on what they disagree."""
    of = [
        replace(figures(each), money=cost, prompt_tokens=tokens)
        for each, cost, tokens in zip((A, B), money, (100, 50), strict=True)
    ]
    said = in_a_sentence(of[0], of[1], agreed(), "USD")
    assert said.startswith("b keeps 67% of a's edges and 1 of its own")
    assert words in said
    assert said.endswith("they disagree most on COMPLEMENTS, where 50% of all edges are both's")


def test_the_hint_of_equal_edges_says_so() -> None:
    """Without tokens or money it speaks of edges only."""
    same = replace(A, name="b")
    said = in_a_sentence(figures(A), figures(same), agreed(A, same), "USD")
    assert said == "b keeps 100% of a's edges; they keep the same edges"


def test_kappa_is_that_of_the_textbook() -> None:
    """50 cases, 20 and 15 agreed: kappa 0.4, whoever the subjects are."""
    assert kappa([(20, 5, 10, 15)]).value == kappa([(10, 5, 0, 5), (10, 0, 10, 10)]).value == 0.4
    assert kappa([(7, 0, 0, 0)]).value is None


def test_spearman_takes_ties_at_their_mean_rank() -> None:
    """Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4."""
    assert spearman([0.1, 0.5, 0.5, 0.9], [0.2, 0.3, 0.4, 0.5]) == 0.9487
    assert spearman([0.1, 0.5, 0.9], [0.9, 0.5, 0.1]) == -1.0
    assert spearman([0.5, 0.5, 0.5], [0.1, 0.2, 0.3]) is None
    assert spearman([0.1, 0.2], [0.1, 0.2]) is None


def test_intervals_draw_subjects_not_statements() -> None:
    """A hundred statements about one subject are one case: nothing can be said of others. More subjects narrow it."""
    alone, many = share([50], [100]), share([5] * 10 + [0] * 10, [10] * 20)
    more = share([5] * 100 + [0] * 100, [10] * 200)
    assert (alone.low, alone.value, alone.high) == (0.5, 0.5, 0.5)
    assert many.low is not None
    assert many.high is not None
    assert more.low is not None
    assert more.high is not None
    assert 0 < many.low < 0.25 < many.high < 0.5
    assert more.high - more.low < many.high - many.low


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_shares_and_their_intervals_are_shares(pairs: list[tuple[int, int]]) -> None:
    """0 <= low <= high <= 1, the same every time; without a case there is none of them."""
    hits, cases = [min(pair) for pair in pairs], [max(pair) for pair in pairs]
    for found in (share(hits, cases), plain_share(sum(hits), sum(cases))):
        assert (found.value is None) == (sum(cases) == 0)
        if found.value is not None:
            assert found.low is not None
            assert found.high is not None
            assert 0 <= found.low <= found.high <= 1
            assert found.value == round(sum(hits) / sum(cases), 4)
    assert share(hits, cases) == share(hits, cases)


@given(st.lists(st.tuples(*[st.integers(0, 5)] * 4), min_size=1, max_size=8))
def test_kappa_does_not_depend_on_who_is_first(cells: list[tuple[int, int, int, int]]) -> None:
    """It is symmetrical and at most 1."""
    found = kappa(cells)
    assert found.value == kappa([(both, second, first, no) for both, first, second, no in cells]).value
    assert found.value is None or -1 <= found.value <= 1
