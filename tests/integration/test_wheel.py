"""The wheel, installed alone in a fresh environment, does what the checkout does."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.parts.commands import sample_shop

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from this tree."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("product_kg-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``kg`` of a fresh environment that has the wheel with its local extra, and nothing of this tree."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q", "install"]
    command = [*pip, "-c", str(ROOT / "constraints.txt"), f"{wheel}[local]"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "bin" / "kg"


def test_the_wheel_holds_cypher_prompts_word_lists_and_the_sample(wheel: Path) -> None:
    """Everything that is read at run time ships; tests and benchmarks do not."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for pattern in (
        "cypher/**/*.cypher",
        "cypher/**/*.sql",
        "extractors/prompts/*.md",
        "linkers/lexicon/*",
        "kg/sample/*",
    ):
        expected = {str(path.relative_to(ROOT)) for path in ROOT.glob(pattern) if path.is_file()}
        assert expected, pattern
        assert expected <= names, pattern
    assert not [name for name in names if name.startswith(("tests/", "bench/"))]


def test_the_installed_wheel_builds_and_answers(installed: Path, tmp_path: Path) -> None:
    """The sample is built from recorded answers, and looked up, with the installed command alone."""
    version = subprocess.run([installed, "--version"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert version.stdout.startswith("kg, version ")
    config = sample_shop(tmp_path / "shop")
    build = subprocess.run(
        [installed, "build", "-q", "--config", config], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert build.returncode == 0, build.stderr
    look = subprocess.run(
        [installed, "lookup", "intent", "insomnia", "--config", config],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert look.returncode == 0, look.stderr
    assert "Products for insomnia" in look.stdout


def test_the_installed_wheel_makes_the_sample(installed: Path, tmp_path: Path) -> None:
    """``kg init --sample`` finds the sample inside the wheel."""
    done = subprocess.run(
        [installed, "init", "--sample", "shop"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "shop" / "sample" / "products.csv").read_bytes() == (
        ROOT / "kg/sample/products.csv"
    ).read_bytes()
