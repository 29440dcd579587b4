"""Who is asking what: a question that one process asks is not asked by another.

An owner's leases all end together, so that one small write renews them, however many they are. A lease ends when its
time is up, or when its owner was a process of this machine that is no more.
"""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from extractors.llm.cachefile import chunks, marks

__all__ = ["JOB", "LIVE", "lease", "owner_name", "release", "renew"]

JOB = "job:"
"""What the keys begin with that stand for the work on a job of the batch interface, and not for a question."""
LIVE = f"SELECT count(*) FROM leases JOIN owners USING (owner) WHERE expires > ? AND key NOT GLOB '{JOB}*'"
"""The query for how many questions are leased; its one value is the time now."""

_PROCESS_NUMBERS = Path("/proc/self/ns/pid")


def owner_name() -> str:
    """Return a name for this process as the owner of leases: machine, process number, eight random digits."""
    return f"{_machine()}:{os.getpid()}:{secrets.token_hex(4)}"


def lease(
    db: sqlite3.Connection, keys: Sequence[str], owner: str, now: float, ttl_s: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the keys that ``owner`` now holds and those that others hold, both in order.

    All leases of ``owner`` end ``ttl_s`` seconds after ``now`` (seconds since 1970).
    """
    db.execute("INSERT OR REPLACE INTO owners VALUES (?, ?)", (owner, now + ttl_s))
    _sweep(db, owner, now)
    others: set[str] = set()
    for chunk in chunks(keys):
        sql = f"SELECT key FROM leases WHERE key IN {marks(chunk)} AND owner <> ?"
        others.update(key for (key,) in db.execute(sql, (*chunk, owner)))
    mine = tuple(key for key in keys if key not in others)
    db.executemany("INSERT OR IGNORE INTO leases VALUES (?, ?)", ((key, owner) for key in mine))
    return mine, tuple(key for key in keys if key in others)


def renew(db: sqlite3.Connection, owner: str, expires: float) -> int:
    """Let all leases of ``owner`` end at ``expires``; return how many it still holds."""
    db.execute("UPDATE owners SET expires = ? WHERE owner = ?", (expires, owner))
    return db.execute("SELECT count(*) FROM leases WHERE owner = ?", (owner,)).fetchone()[0]


def release(db: sqlite3.Connection, keys: Sequence[str], owner: str) -> None:
    """End the leases that ``owner`` has on ``keys``; those of others stay."""
    db.executemany("DELETE FROM leases WHERE key = ? AND owner = ?", ((key, owner) for key in keys))


def _sweep(db: sqlite3.Connection, asking: str, now: float) -> None:
    """End the leases of all owners whose time is up or who are no more, but for the one who is ``asking``."""
    owners = db.execute("SELECT owner, expires FROM owners WHERE owner <> ?", (asking,)).fetchall()
    for owner, expires in owners:
        if expires <= now or _is_gone(owner):
            db.execute("DELETE FROM leases WHERE owner = ?", (owner,))
            db.execute("DELETE FROM owners WHERE owner = ?", (owner,))


def _is_gone(owner: str) -> bool:
    """Return whether ``owner`` is for certain a process of this machine that no longer exists."""
    machine, _, rest = owner.rpartition(":")[0].rpartition(":")
    if machine != _machine() or not rest.isdecimal():
        return False
    try:
        os.kill(int(rest), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        return False
    return False


def _machine() -> str:
    """Return a name under which a process number means one process.

    Containers may share a name and a file but count their processes apart, so it holds the number of the space they
    are counted in, where the system has such spaces.
    """
    try:
        space = _PROCESS_NUMBERS.stat().st_ino
    except OSError:
        space = 0
    return f"{socket.gethostname()}/{space}"
