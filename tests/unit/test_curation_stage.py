"""The stage as a whole: verdicts, edges, human decisions, counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from kg.config import load_yaml, validate
from kg.curation.claims import EdgeKey
from kg.curation.curate import CurationContext, curate
from kg.curation.edges import content_hash
from kg.curation.options import CurationOptions, PolicyOptions, Threshold
from kg.errors import ConfigError
from kg.model import Edge, Evidence, NodeKind, Relation, StageCounts, TypeId, TypeSupport, VerdictKind
from tests.parts.curation_shop import TYPES, decision, edge_to, link, links, run, statement, verdict_of

KEEP, REVIEW, DROP = VerdictKind.KEEP, VerdictKind.REVIEW, VerdictKind.DROP
SUBSTITUTES, SATISFIED_BY = Relation.SUBSTITUTES, Relation.SATISFIED_BY
SALSA = statement("tortilla chips", "salsa", explanation="Tangy tomato dip that salty corn scoops up.")
BAD = statement("tortilla chips", "guacamole", explanation="Cures cancer, they say.", plausibility=0.01)


def key_of(edge: Edge) -> EdgeKey:
    """Return what makes an edge one edge."""
    return edge.relation, edge.source_kind, edge.source_id, edge.target_id


def test_a_kept_statement_becomes_an_edge_with_its_evidence() -> None:
    """The edge carries explanation, scores, provenance, engagement and the statement's id."""
    support = (TypeSupport(TypeId("salsa"), TypeId("tortilla-chips"), 90, 3.5),)
    result = run([SALSA], support=support)
    (edge,) = result.edges
    assert (edge.source_id, edge.target_id, edge.rank) == ("tortilla-chips", "salsa", 1)
    assert (edge.evidence.lift, edge.evidence.pairs) == (3.5, 90)
    assert edge.statement_ids == (SALSA.id,)
    assert verdict_of(result, SALSA).rule == "passed"
    assert edge.confidence > run([SALSA]).edges[0].confidence


def test_the_first_drop_decides_and_what_was_passed_is_listed() -> None:
    """A verdict names the first rule that drops, and the rules passed before it."""
    verdict = verdict_of(run([BAD]), BAD)
    assert (verdict.verdict, verdict.rule) == (DROP, "unsafe_claim")
    assert "nil" in verdict.passed
    assert "plausibility" not in verdict.passed


def test_a_drop_beats_an_earlier_review() -> None:
    """A claim that one rule would review and a later one drops is dropped."""
    made = replace(SALSA, explanation="It is safe for all corn lovers.", plausibility=0.01)
    assert verdict_of(run([made]), made).rule == "plausibility"


@pytest.mark.parametrize(("action", "expected"), [("off", KEEP), ("drop", DROP), ("review", REVIEW)])
def test_a_shop_may_change_what_a_rule_does(action: str, expected: VerdictKind) -> None:
    """A rule's verdict follows the settings."""
    made = replace(SALSA, explanation="It is a great product.")
    options = CurationOptions.model_validate({"rules": {"generic_explanation": action}})
    assert verdict_of(run([made], options=options), made).verdict is expected


def test_a_bare_off_of_yaml_is_off(tmp_path: Path) -> None:
    """YAML reads off without quotes as false, which means off here; on is a mistake, told with its place and remedy."""
    path = tmp_path / "config.yaml"
    path.write_text("rules: {copied: off, same_head: 'off', misfit: drop}\n")
    options = validate(load_yaml(path), CurationOptions)
    assert options.rules == {"copied": "off", "same_head": "off", "misfit": "drop"}
    path.write_text("rules:\n  copied: on\n")
    with pytest.raises(
        ConfigError, match=r"config\.yaml:2: rules\.copied: True: no action .* write drop, review or off"
    ):
        validate(load_yaml(path), CurationOptions)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rules": {"nil": "off"}},
        {"rules": {"no_such_rule": "drop"}},
        {"policy": {"unsafe": [{"pattern": "("}]}},
        {"policy": {"model_talk": ["["]}},
        {"thresholds": {"COMPLEMENTS": {"link": {"keep": 0.1, "drop": 0.9}}}},
        {"thresholds": {"COMPLEMENTS": {"link": {"keep": 0.3}}}},
        {"thresholds": {"COMPLEMENTS": {"link": 0.3}}},
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, object]) -> None:
    """A fixed or unknown rule, a broken pattern and crossed thresholds are errors of the configuration."""
    with pytest.raises(ValidationError):
        CurationOptions.model_validate(wrong)


def test_statements_that_cannot_be_judged_are_failures() -> None:
    """No link, an unknown subject or target, a relation no model states and a doubled id are failed, not lost."""
    unknown = replace(SALSA, id="u", subject_id="nowhere")
    product = replace(SALSA, id="p", subject_kind=NodeKind.PRODUCT)
    gone = replace(SALSA, id="g")
    is_a = replace(SALSA, id="i", relation=Relation.IS_A)
    given = [SALSA, SALSA, unknown, product, gone, is_a, replace(SALSA, id="n")]
    linked = {each.id: link("salsa") for each in (SALSA, unknown, product, is_a)}
    linked["g"] = replace(link("salsa"), target_id="nowhere")
    result = run(given, linked=linked)
    assert result.counts == StageCounts(taken=7, kept=1, failed=6)
    assert len(result.failures) == 6
    assert sorted(each.item for each in result.failures) == sorted(["u", "p", "g", "i", "n", SALSA.id])


def test_two_mentions_of_one_type_make_one_edge() -> None:
    """The better one stays, the other is a duplicate, and its samples and contexts are joined."""
    other = replace(
        statement("tortilla chips", "tomato salsa", plausibility=0.7),
        contexts=("party",),
        evidence=Evidence(samples=3, agreed=3),
    )
    result = run([SALSA, other], linked={SALSA.id: link("salsa"), other.id: link("tomato salsa", "salsa")})
    (edge,) = result.edges
    lost = next(each for each in result.verdicts if each.verdict is DROP)
    assert lost.rule == "duplicate"
    assert edge.statement_ids == tuple(sorted([SALSA.id, other.id]))
    assert (edge.evidence.samples, edge.evidence.agreed, edge.contexts) == (3, 3, ("party",))


@pytest.mark.parametrize(("sure", "kept"), [(0.99, SUBSTITUTES), (0.8, Relation.COMPLEMENTS)])
def test_a_pair_is_never_both_substitute_and_complement(sure: float, kept: Relation) -> None:
    """The stronger claim holds, in whatever direction the pair is named; on a tie the complement."""
    one = statement("salsa", "hummus", plausibility=0.8, typicality=0.8)
    two = statement("hummus", "salsa", SUBSTITUTES, plausibility=sure, typicality=0.8)
    result = run([one, two])
    assert [edge.relation for edge in result.edges] == [kept]
    assert [each.rule for each in result.verdicts if each.verdict is DROP] == ["relation_clash"]


def test_a_kept_claim_holds_against_a_reviewed_one() -> None:
    """A claim that waits for a person does not push out one that is kept."""
    waiting = statement("salsa", "hummus", explanation="", plausibility=0.99, typicality=0.99)
    kept = statement("salsa", "hummus", SUBSTITUTES, plausibility=0.8, typicality=0.8)
    assert [edge.relation for edge in run([waiting, kept]).edges] == [SUBSTITUTES]


def test_substitutes_in_both_directions_are_symmetric() -> None:
    """The flag stands on both edges when both are kept, and on none otherwise."""
    there, back = statement("oat milk", "soy milk", SUBSTITUTES), statement("soy milk", "oat milk", SUBSTITUTES)
    assert [edge.symmetric for edge in run([there, back]).edges] == [True, True]
    assert [edge.symmetric for edge in run([there]).edges] == [False]


def test_a_subject_keeps_its_best_edges() -> None:
    """Beyond the maximum the least sure go to review; ranks follow confidence, ties the target's id."""
    names = {"salsa": 0.8, "guacamole": 0.9, "hummus": 0.8, "cheddar cheese": 0.7}
    made = [statement("tortilla chips", name, plausibility=sure) for name, sure in names.items()]
    result = run(made, options=CurationOptions(max_per_subject=3))
    assert [(edge.target_id, edge.rank) for edge in result.edges] == [("guacamole", 1), ("hummus", 2), ("salsa", 3)]
    assert verdict_of(result, made[3]).rule == "max_per_subject"


def test_the_hash_covers_the_content() -> None:
    """A new explanation gives a new hash, the same content the same."""
    (one,) = run([SALSA]).edges
    (same,) = run([SALSA]).edges
    (other,) = run([replace(SALSA, explanation="Cool tomato dip that salty corn scoops up.")]).edges
    assert one.h == same.h == content_hash(one)
    assert len(one.h) == 16
    assert other.h != one.h


def test_copied_reasons_are_found_over_the_build() -> None:
    """One reason for two targets of a subject sends both to review."""
    made = [
        statement("tortilla chips", name, explanation=f"{name.title()} brings a burst of taste to the party.")
        for name in ("salsa", "hummus")
    ]
    assert {each.rule for each in run(made).verdicts} == {"copied"}


@pytest.mark.parametrize("action", ["accept", "pin", "edit"])
def test_a_persons_word_beats_every_rule(action: str) -> None:
    """A claim that rules drop is kept, with the person's sentence, name, date and reason."""
    result = run([BAD], decision(action, "Tortilla Chip", "guacamole", explanation="Creamy dip for salty corn."))
    verdict, edge = verdict_of(result, BAD), edge_to(result, "guacamole")
    assert (verdict.verdict, verdict.rule) == (KEEP, "decision")
    assert "by ann on 2026-05-31: as sold" in verdict.reason
    assert (edge.explanation, edge.evidence.reviewer) == ("Creamy dip for salty corn.", "ann")
    assert result.decisions.applied == 1


def test_an_accepted_claim_keeps_the_models_sentence() -> None:
    """Accepting without a new sentence shows the model's."""
    result = run([BAD], decision("accept", "tortilla-chips", "guacamole"))
    assert edge_to(result, "guacamole").explanation == BAD.explanation


def test_an_accepted_claim_without_a_sentence_waits() -> None:
    """Nothing enters the graph without an explanation; the person is told."""
    mute = replace(SALSA, explanation="")
    result = run([mute], decision("accept", "tortilla chips", "salsa"))
    assert verdict_of(result, mute).verdict is REVIEW
    assert [each.reason for each in result.warnings] == ["no explanation"]
    assert result.edges == ()


def test_a_rejected_claim_is_dropped_in_all_its_mentions() -> None:
    """Every statement that leads to a rejected edge is dropped."""
    other = statement("tortilla chips", "tomato salsa")
    linked = {SALSA.id: link("salsa"), other.id: link("tomato salsa", "salsa")}
    result = run([SALSA, other], decision("reject", "tortilla chips", "salsa"), linked=linked)
    assert [(each.verdict, each.rule) for each in result.verdicts] == [(DROP, "decision")] * 2


def test_a_pin_ranks_first() -> None:
    """A pinned edge stands before surer ones and survives the maximum."""
    weak = statement("tortilla chips", "guacamole", plausibility=0.3, typicality=0.3)
    pin = decision("pin", "tortilla chips", "guacamole")
    result = run([SALSA, weak], pin, options=CurationOptions(max_per_subject=1))
    assert [(edge.target_id, edge.rank) for edge in result.edges] == [("guacamole", 1)]
    assert verdict_of(result, SALSA).rule == "max_per_subject"


@pytest.mark.parametrize("action", ["accept", "pin", "edit"])
def test_people_make_edges_that_no_model_proposed(action: str) -> None:
    """A decision with an explanation makes an edge, counted as taken and kept, with a human provenance."""
    made = decision(action, "printers", "ink cartridges", explanation="A printer is useless without ink.")
    result = run([], made)
    (edge,) = result.edges
    assert (edge.provenance.model, edge.confidence) == ("human", 1.0)
    assert edge.evidence == Evidence(samples=0, agreed=0, reviewer="ann")
    assert result.counts == StageCounts(taken=1, kept=1)
    assert result.decisions.created == 1


@pytest.mark.parametrize(("action", "remedy"), [("reject", "stays in force"), ("accept", "write an explanation")])
def test_decisions_that_meet_nothing_are_told(action: str, remedy: str) -> None:
    """A reject, or an accept without a sentence, on a pair that nobody proposes is a warning and no claim."""
    result = run([], decision(action, "printers", "ink cartridges"))
    assert [each.reason for each in result.warnings] == ["unmatched"]
    assert remedy in result.warnings[0].detail
    assert result.counts == StageCounts()
    assert result.decisions.unmatched == 1


def test_the_last_of_two_decisions_holds() -> None:
    """A later line on the same edge wins, and the earlier is told."""
    first = decision("accept", "tortilla chips", "salsa", line=2)
    last = decision("reject", "tortilla-chips", "Salsas", line=3)
    result = run([SALSA], last, first)
    assert result.edges == ()
    assert [(each.item, each.reason) for each in result.warnings] == [("decision:2", "superseded")]
    assert (result.decisions.superseded, result.decisions.applied) == (1, 1)


def test_people_cannot_want_a_pair_as_both() -> None:
    """Of a complement and a substitute that people want for one pair, the later line holds, either way round."""
    one = decision("accept", "salsa", "hummus", line=2, explanation="Two dips make one good platter.")
    two = decision("accept", "hummus", "salsa", SUBSTITUTES, explanation="Both fill the dip bowl.", line=3)
    result = run([], one, two)
    assert [edge.relation for edge in result.edges] == [SUBSTITUTES]
    assert result.decisions.superseded == 1
    assert result.decisions.balanced


def test_a_rejected_substitute_lets_a_wanted_complement_be() -> None:
    """Rejecting one relation and wanting the other is no conflict."""
    reject = decision("reject", "salsa", "hummus", SUBSTITUTES, line=2)
    accept = decision("accept", "salsa", "hummus", explanation="Two dips make one good platter.", line=3)
    made = statement("salsa", "hummus", SUBSTITUTES)
    result = run([made], reject, accept)
    assert (result.decisions.superseded, result.decisions.applied) == (0, 2)
    assert [edge.relation for edge in result.edges] == [Relation.COMPLEMENTS]


def test_a_wanted_pair_pushes_out_the_other_relation() -> None:
    """A person's complement drops the model's surer substitute."""
    made = statement("salsa", "hummus", SUBSTITUTES, plausibility=0.99, typicality=0.99)
    accept = decision("accept", "salsa", "hummus", explanation="Two dips make one good platter.")
    assert [edge.relation for edge in run([made], accept).edges] == [Relation.COMPLEMENTS]


def test_hallucinations_of_a_small_model_do_not_pass() -> None:
    """Caffeine for insomnia, hot dogs for chips and peanut butter for butter are caught without human help."""
    alert = "Coffee can help improve alertness and focus, which can help improve sleep quality."
    made = [
        statement("insomnia", "ground coffee", SATISFIED_BY, explanation=alert),
        statement("tortilla chips", "hot dogs"),
        statement("butter", "peanut butter", SUBSTITUTES),
    ]
    assert [verdict_of(run(made), each).verdict for each in made] == [REVIEW, DROP, REVIEW]


def test_progress_counts_statements() -> None:
    """Progress adds up to the statements taken in."""
    seen: list[int] = []
    curate([SALSA, BAD], links([SALSA, BAD]), CurationContext(TYPES), progress=seen.append)
    assert sum(seen) == 2


def test_thresholds_belong_to_a_relation() -> None:
    """A stricter threshold for one relation leaves the others alone."""
    options = CurationOptions.model_validate(
        {"thresholds": {"COMPLEMENTS": {"plausibility": {"keep": 0.99}}}, "policy": PolicyOptions()}
    )
    assert options.of(Relation.COMPLEMENTS).plausibility == Threshold(keep=0.99)
    assert options.of(SUBSTITUTES).plausibility.keep == 0.5
    assert verdict_of(run([SALSA], options=options), SALSA).rule == "plausibility"


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("confidence", {"keep": 0.85}, Threshold(keep=0.85, drop=0.15)),
        ("typicality", {"drop": 0.05}, Threshold(keep=0.35, drop=0.05)),
        ("link", {}, Threshold(keep=0.6, drop=0.35)),
        ("link", None, Threshold(keep=0.6, drop=0.35)),
        ("confidence", Threshold(keep=0.85), Threshold(keep=0.85, drop=0.15)),
        ("confidence", Threshold(keep=0.85, drop=0.2), Threshold(keep=0.85, drop=0.2)),
    ],
)
def test_half_a_threshold_keeps_the_scores_own_other_half(name: str, given: object, expected: Threshold) -> None:
    """What is left out of a threshold is the default of that score, not of thresholds at large."""
    options = CurationOptions.model_validate({"thresholds": {"SUBSTITUTES": {name: given}}})
    assert getattr(options.of(SUBSTITUTES), name) == expected
    assert CurationOptions.model_validate(options.model_dump(mode="json")) == options


def test_settings_are_written_in_one_order() -> None:
    """Settings go into keys of shards: lists keep the order in which they were written."""
    written = CurationOptions().model_dump(mode="json")
    assert written["variants"]["sizes"][:3] == ["big", "bulk", "compact"]
    assert CurationOptions.model_validate(written) == CurationOptions()
