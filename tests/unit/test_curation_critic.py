"""The critic's formula."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from kg.curation.critic import calibrate, engagement_evidence, score
from kg.curation.options import CalibrationOptions, Platt, ScoringOptions
from kg.model import Evidence, Relation, TypeId, TypeSupport
from tests.parts.curation_shop import link, statement

OPTIONS = ScoringOptions()


def support(lift: float, pairs: int) -> TypeSupport:
    """Return an engagement record."""
    return TypeSupport(TypeId("salsa"), TypeId("tortilla-chips"), pairs, lift)


def test_confidence_is_the_weighted_mean_times_the_link() -> None:
    """Without other evidence the confidence is P^0.6 * T^0.4 * L."""
    made = statement("tortilla chips", "salsa", plausibility=0.9, typicality=0.5)
    scores = score(made, link("salsa", confidence=0.8), None, OPTIONS)
    assert (scores.plausibility, scores.typicality) == (0.9, 0.5)
    assert scores.confidence == pytest.approx(0.8 * 0.9**0.6 * 0.5**0.4, abs=1e-6)


def test_a_score_that_was_not_asked_is_neutral() -> None:
    """None and NaN stand for the neutral value, values beyond 0..1 for its ends."""
    assert calibrate(None, Platt(), 0.5) == 0.5
    assert calibrate(float("nan"), Platt(), 0.4) == 0.4
    assert [calibrate(value, Platt(), 0.5) for value in (-1.0, 7.0)] == [0.0, 1.0]


def test_a_calibrator_moves_a_probability() -> None:
    """A fitted slope softens overconfident answers; a neutral score is left alone."""
    soft = Platt(slope=0.5, intercept=0.0)
    assert calibrate(0.99, soft, 0.5) == pytest.approx(1 / (1 + math.sqrt(0.01 / 0.99)))
    assert calibrate(None, Platt(intercept=3.0), 0.5) == 0.5
    options = ScoringOptions(calibration={Relation.COMPLEMENTS: CalibrationOptions(plausibility=soft)})
    made = statement("tortilla chips", "salsa", plausibility=0.99)
    assert score(made, link("salsa"), None, options).plausibility < 0.95


def test_engagement_speaks_for_complements_and_a_little_against_substitutes() -> None:
    """A lift above 1 raises a complement's log-odds, lowers a substitute's, and leaves an intent's alone."""
    bought = support(4.0, 90)
    assert engagement_evidence(Relation.COMPLEMENTS, bought, OPTIONS) == pytest.approx(math.log(4) * 0.9)
    assert engagement_evidence(Relation.SUBSTITUTES, bought, OPTIONS) < 0
    assert engagement_evidence(Relation.SATISFIED_BY, bought, OPTIONS) == 0
    assert engagement_evidence(Relation.COMPLEMENTS, None, OPTIONS) == 0


@pytest.mark.parametrize("lift", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_lift_is_no_evidence(lift: float) -> None:
    """A lift that is not a positive number counts for nothing."""
    assert engagement_evidence(Relation.COMPLEMENTS, support(lift, 9), OPTIONS) == 0


def test_few_pairs_count_for_little_and_no_lift_beyond_the_cap() -> None:
    """A lift seen once is shrunk towards nothing, a huge one is cut at the cap."""
    assert engagement_evidence(Relation.COMPLEMENTS, support(4.0, 1), OPTIONS) < 0.2
    assert engagement_evidence(Relation.COMPLEMENTS, support(1e9, 10_000), OPTIONS) == OPTIONS.engagement_cap


def test_agreement_over_samples_is_evidence() -> None:
    """Five of five samples raise the confidence, one of five lowers it, a single sample says nothing."""
    made = statement("tortilla chips", "salsa", plausibility=0.7, typicality=0.7)

    def confidence(samples: int, agreed: int) -> float:
        evidence = Evidence(samples=samples, agreed=agreed)
        return score(replace(made, evidence=evidence), link("salsa"), None, OPTIONS).confidence

    assert confidence(5, 1) < confidence(1, 1) < confidence(5, 5)


def test_extreme_scores_stay_probabilities() -> None:
    """Certainty on both sides gives a finite confidence in 0..1."""
    for value in (0.0, 1.0):
        made = statement("tortilla chips", "salsa", plausibility=value, typicality=value)
        assert 0 <= score(made, link("salsa"), support(1e12, 10**6), OPTIONS).confidence <= 1
