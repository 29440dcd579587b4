"""The measures on cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from kg.evaluate.linking.cases import Decisions
from kg.evaluate.linking.measures import at_threshold, balanced, curve, nil_ceiling, reliability, shown_share
from kg.evaluate.linking.pairs import best_threshold
from kg.evaluate.resampling import Estimate, calibration_error, ranking

EXPECTED = np.array([True, True, True, False, False])
EVERY = np.ones(5, dtype=bool)
# Sold and right, sold and wrong, sold and right but doubtful, not sold and doubtful, not sold and no candidate at all.
FOUND = Decisions(
    best=np.array([0, 1, 2, 3, -1]),
    chance=np.array([0.9, 0.8, 0.4, 0.3, 0.0]),
    right=np.array([True, False, True, False, False]),
    place=np.array([1, 2, 1, 0, 0]),
)


def test_links_and_refusals_are_counted_at_a_threshold() -> None:
    """Two links of which one is right, of three sold; three NILs of which two are due, of two."""
    found = at_threshold(FOUND, EXPECTED, EVERY, 0.5)
    values = [found.precision, found.recall, found.f1, found.nil_precision, found.nil_recall]
    assert [each.value for each in values] == [0.5, 0.3333, 0.4, 0.6667, 1.0]
    assert [each.of for each in values] == [2, 3, 5, 3, 2]


def test_a_mention_without_candidates_is_never_a_link() -> None:
    """A threshold of zero accepts all that has a candidate."""
    found = at_threshold(FOUND, EXPECTED, EVERY, 0.0)
    assert (found.precision.value, found.precision.of) == (0.5, 4)
    assert (found.nil_precision.value, found.nil_recall.value) == (1.0, 0.5)


def test_only_the_mentions_asked_for_count() -> None:
    """Mentions of the other half do not touch a figure."""
    found = at_threshold(FOUND, EXPECTED, np.array([True, False, False, False, True]), 0.5)
    assert (found.precision.value, found.recall.value, found.nil_precision.value) == (1.0, 1.0, 1.0)


def test_intervals_hold_their_figure() -> None:
    """Every figure lies in its interval, and few mentions make it wide."""
    found = at_threshold(FOUND, EXPECTED, EVERY, 0.5)
    for each in (found.precision, found.recall, found.f1, found.nil_precision):
        assert each.value is not None
        assert each.low is not None
        assert each.high is not None
        assert each.low <= each.value <= each.high
        assert each.high - each.low > 0.3


def test_the_balanced_threshold_has_the_best_mean_of_nil_precision_and_recall() -> None:
    """Below 0.4 stand the two that are not sold and nothing else."""
    assert balanced(FOUND, EXPECTED, EVERY) == pytest.approx(0.4)


def test_the_curve_goes_from_the_surest_link_to_all() -> None:
    """A point for each probability: precision among links so far, recall among what is sold."""
    points = [(point.threshold, point.precision, point.recall) for point in curve(FOUND, EXPECTED, EVERY)]
    assert points[0] == (0.9, 1.0, 0.3333)
    assert points[2] == (0.4, 0.6667, 0.6667)
    assert len(points) == 4


def test_mentions_of_one_probability_are_one_point() -> None:
    """No threshold can tell them apart, so no point does."""
    tied = Decisions(FOUND.best, np.full(5, 0.7), FOUND.right, FOUND.place)
    assert [(point.precision, point.recall) for point in curve(tied, EXPECTED, EVERY)] == [(0.5, 0.6667)]


def test_a_wrong_best_candidate_bounds_nil_precision() -> None:
    """Whoever refuses all that is wrong refuses one that is sold, and the two that are not: 2 of 3."""
    found = nil_ceiling(FOUND, EXPECTED, EVERY)
    assert (found.value, found.of) == (0.6667, 3)


def test_the_calibration_error_is_that_of_guo() -> None:
    """By hand: 2 of 4 in the bin of 0.95 (1 right), 2 in that of 0.15 (none right): (2 x 0.45 + 2 x 0.15) / 4."""
    found = calibration_error([0.95, 0.95, 0.15, 0.15], [True, False, False, False])
    assert found.value == pytest.approx(0.3)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= 0.3 <= found.high


def test_errors_of_opposite_sign_in_one_bin_cancel() -> None:
    """0.42 right and 0.48 wrong are on average 0.45 and half right."""
    assert calibration_error([0.42, 0.48], [True, False]).value == pytest.approx(0.05)


def test_a_probability_of_one_is_in_the_last_bin() -> None:
    """The last bin is closed on both sides."""
    (last,) = reliability(np.array([1.0, 0.92]), np.array([True, False]))
    assert (last.low, last.high, last.count, last.mean, last.right) == (0.9, 1.0, 2, 0.96, 0.5)


def test_average_precision_is_the_mean_precision_at_what_is_right() -> None:
    """Right at places 1 and 3: (1 + 2/3) / 2."""
    assert ranking([0.9, 0.5, 0.4, 0.1], [True, False, True, False]).value == pytest.approx(0.8333)


def test_without_anything_right_there_is_no_average_precision() -> None:
    """A figure that is not defined is none, not zero."""
    assert ranking([0.1], [False]) == Estimate(None, None, None, 1)


def test_the_best_threshold_of_pairs_maximises_f1() -> None:
    """Taking the first three gives two of two: F1 0.8; a tie at the cut is taken whole."""
    same = np.array([True, False, True, False])
    assert best_threshold(np.array([0.9, 0.5, 0.5, 0.1]), same) == 0.5
    assert best_threshold(np.array([0.9, 0.2, 0.8, 0.1]), same) == 0.8


def test_a_figure_is_shown_with_its_interval() -> None:
    """Three digits each; a dash where there is none."""
    assert shown_share(Estimate(0.5, 0.25, 0.75, 4)) == "0.500 [0.250, 0.750]"
    assert shown_share(Estimate(None, None, None, 0)) == "-"
