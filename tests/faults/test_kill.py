"""``kill -9`` at any moment, then the same command: the same bytes, nothing lost, nothing doubled."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.parts.artefacts import fingerprint, graph_digest
from tests.parts.commands import kg_process, sample_shop
from tests.parts.fault_counts import times

SHOPS = times(10, 3)
SEED = 20


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The sample built in peace, and how many seconds that took."""
    config = sample_shop(tmp_path_factory.mktemp("peace"))
    started = time.monotonic()
    said = kg_process("build", "-q", "--config", config)
    assert said.code == 0, said.err
    return config, time.monotonic() - started


@pytest.mark.timeout(900)
def test_a_build_killed_at_any_moment_ends_as_if_nothing_had_happened(
    undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    """SIGKILL at random moments, two to a shop (so that recovery is killed as well), then the same command."""
    peace, seconds = undisturbed
    expected, graph = fingerprint(peace), graph_digest(peace)
    moments = random.Random(SEED)
    killed = 0
    for number in SHOPS:
        folder = tmp_path / f"shop-{number}"
        config = sample_shop(folder)
        killed += _killed(config, moments.uniform(0.05, 0.95) * seconds)
        killed += _killed(config, moments.uniform(0.05, 0.95) * seconds)
        said = kg_process("build", "-q", "--config", config)
        assert said.code == 0, said.err
        assert fingerprint(config) == expected, f"artefacts differ after kill {number}"
        assert graph_digest(config) == graph, f"the graph differs after kill {number}"
        shutil.rmtree(folder)
    assert killed >= len(SHOPS), "most runs ended before they could be killed: the moments prove nothing"


def _killed(config: Path, after: float) -> bool:
    """Start a build and kill it after so many seconds; return whether it was still running."""
    command = [sys.executable, "-m", "kg.cli.main", "build", "-q", "--config", str(config)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            process.wait(timeout=after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return True
    return False
