"""What a decision is the sum of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kg.model import Candidate
from linkers.products.explain import acceptance, advantage
from linkers.products.model import Model, default_model
from linkers.products.registry import build_product_linker
from tests.parts.product_shop import index_of

MODEL = Model(1, {"said": 2.0, "contrast": -3.0, "code": 1.0}, -1.0, {"score": 1.5, "said": 0.5}, ())
BEST = Candidate("1", "hot salsa", 0.9, {"said": 1.0, "contrast": 0.5})
SECOND = Candidate("2", "salsa", 0.1, {"said": 0.75})


def test_an_advantage_is_the_difference_of_the_scores() -> None:
    """The terms are the differences of two candidates times their weights, the largest first."""
    found = [(part.name, part.value, part.adds) for part in advantage(MODEL, [BEST, SECOND])]
    assert found == [("contrast", 0.5, -1.5), ("said", 1.0, 0.5)]


def test_an_advantage_without_a_second_is_the_score() -> None:
    """A candidate alone has the terms of its own score."""
    assert sum(part.adds for part in advantage(MODEL, [BEST])) == pytest.approx(0.5)


def test_every_part_says_what_it_is() -> None:
    """Each term has a sentence that says what its value means."""
    assert all(part.means for part in [*advantage(MODEL, [BEST, SECOND]), *acceptance(MODEL, [BEST, SECOND])])


@pytest.mark.parametrize("titles", [("hot salsa", "mild salsa", "salsa dip"), ("hot salsa",)])
def test_an_acceptance_adds_up_to_the_probability(tmp_path: Path, titles: tuple[str, ...]) -> None:
    """The terms and the model's bias are the log-odds of the confidence of a link."""
    index = index_of(tmp_path, *titles)
    link = build_product_linker("hybrid", {"explain": 50}, index).link("tomato salsa mild")
    odds = default_model().bias + sum(part.adds for part in acceptance(default_model(), link.candidates))
    assert 1 / (1 + np.exp(-odds)) == pytest.approx(link.confidence, abs=0.005)
