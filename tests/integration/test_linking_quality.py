"""The linker of products on two public benchmarks that no weight was made from: it does not fall below its floors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.parts.commands import kg_process

DEV = Path(__file__).parents[2] / ".." / "shared" / "data" / "dev"
SETS = {"em_abt_buy": 0.92, "em_amazon_google": 0.79}
"""The accuracy of the package's model over all mentions is above these."""


@pytest.fixture(scope="module", params=sorted(SETS))
def found(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The figures of one set."""
    folder = (DEV / request.param).resolve()
    if not folder.is_dir():
        pytest.fail(f"the labelled mentions are missing: expected at {folder}", pytrace=False)
    said = kg_process("evaluate", "linking", folder, "--json", "-q", timeout=280)
    assert said.code == 0, said.err
    return said.data


def test_the_shipped_model_is_as_good_as_it_was(found: dict[str, Any]) -> None:
    """Without labels of the shop, the best candidate is right as often as the documentation says."""
    assert found["accuracy_of_all"]["value"] > SETS[found["name"]]


def test_labels_do_no_harm(found: dict[str, Any]) -> None:
    """A model fitted to half of the mentions is no worse on the other half than the package's."""
    shipped, _, fitted = found["rows"]
    assert fitted["accuracy"]["value"] >= shipped["accuracy"]["value"] - 0.02


def test_calibration_makes_probabilities_mean_what_they_say(found: dict[str, Any]) -> None:
    """Recalibrated on half of the mentions, the calibration error on the other half is small."""
    _, calibrated, fitted = found["rows"]
    assert calibrated["calibration_error"]["value"] < 0.08
    assert fitted["calibration_error"]["value"] < 0.08


def test_string_similarity_does_worse(found: dict[str, Any]) -> None:
    """The whole interval is above what a few lines of code reach on the same mentions."""
    for floor in found["floors"]:
        assert found["rows"][0]["accuracy"]["low"] > floor["accuracy"]["value"]
