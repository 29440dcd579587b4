"""An executor is nothing but ``map(run_shard, shards)``. The output is the same bytes under each of them."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from kg.build.shards import Outcome, Progress, RunShard, Shard, finished, run_shard

__all__ = ["Executor", "InProcess", "LocalProcesses", "LocalThreads", "die_with_parent"]


class Executor(Protocol):
    """Runs shards and returns (outcome, was it there already) for each, in order."""

    def map(
        self, run: RunShard, shards: Sequence[Shard], pool: Path, *, force: bool, progress: Progress
    ) -> list[tuple[Outcome, bool]]:
        """Run every shard that is not there yet."""
        ...


class InProcess:
    """One shard after the other in this process."""

    def map(
        self, run: RunShard, shards: Sequence[Shard], pool: Path, *, force: bool, progress: Progress
    ) -> list[tuple[Outcome, bool]]:
        """See :class:`Executor`."""
        return [run_shard(run, shard, pool, force=force, progress=progress) for shard in shards]


@dataclass(frozen=True, slots=True)
class LocalThreads:
    """Several shards at a time in this process: for stages that wait for a model, whose answers come in any order."""

    at_once: int

    def map(
        self, run: RunShard, shards: Sequence[Shard], pool: Path, *, force: bool, progress: Progress
    ) -> list[tuple[Outcome, bool]]:
        """See :class:`Executor`. The first error calls off what has not begun."""
        lock = threading.Lock()

        def advance(count: int) -> None:
            with lock:
                progress(count)

        threads = ThreadPoolExecutor(self.at_once, thread_name_prefix="shard")
        try:
            futures = [threads.submit(run_shard, run, shard, pool, force=force, progress=advance) for shard in shards]
            return [future.result() for future in futures]
        finally:
            threads.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class LocalProcesses:
    """A pool of processes on this machine, started afresh (no inherited threads or sockets).

    What is there already, and a single shard, is not worth a process.
    """

    workers: int

    def map(
        self, run: RunShard, shards: Sequence[Shard], pool: Path, *, force: bool, progress: Progress
    ) -> list[tuple[Outcome, bool]]:
        """See :class:`Executor`."""
        missing = [shard for shard in shards if force or finished(pool, shard) is None]
        workers = min(self.workers, len(missing))
        if workers <= 1:
            return InProcess().map(run, shards, pool, force=force, progress=progress)
        out: list[tuple[Outcome, bool]] = []
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context, initializer=die_with_parent) as processes:
            work = partial(run_shard, run, pool=pool, force=force)
            for shard, result in zip(shards, processes.map(work, shards), strict=True):
                progress(shard.size)
                out.append(result)
        return out


def die_with_parent() -> None:
    """End this worker when the run that started it is killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()
