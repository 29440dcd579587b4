"""A shard is there whole or not at all, and what is there is not done again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kg.build.shards import Outcome, finished, run_shard, shard_folder
from kg.errors import ArtefactError, InputError
from kg.model import StageCounts
from tests.parts.shard_work import Squares, shards

(SHARD,) = shards([1, 2, 3], 3)


def test_a_shard_that_is_there_is_not_run_again(tmp_path: Path) -> None:
    """The second run gives the first one's outcome and says so."""
    work = Squares(tmp_path / "log")
    first = run_shard(work, SHARD, tmp_path / "pool")
    again = run_shard(work, SHARD, tmp_path / "pool")
    assert (first[1], again[1]) == (False, True)
    assert first[0] == again[0] == Outcome(StageCounts(3, 3), {"numbers": 3, "by_parity": {"odd": 1}, "last": "x"})
    assert work.runs() == [0]


def test_an_incomplete_shard_runs_again_until_it_is_complete(tmp_path: Path) -> None:
    """Missing answers are asked for by every later run; complete ones stay."""
    pool = tmp_path / "pool"
    assert not run_shard(Squares(tmp_path / "log", complete=False), SHARD, pool)[0].complete
    assert run_shard(Squares(tmp_path / "log"), SHARD, pool) == (finished(pool, SHARD), False)
    assert run_shard(Squares(tmp_path / "log"), SHARD, pool)[1]
    assert Squares(tmp_path / "log").runs() == [0, 0]


def test_the_caller_can_insist(tmp_path: Path) -> None:
    """'kg build --from STAGE' does the stage anew."""
    work = Squares(tmp_path / "log")
    run_shard(work, SHARD, tmp_path / "pool")
    assert run_shard(work, SHARD, tmp_path / "pool", force=True)[1] is False
    assert work.runs() == [0, 0]


def test_progress_is_the_same_whether_run_or_found(tmp_path: Path) -> None:
    """A shard that is there counts as done at once."""
    seen: list[int] = []
    for _ in range(2):
        run_shard(Squares(tmp_path / "log"), SHARD, tmp_path / "pool", progress=seen.append)
    assert seen == [3, 3]


def test_a_failing_shard_leaves_nothing(tmp_path: Path) -> None:
    """The error passes; no half output and no temporary folder stays."""
    with pytest.raises(InputError):
        run_shard(Squares(tmp_path / "log", fails_on=0), SHARD, tmp_path / "pool")
    assert finished(tmp_path / "pool", SHARD) is None
    assert list((tmp_path / "pool" / "squares").iterdir()) == []


def test_a_failing_rerun_leaves_the_earlier_output(tmp_path: Path) -> None:
    """What was there before stays there, whole."""
    run_shard(Squares(tmp_path / "log"), SHARD, tmp_path / "pool")
    with pytest.raises(InputError):
        run_shard(Squares(tmp_path / "log", fails_on=0), SHARD, tmp_path / "pool", force=True)
    assert finished(tmp_path / "pool", SHARD) is not None


@pytest.mark.parametrize("call", ["os.fsync", "os.rename"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("before", [False, True])
def test_a_killed_shard_is_there_whole_or_not_at_all(tmp_path: Path, call: str, number: int, before: bool) -> None:
    """Killed at any durable step, with or without an earlier output: the next run completes it."""
    pool = tmp_path / "pool"
    if before:
        run_shard(Squares(tmp_path / "log", complete=False), SHARD, pool)
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from kg.build.shards import run_shard; from tests.parts.shard_work import Squares, shards\n"
        f"real, left = {call}, [{number}]\n"
        "def deadly(*arguments, **named):\n"
        "    left[0] -= 1\n"
        "    if not left[0]: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return real(*arguments, **named)\n"
        f"{call} = deadly\n"
        "folder = Path(sys.argv[1])\n"
        "run_shard(Squares(folder / 'log'), shards([1, 2, 3], 3)[0], folder / 'pool')"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}, check=False)
    assert done.returncode in {0, -signal.SIGKILL}
    outcome, _ = run_shard(Squares(tmp_path / "log"), SHARD, pool)
    assert outcome.complete
    assert (shard_folder(pool, SHARD) / "squares.jsonl").read_bytes().count(b"\n") == 3
    assert (shard_folder(pool, SHARD) / "table.csv").read_text() == "1,2,3"


def test_a_damaged_outcome_names_the_file_and_the_way_out(tmp_path: Path) -> None:
    """Somebody edited the pool: the reader is told what to remove."""
    run_shard(Squares(tmp_path / "log"), SHARD, tmp_path / "pool")
    (shard_folder(tmp_path / "pool", SHARD) / "outcome.json").write_text("{")
    with pytest.raises(ArtefactError, match=r"outcome\.json: not a Outcome: .*; remove .* and run the command again"):
        run_shard(Squares(tmp_path / "log"), SHARD, tmp_path / "pool")


def test_shards_of_two_stages_and_keys_do_not_meet(tmp_path: Path) -> None:
    """Stage and key make the folder."""
    others = shards([1, 2, 3], 3, "cubes") + shards([1, 2, 4], 3)
    assert len({shard_folder(tmp_path, shard) for shard in [SHARD, *others]}) == 3
