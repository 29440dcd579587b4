"""``kill -9`` while a batch is made, waited for or collected: no answer is lost, and none is paid for twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from extractors.llm.asker import Asker
from extractors.llm.options import ModelOptions
from extractors.llm.questions import Answer, Question
from extractors.llm.session import open_askers
from kg.model import Failure
from tests.parts.batches import question
from tests.parts.fault_counts import times
from tests.servers.provider import Provider
from tests.servers.provider_process import ROOT, ProviderProcess, running_process

MOMENTS = len(times(10, 5))
SEED = 20
PLAN = {
    "validating_s": 0.05,
    "progress_s": 0.1,
    "finalizing_s": 0.05,
    "faults": {"share": 0.2, "mix": {"server error": 1, "closed": 1}},
}
"""Every fifth line fails, so that there are second and third jobs to be killed in."""


def asked(number: int) -> list[Question]:
    """Return the questions of one round, which are no other's: alone, and such as share their prompts."""
    alone = [question(f"thing {at} of round {number}?") for at in range(24)]
    shared = f"What goes with these, in round {number}?\n{{lines}}"
    return alone + [question(shared, line=f"thing {at}") for at in range(24)]


@contextmanager
def opened(base_url: str, answers: Path, *, batch: bool = True) -> Generator[Asker]:
    """Open an asker that sends jobs of up to ten requests, and looks at them every twentieth of a second."""
    settings: dict[str, Any] = {"base_url": base_url, "model": "large", "max_tries": 20, "limits": {"pause_s": 0.01}}
    settings["batch"] = {"enabled": batch, "poll_s": 0.05, "max_requests": 10}
    with open_askers(ModelOptions.model_validate(settings), answers, per_prompt=3) as askers:
        yield askers.propose


def ask(base_url: str, answers: str, number: str) -> None:
    """Ask the questions of one round, as a process of its own."""
    with opened(base_url, Path(answers)) as asker:
        asker.endpoint.ready()  # the imports that this takes are not what is killed
        sys.stdout.write("asking\n")
        sys.stdout.flush()
        asker.ask_all(asked(int(number)))


def started(provider: ProviderProcess, answers: Path, number: int) -> subprocess.Popen[str]:
    """Return a process that has begun to ask."""
    code = "import sys; from tests.faults.test_batch_kill import ask; ask(*sys.argv[1:])"
    command = [sys.executable, "-c", code, provider.base_url, str(answers), str(number)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == "asking\n"
    return process


def killed(process: subprocess.Popen[str], after_s: float) -> bool:
    """Kill a process after so many seconds; return whether it was still running."""
    with process:
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            return True
    return False


def said(outcomes: list[Answer | Failure]) -> list[str]:
    """Return the outcomes without what each asking has cost."""
    return [json.dumps(each.names) if isinstance(each, Answer) else each.reason for each in outcomes]


@pytest.fixture
def paid() -> Iterator[ProviderProcess]:
    """A provider in a process of its own."""
    cut = [{"fault": "cut short", "when": f"thing 5 of round {number}?", "times": 1} for number in range(MOMENTS)]
    with running_process(batch_plan=PLAN, rules=cut) as process:
        yield process


@pytest.mark.timeout(300)
def test_a_batch_run_killed_at_any_moment_pays_nothing_twice(
    paid: ProviderProcess, provider: Provider, tmp_path: Path
) -> None:
    """SIGKILL at random moments, half of them while jobs are made; the next run ends as if nothing had happened."""
    began = time.monotonic()
    with started(paid, tmp_path / "peace.sqlite", MOMENTS) as peace:
        began = time.monotonic()
        assert peace.wait(60) == 0
    seconds = time.monotonic() - began
    moments = random.Random(SEED)
    dead = 0
    for number in range(MOMENTS):
        answers = tmp_path / f"answers-{number}.sqlite"
        dead += killed(started(paid, answers, number), moments.uniform(0.0, 0.9 if number % 2 else 0.15) * seconds)
        with opened(paid.base_url, answers) as asker:
            got = asker.ask_all(asked(number))
            assert (asker.cache.jobs(), asker.cache.leased()) == ([], 0)
        with opened(provider.base_url, tmp_path / f"online-{number}.sqlite", batch=False) as online:
            assert said(got) == said(online.ask_all(asked(number)))
        assert all(isinstance(each, Answer) for each in got)
    assert dead >= MOMENTS // 2, "most runs ended before they could be killed: the moments prove nothing"
    ledger = paid.ledger()
    assert ledger.paid_twice() == {}
    assert {entry.transport for entry in ledger.entries} == {"batch"}
