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


def _install(environment: Path, what: str) -> Path:
    """Install ``what`` with its dependencies; return the environment's ``kg``."""
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q", "install"]
    command = [*pip, "-c", str(ROOT / "constraints.txt"), what]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return environment / "bin" / "kg"


@pytest.fixture(scope="module")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str], Path]:
    """A fresh environment, and what building the sample says there with the wheel alone: no local extra."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    kg = _install(folder, str(wheel))
    config = sample_shop(tmp_path_factory.mktemp("base"))
    done = subprocess.run([kg, "build", "-q", "--config", config], capture_output=True, text=True, check=False)
    return folder, done, config


@pytest.fixture(scope="module")
def installed(base: tuple[Path, subprocess.CompletedProcess[str], Path], wheel: Path) -> Path:
    """The ``kg`` of an environment that has the wheel with its local extra, and nothing of this tree."""
    return _install(base[0], f"{wheel}[local]")


def test_the_wheel_alone_does_all_but_the_embedded_parts(
    base: tuple[Path, subprocess.CompletedProcess[str], Path],
) -> None:
    """Without the local extra every stage runs from recorded answers; the embedded graph is refused with its remedy."""
    _, done, config = base
    assert done.returncode == 1
    assert "product-kg[local]" in done.stderr
    assert "Traceback" not in done.stderr
    assert (config.parent / "builds" / "LATEST").is_file()


def test_the_wheel_holds_cypher_prompts_word_lists_and_the_sample(wheel: Path) -> None:
    """Everything that is read at run time ships; tests and benchmarks do not."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for pattern in (
        "cypher/**/*.cypher",
        "cypher/**/*.sql",
        "extractors/prompts/*.md",
        "linkers/types/lexicon/*",
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
