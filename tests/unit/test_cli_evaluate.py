"""'kg evaluate linking' and 'kg linker': figures on stdout, talk on stderr, files whole, mistakes on one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linkers.products.features import FEATURES
from linkers.products.model import load_model
from tests.parts.commands import kg
from tests.parts.labelled_shop import labelled_shop, write_table


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of labelled mentions."""
    return labelled_shop(tmp_path_factory.mktemp("labelled"))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of pairs."""
    folder = tmp_path_factory.mktemp("pairs")
    rows = [
        (f"Norvik toaster NT-{300 + at}", f"toaster NT-{300 + at + at % 2 * 7} by Norvik", 1 - at % 2)
        for at in range(60)
    ]
    write_table(folder / "toasters_test.csv", ("title_a", "title_b", "match"), rows)
    return folder


def test_the_figures_go_to_stdout_and_the_talk_to_stderr(shop: Path, tmp_path: Path) -> None:
    """The table stands alone on stdout; progress and where the report is do not."""
    report = tmp_path / "deep" / "report.html"
    said = kg("evaluate", "linking", shop, "--report", report)
    assert said.code == 0
    for name in ("accuracy@1", "candidate recall@10", "NIL recall", "calibration error", "rapidfuzz", "TF-IDF"):
        assert name in said.out
    assert "compare: 90 of 90" in said.err
    assert f"report written to {report}" in said.err
    assert report.read_text(encoding="utf-8").count("<article>") > 5


def test_json_is_one_object_with_all_figures(shop: Path) -> None:
    """Machines get the rows with intervals, curves, bins and floors; quiet means quiet."""
    said = kg("evaluate", "linking", shop, "--json", "-q", "--precision", "0.9", "--seed", "3")
    assert (said.code, said.err) == (0, "")
    assert [row["name"] for row in said.data["rows"]] == ["shipped", "calibrated", "fitted"]
    assert (said.data["plan"]["precision"], said.data["plan"]["seed"]) == (0.9, 3)
    first = said.data["rows"][0]
    assert first["accuracy"]["low"] <= first["accuracy"]["value"] <= first["accuracy"]["high"]
    assert first["curve"]
    assert first["reliability"]
    assert len(said.data["floors"]) == 2


def test_pairs_are_recognised_by_their_columns(pairs: Path, tmp_path: Path) -> None:
    """A folder of pairs is evaluated as pairs, as a table, as JSON and as a page."""
    said = kg("evaluate", "linking", pairs, "--report", tmp_path / "pairs.html")
    assert said.code == 0
    assert "toasters_test: 60 pairs, 30 of one product" in said.out
    assert "average precision" in said.out
    assert "toasters_test" in (tmp_path / "pairs.html").read_text()
    (found,) = kg("evaluate", "linking", pairs / "toasters_test.csv", "--json", "-q").data["pairs"]
    assert found["rows"][0]["name"] == "shipped"


@pytest.mark.parametrize("linker", ["exact", "semantic"])
def test_a_linker_that_uses_no_model_takes_none(shop: Path, linker: str) -> None:
    """A model that would be ignored is a mistake, not a wish."""
    said = kg("evaluate", "linking", shop, "--linker", linker, "--model", "x.json")
    assert (said.code, said.out) == (2, "")
    assert f"--model is for hybrid and lexical: {linker} uses none" in said.err


def test_a_mistake_in_the_labels_is_one_line(shop: Path, tmp_path: Path) -> None:
    """Exit 1, with file, line, field and remedy."""
    folder = labelled_shop(tmp_path / "shop", mentions=10)
    write_table(folder / "gold.csv", ("mention_id", "catalog_id"), [("m0", "nosuch")])
    said = kg("evaluate", "linking", folder)
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "gold.csv:2: catalog_id: no row of catalog has the id 'nosuch'; write ids as they stand there" in said.err


def test_a_fitted_model_can_be_shown_and_used(shop: Path, tmp_path: Path) -> None:
    """What 'fit' writes is readable, and 'show' and 'evaluate --model' take it."""
    out = tmp_path / "models" / "shop.json"
    said = kg("linker", "fit", shop, "--out", out)
    assert said.code == 0
    assert "fitted on" in said.out
    assert f"set linking.products.hybrid.model: {out} in config.yaml" in said.err
    text = out.read_text()
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"
    assert load_model(out).made == f"kg linker fit: 39 mentions (half, by hash with seed 1) of {shop.name}"
    assert (
        f"made by: kg linker fit: 39 mentions (half, by hash with seed 1) of {shop.name}"
        in kg("linker", "show", out).out
    )
    used = kg("evaluate", "linking", shop, "--model", out, "--json", "-q").data["rows"]
    assert used[0]["accuracy"] == used[2]["accuracy"]


def test_fitting_twice_gives_the_same_file(shop: Path, tmp_path: Path) -> None:
    """A model depends on labels and seed alone."""
    for name in ("a", "b"):
        assert kg("linker", "fit", shop, "--out", tmp_path / name, "--all", "-q").code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "b"]


def test_fitting_on_everything_reports_nothing(shop: Path, tmp_path: Path) -> None:
    """There is nothing left to report on; the file is there all the same."""
    said = kg("linker", "fit", shop, shop, "--out", tmp_path / "m.json", "--all", "--json", "-q")
    assert (said.code, said.err) == (0, "")
    assert said.data["reports"] == []
    assert "180 mentions (all)" in said.data["model"]["made"]


def test_too_few_labels_write_no_file(tmp_path: Path) -> None:
    """A failure leaves nothing behind."""
    folder = labelled_shop(tmp_path / "few", mentions=6)
    said = kg("linker", "fit", folder, "--out", tmp_path / "m.json", "-q")
    assert (said.code, said.out) == (1, "")
    assert "few: fewer than 10 mentions to fit on have a right candidate; label more mentions" in said.err
    assert not (tmp_path / "m.json").exists()


def test_the_weights_are_shown_with_what_they_weigh() -> None:
    """Every weight of the package's model stands beside the meaning of its feature."""
    said = kg("linker", "show")
    assert said.code == 0
    for name in kg("linker", "show", "--json").data["features"]:
        assert FEATURES[name] in said.out
    assert "bias" in said.out
    assert "threshold  precision  recall" in said.out


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    """One line with the file's name and what makes a model."""
    (tmp_path / "x.json").write_text("{}")
    said = kg("linker", "show", tmp_path / "x.json")
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "x.json: not a linker's model" in said.err
    assert "make one with 'kg linker fit'" in said.err


def test_decisions_without_a_model_are_shown_by_their_candidates(shop: Path, tmp_path: Path) -> None:
    """A linker that only compares titles has no weights to draw; the page shows what it chose from."""
    said = kg("evaluate", "linking", shop, "--linker", "exact", "-q", "--report", tmp_path / "page.html")
    assert (said.code, said.err) == (0, "")
    assert "note: exact has no weights" in said.out
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<li>" in page
    assert "before the second candidate" not in page
