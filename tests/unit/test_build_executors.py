"""Executors: the same bytes whoever runs the shards, and no process that outlives its run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg.build.executors import Executor, InProcess, LocalProcesses
from kg.build.shards import Shard
from kg.errors import InputError
from tests.parts.shard_work import Squares, shards

PARTS = shards(list(range(20)), 4)


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below ``folder`` with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def run(tmp_path: Path, executor: Executor, parts: list[Shard], name: str) -> dict[str, bytes]:
    """Run ``parts`` in a pool of their own and return what is in it."""
    pool = tmp_path / name
    executor.map(Squares(tmp_path / f"{name}.log"), parts, pool, force=False, progress=lambda _: None)
    return tree(pool)


def test_executors_and_worker_counts_give_identical_bytes(tmp_path: Path) -> None:
    """In this process, in one, two or three others: the pool holds the same files with the same bytes."""
    expected = run(tmp_path, InProcess(), PARTS, "here")
    assert len(expected) == 3 * len(PARTS)
    for workers in (1, 2, 3):
        assert run(tmp_path, LocalProcesses(workers), PARTS, f"workers{workers}") == expected


def test_outcomes_come_in_the_order_of_the_shards(tmp_path: Path) -> None:
    """Whoever finishes first, the results stand in the shards' order, and progress adds up to their size."""
    seen: list[int] = []
    work, pool = Squares(tmp_path / "log"), tmp_path / "pool"
    found = LocalProcesses(2).map(work, PARTS, pool, force=False, progress=seen.append)
    assert [outcome.counts.taken for outcome, _ in found] == [4] * 5
    assert sum(seen) == 20


def test_work_is_done_in_other_processes_only_where_it_is_worth_one(tmp_path: Path) -> None:
    """A single missing shard is run here; so is everything that is there already."""
    work = Squares(tmp_path / "log")
    LocalProcesses(4).map(work, PARTS[:1], tmp_path / "pool", force=False, progress=lambda _: None)
    LocalProcesses(4).map(work, PARTS[:2], tmp_path / "pool", force=False, progress=lambda _: None)
    assert {line.split()[1] for line in work.log.read_text().splitlines()} == {str(os.getpid())}
    assert work.runs() == [0, 1]


def test_only_what_is_missing_is_run(tmp_path: Path) -> None:
    """After a stop in the middle the rest is done, and what is there is said to have been there."""
    work = Squares(tmp_path / "log")
    InProcess().map(work, PARTS[1:3], tmp_path / "pool", force=False, progress=lambda _: None)
    found = LocalProcesses(2).map(work, PARTS, tmp_path / "pool", force=False, progress=lambda _: None)
    assert [reused for _, reused in found] == [False, True, True, False, False]
    assert work.runs() == [0, 1, 2, 3, 4]


def test_an_error_comes_home_from_a_worker_as_it_was(tmp_path: Path) -> None:
    """File, line, field and remedy survive the way between processes; finished shards stay."""
    work = Squares(tmp_path / "log", fails_on=2)
    with pytest.raises(InputError, match=r"^a\.csv:7: price: no number; write 3\.49$"):
        LocalProcesses(2).map(work, PARTS, tmp_path / "pool", force=False, progress=lambda _: None)
    assert len(list((tmp_path / "pool" / "squares").iterdir())) >= 1


def test_workers_die_with_the_run_that_started_them(tmp_path: Path) -> None:
    """Kill -9 of a run leaves no worker behind, waiting for ever."""
    code = (
        "import os, sys, time; from pathlib import Path\n"
        "from kg.build.executors import LocalProcesses; from kg.build.shards import Outcome\n"
        "from tests.parts.shard_work import Squares, shards\n"
        "def main():\n"
        "    def killed(_): os.kill(os.getpid(), 9)\n"
        "    LocalProcesses(2).map(Squares(Path(sys.argv[1])), shards(list(range(40)), 1), Path(sys.argv[2]),\n"
        "        force=False, progress=killed)\n"
        "if __name__ == '__main__': main()\n"
    )
    (tmp_path / "run.py").write_text(code)
    command = [sys.executable, str(tmp_path / "run.py"), str(tmp_path / "log"), str(tmp_path / "pool")]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}, check=False)
    assert done.returncode == -9
    workers = {int(line.split()[1]) for line in (tmp_path / "log").read_text().splitlines()}
    deadline = time.monotonic() + 60
    while alive := {pid for pid in workers if _runs(pid)}:
        assert time.monotonic() < deadline, f"still there: {alive}"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    if status.parent.parent.is_dir():
        return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
