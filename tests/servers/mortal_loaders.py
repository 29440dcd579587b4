"""Load builds in processes that die on the way: many for the price of one, as each is forked from one that is warm.

As a program it reads orders (a JSON line each), forks a process that loads, kills it where the order says, and answers
with what became of it. It has no threads of Python's own, and opens a store only after the fork.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import neo4j

from kg.errors import KgError
from kg.store import embedded, failures, server  # noqa: F401 - before the fork, or every child does it
from kg.store.loader import GraphFiles, load
from kg.store.options import StoreOptions
from kg.store.stores import open_store

__all__ = ["Fate", "Loaders", "Moment", "Strike", "any_strike", "mortal_loaders"]

KILLED = -signal.SIGKILL
_MOMENTS = ("before", "inside", "after")
_ANSWER_TIMEOUT_S = 120.0
Moment = str


@dataclass(frozen=True, slots=True)
class Strike:
    """Where a load is killed: ``before``, ``inside`` (done, not committed) or ``after`` its ``nth`` write transaction.

    Or after so many ``seconds``, whatever happens then. ``largest_file`` is no kill but a full disk: no file that the
    process writes can grow beyond that many bytes.
    """

    nth: int = 0
    moment: Moment = "inside"
    seconds: float | None = None
    largest_file: int | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """How a load ended: ``status`` is its exit code, -9 when it was killed, 70 for an error that is not ours.

    ``writes`` are the write transactions of a load that ended by itself, ``kind``, ``said`` and ``remedy`` its error.
    """

    status: int
    writes: int = 0
    kind: str = ""
    said: str = ""
    remedy: str = ""
    seconds: float = 0.0

    @property
    def killed(self) -> bool:
        """Whether it died on the way."""
        return self.status == KILLED


def any_strike(chance: random.Random, writes: int, seconds: float) -> Strike:
    """Return a strike anywhere in a load of so many write transactions and seconds; one in five goes by the clock."""
    if chance.random() < 0.2:
        return Strike(seconds=chance.uniform(0, seconds))
    return Strike(chance.randint(1, writes), chance.choice(_MOMENTS))


@dataclass(slots=True)
class Loaders:
    """The other end of the line: what tests use."""

    process: subprocess.Popen[str]

    def load(self, options: StoreOptions, files: GraphFiles, build: str, strike: Strike | None = None) -> Fate:
        """Load in a process of its own, and return what became of it."""
        plain = options.model_dump(mode="json") | {"password": options.password.get_secret_value()}
        paths = {name: str(path) for name, path in asdict(files).items() if path}
        order = {"options": plain, "files": paths, "build": build, "strike": asdict(strike or Strike())}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the parent of the loaders ended: {self.process.wait(10)}"
        return Fate(**json.loads(answer))


@contextmanager
def mortal_loaders() -> Iterator[Loaders]:
    """Yield a warm parent of loaders."""
    # A library's pool of threads would not survive the fork.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield Loaders(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


@dataclass(slots=True)
class _Doom:
    """Counts write transactions and kills the process at its time."""

    strike: Strike
    writes: int = 0
    begun: float = field(default_factory=time.monotonic)

    def at(self, moment: Moment) -> None:
        if self.writes == self.strike.nth and moment == self.strike.moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def hang_over(self, kind: type[neo4j.Session]) -> None:
        """Count the write transactions of every session from now on."""
        execute = kind.execute_write

        def execute_write(session: neo4j.Session, work: Callable[..., Any], *given: Any) -> Any:
            self.writes += 1
            self.at("before")

            def inside(tx: neo4j.ManagedTransaction) -> Any:
                result = work(tx, *given)
                self.at("inside")
                return result

            result = execute(session, inside)
            self.at("after")
            return result

        kind.execute_write = execute_write  # type: ignore[method-assign]


def _load(order: dict[str, Any], strike: Strike) -> Fate:
    """Load, in the child; return unless killed."""
    doom = _Doom(strike)
    doom.hang_over(neo4j.Session)
    if strike.largest_file is not None:
        # Python ignores the signal that comes with it, so a write fails as on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (strike.largest_file, strike.largest_file))
    files = {name: Path(path) for name, path in order["files"].items()}
    try:
        with open_store(StoreOptions(**order["options"])) as store:
            load(store, GraphFiles(**files), order["build"])
    except KgError as error:
        return Fate(error.exit_code, doom.writes, type(error).__name__, error.reason, error.remedy)
    except Exception as error:  # noqa: BLE001 - told to the test, which wants to know
        return Fate(70, doom.writes, type(error).__name__, traceback.format_exc()[-2_000:])
    return Fate(0, doom.writes)


def _wait(pid: int, deadline: float | None) -> int:
    """Return the child's exit code, killing it at ``deadline``."""
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if deadline is not None and time.monotonic() >= deadline:
            os.kill(pid, signal.SIGKILL)
            deadline = None
        time.sleep(0.002)


def _carry_out(order: dict[str, Any]) -> Fate:
    strike = Strike(**order["strike"])
    begun = time.monotonic()
    reading, writing = os.pipe()
    if not (pid := os.fork()):
        os.close(reading)
        os.write(writing, json.dumps(asdict(_load(order, strike))).encode()[:60_000])
        os._exit(0)
    os.close(writing)
    status = _wait(pid, begun + (_ANSWER_TIMEOUT_S if strike.seconds is None else strike.seconds))
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    fate = json.loads(said) if said and status == 0 else {"status": status}
    return Fate(**{**fate, "seconds": time.monotonic() - begun})


def main() -> None:
    """Carry out orders until there are no more."""
    for line in sys.stdin:
        print(json.dumps(asdict(_carry_out(json.loads(line)))), flush=True)


if __name__ == "__main__":
    main()
