"""The README's first command, as a new user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts.commands import LIVE

KG = [sys.executable, "-m", "kg.cli.main"]


def _kg(*arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*KG, *arguments], cwd=cwd, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def without_weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """The demo on a machine where the weights cannot be had: an empty cache and no package index."""
    folder = tmp_path_factory.mktemp("demo")
    done = _kg(
        "demo",
        "shop",
        cwd=folder,
        XDG_CACHE_HOME=str(folder / "cache"),
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS="",
        PIP_CONFIG_FILE=os.devnull,
        https_proxy="http://127.0.0.1:9",
    )
    return done, folder


def test_demo_without_weights_finishes_on_the_recorded_answers_and_exits_3(
    without_weights: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """No weights: everything recorded is built and shown, one line says what is missing, the exit code is 3."""
    done, _ = without_weights
    assert done.returncode == 3, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert "the weights of" in last
    assert "cannot be had" in last
    assert "Products for insomnia" in done.stdout


def test_demo_asks_live_for_exactly_the_intents_that_are_left_out(
    without_weights: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """The recorded answers cover all but three intents: what has no answer is about these three only."""
    _, folder = without_weights
    shop = folder / "shop"
    build = (shop / "builds" / "LATEST").read_text(encoding="utf-8").strip()
    failures = [
        json.loads(line)["item"]
        for file in sorted((shop / "builds" / build / "extract").glob("failures*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    subjects = {item.partition(": ")[2].partition(" [")[0] for item in failures}
    assert subjects == LIVE


def test_demo_shows_every_part_of_the_graph(
    without_weights: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """The demo shows an intent, a product's complements, substitutes and pairings, counts, origin and next steps."""
    done, _ = without_weights
    for text in (
        "Products for",
        "Goes with",
        "Can replace",
        "Tastes good with",
        "from the recorded answers",
        "Next, try",
    ):
        assert text in done.stdout
    assert "nothing is known" not in done.stdout


@pytest.mark.model
@pytest.mark.timeout(900)
def test_demo_with_the_model_asks_live_once_and_then_never_again(tmp_path: Path) -> None:
    """The embedded model answers what is not recorded; a second run asks nothing and changes nothing."""
    first = _kg("demo", "shop", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    report = json.loads((tmp_path / "shop" / "builds" / "last_run.json").read_text(encoding="utf-8"))
    assert report["answers"]["live"] >= len(LIVE)
    assert report["answers"]["failed"] == 0

    second = _kg("demo", "shop", cwd=tmp_path)
    assert second.returncode == 0, second.stderr
    again = json.loads((tmp_path / "shop" / "builds" / "last_run.json").read_text(encoding="utf-8"))
    assert again["answers"]["live"] == 0
    assert again["load"]["created"] + again["load"]["updated"] + again["load"]["deleted"] == 0
    assert again["build"] == report["build"]
