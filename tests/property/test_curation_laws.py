"""Laws of curation on random statements, links and decisions."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from kg.curation.decisions import safe_cell, unsafe_cell
from kg.model import Decision, DecisionAction, Link, NodeKind, Relation, Statement, VerdictKind
from tests.parts.curation_shop import INTENTS, TYPES, decision, run, statement

_TYPE_NAMES = [node.name for node in TYPES]
_SUBJECTS = st.sampled_from([*_TYPE_NAMES[:6], *[node.name for node in INTENTS]])
_TARGETS = st.sampled_from(_TYPE_NAMES[:6])
_RELATIONS = st.sampled_from([each for each in Relation if not each.endswith("_THEME")])
_PROBABILITY = st.none() | st.floats(0, 1)
_REASONS = (
    st.sampled_from([None, "", "It is good.", "It cures cancer fast.", "One reason copied for them all."]) | st.text()
)


@st.composite
def _proposals(draw: st.DrawFn) -> tuple[list[Statement], dict[str, Link]]:
    """Statements with links, some NIL, some without a link, some with one id twice."""
    statements: list[Statement] = []
    links: dict[str, Link] = {}
    for _ in range(draw(st.integers(0, 12))):
        target = draw(_TARGETS | st.none())
        mention = draw(st.sampled_from(["", "fresh ", "tasty "])) + (target or "unicorns")
        made = statement(
            draw(_SUBJECTS), mention, draw(_RELATIONS), draw(_REASONS), draw(_PROBABILITY), draw(_PROBABILITY)
        )
        statements.append(made)
        if draw(st.integers(0, 9)):
            target_id = None if target is None else target.replace(" ", "-")
            links[made.id] = Link(mention, NodeKind.TYPE, target_id, draw(st.floats(0, 1)))
    return statements, links


@st.composite
def _decisions(draw: st.DrawFn) -> list[Decision]:
    actions = st.sampled_from([action.value for action in DecisionAction])
    return [
        decision(
            draw(actions),
            draw(_SUBJECTS | st.just("unicorns")),
            draw(_TARGETS),
            draw(st.sampled_from([Relation.COMPLEMENTS, Relation.SUBSTITUTES, Relation.SATISFIED_BY])),
            draw(st.sampled_from(["", "Because people say so."])),
            line,
        )
        for line in range(2, 2 + draw(st.integers(0, 6)))
    ]


@given(_proposals(), _decisions())
@settings(max_examples=120, deadline=None)
def test_nothing_is_lost(proposed: tuple[list[Statement], dict[str, Link]], decisions: list[Decision]) -> None:
    """Taken is kept, review, dropped and failed; every statement has one verdict or one failure."""
    statements, links = proposed
    result = run(statements, *decisions, linked=links)
    assert result.counts.balanced
    assert result.counts.taken == len(statements) + result.decisions.created
    assert len(result.verdicts) + len(result.failures) == result.counts.taken
    assert len(result.edges) == result.counts.kept
    assert len(result.review) == result.counts.review
    assert result.decisions.balanced
    assert {each.id for each in statements} <= {
        *(each.statement_id for each in result.verdicts),
        *(each.item for each in result.failures),
    }


@given(_proposals(), _decisions(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_order_does_not_matter(
    proposed: tuple[list[Statement], dict[str, Link]], decisions: list[Decision], dice: random.Random
) -> None:
    """Statements, links and lines of decisions in another order give the same result."""
    statements, links = proposed
    shuffled, turned = list(statements), list(decisions)
    dice.shuffle(shuffled)
    dice.shuffle(turned)
    other = dict(reversed(links.items()))
    assert run(shuffled, *turned, linked=other) == run(statements, *decisions, linked=links)


@given(_proposals(), _decisions())
@settings(max_examples=120, deadline=None)
def test_edges_keep_the_promises_of_the_graph(
    proposed: tuple[list[Statement], dict[str, Link]], decisions: list[Decision]
) -> None:
    """One edge per relation and pair, no self-loop, never substitute and complement, ranks 1..n, a reason each."""
    statements, links = proposed
    edges = run(statements, *decisions, linked=links).edges
    keys = [(edge.relation, edge.source_kind, edge.source_id, edge.target_id) for edge in edges]
    assert len(keys) == len(set(keys))
    pairs: dict[frozenset[str], set[Relation]] = {}
    ranks: dict[tuple[Relation, str], list[int]] = {}
    for edge in edges:
        assert edge.source_id != edge.target_id
        assert edge.explanation
        ranks.setdefault((edge.relation, edge.source_id), []).append(edge.rank)
        if edge.relation in {Relation.COMPLEMENTS, Relation.SUBSTITUTES}:
            pairs.setdefault(frozenset({edge.source_id, edge.target_id}), set()).add(edge.relation)
    assert all(len(relations) == 1 for relations in pairs.values())
    assert all(found == list(range(1, len(found) + 1)) for found in ranks.values())


@given(_proposals(), st.sampled_from(["accept", "edit", "pin", "reject"]))
@settings(max_examples=80, deadline=None)
def test_a_decision_beats_every_rule(proposed: tuple[list[Statement], dict[str, Link]], action: str) -> None:
    """A wanted pair is an edge whatever the rules say, a rejected one never is."""
    statements, links = proposed
    word = decision(action, "tortilla chips", "salsa", explanation="Because people say so.")
    found = [
        edge
        for edge in run(statements, word, linked=links).edges
        if (edge.relation, edge.source_id, edge.target_id) == (Relation.COMPLEMENTS, "tortilla-chips", "salsa")
    ]
    assert [edge.explanation for edge in found] == ([] if action == "reject" else ["Because people say so."])


@given(_proposals())
@settings(max_examples=40, deadline=None)
def test_more_plausible_is_never_judged_worse_alone(proposed: tuple[list[Statement], dict[str, Link]]) -> None:
    """Raising a single claim's plausibility never turns its verdict for the worse."""
    statements, links = proposed
    rising = [VerdictKind.DROP, VerdictKind.REVIEW, VerdictKind.KEEP]
    for made in statements[:3]:
        low, high = (run([replace(made, plausibility=value)], linked=links).verdicts for value in (0.3, 0.9))
        assert [rising.index(each.verdict) for each in low] <= [rising.index(each.verdict) for each in high]


@given(st.text())
def test_a_disarmed_cell_comes_back(text: str) -> None:
    """Disarming a cell loses nothing, and never leaves a formula."""
    assert unsafe_cell(safe_cell(text)) == text
    assert not safe_cell(text).startswith(("=", "+", "-", "@"))
