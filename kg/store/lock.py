"""One writer at a time: a lock in the graph itself, so that loaders on different machines see it.

Every write transaction checks the lock first. So a loader that was believed dead and comes back cannot write after
another one took over.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import StoreBusy, StoreError
from kg.store.driver import GraphStore, Row, Step

__all__ = ["Writer", "only_writer", "take_over"]

_log = logging.getLogger(__name__)
_BORN = time.time_ns()  # tells this process from one that had its number before
_HELD: set[str] = set()  # tokens of this process's own loads that are under way


@dataclass(frozen=True, slots=True)
class Writer:
    """The one that holds the lock of ``store``."""

    store: GraphStore
    token: str

    def write(self, *steps: Step) -> list[list[Row]]:
        """Run queries in one transaction, as :meth:`GraphStore.write` does.

        Raises:
            StoreBusy: another one took the lock over; nothing was written.
        """
        hold = Step("lock/hold", {"token": self.token, "now": _now()}, 1)
        return self.store.write(hold, *steps)[1:]


@contextmanager
def only_writer(store: GraphStore, *, by_force: bool = False) -> Generator[Writer]:
    """Yield the writer of ``store`` and let others in afterwards. The lock's constraint must exist.

    What a process of this machine left behind when it died counts for nothing; ``by_force`` breaks any lock.

    Raises:
        StoreBusy: another process writes.
    """
    token = secrets.token_hex(16)
    holder = next(iter(store.read("read/lock")), None)
    free = [""]
    if holder and holder["token"] and (by_force or _is_gone(holder)):
        _log.warning("taking over from %s", _named(holder))
        free.append(holder["token"])
    now = _now()
    mine = {
        "token": token,
        "holder": _program(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "born": _BORN,
        "at": now,
    }
    _HELD.add(token)  # before it is taken: another thread must not think that nobody holds it
    taken = store.write(Step("lock/take", {"now": now, "free": free, "mine": mine}))[0][0]
    if taken["token"] != token:
        _HELD.discard(token)
        raise StoreBusy(
            f"{store.info().where} is being written by {_named(taken)}",
            remedy="wait for it to end; if it is dead, run the command again with --take-over",
        )
    try:
        yield Writer(store, token)
    finally:
        _HELD.discard(token)
        # It may be lost, or the server: then there is nothing to give back now, and the next one finds nobody there.
        with contextlib.suppress(StoreError):
            store.write(Step("lock/release", {"token": token}))


def take_over(store: GraphStore) -> None:
    """Break the lock that another process has, if any: it can write no more."""
    store.ensure_schema()
    with only_writer(store, by_force=True):
        pass


def _is_gone(holder: dict[str, Any]) -> bool:
    """Whether the holder ran on this machine and does so no more."""
    if holder["host"] != socket.gethostname():
        return False
    pid = int(holder["pid"])
    if pid == os.getpid():
        return holder["born"] != _BORN or holder["token"] not in _HELD
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _is_a_zombie(pid)


def _is_a_zombie(pid: int) -> bool:
    """Whether a process has ended, and only its parent has not asked how yet. Known on Linux only."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[:1]
    except OSError:
        return False
    return state == ["Z"]


def _named(holder: dict[str, Any]) -> str:
    ago = max(0, (_now() - int(holder["at"])) // 1000)
    return f"{holder['holder']}, process {holder['pid']} on {holder['host']} (last sign of life {ago:,} s ago)"


def _program() -> str:
    return Path(sys.argv[0]).name or "python"


def _now() -> int:
    return time.time_ns() // 1_000_000
