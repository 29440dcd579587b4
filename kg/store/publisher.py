"""Which generation readers see: publish one, go back to an earlier one, and remove what only older ones show.

A relationship shows from generation ``since`` on, and up to ``until``, so builds lie beside each other in the graph and
share what they have in common. What readers see is one number in one node.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kg.errors import StoreError
from kg.store.driver import GraphStore, Step
from kg.store.kinds import EDGE_KINDS, NODE_KINDS, SCHEMA, Kind
from kg.store.lock import Writer, only_writer

__all__ = [
    "Generation", "Pruned", "Served", "Switch", "current", "generations", "prune", "publish", "rollback", "show",
]  # fmt: skip

_KINDS: dict[str, Kind] = {kind.name: kind for kind in (*NODE_KINDS, *EDGE_KINDS)}


@dataclass(frozen=True, slots=True)
class Served:
    """What the graph holds. ``generation`` is what readers see; 0 before the first build is published.

    ``newest`` was published last, and ``staging`` names a build whose load is under way or was cut off. ``schema`` is
    the version that wrote, ``counts`` are what the served build has of each kind.
    """

    build: str = ""
    generation: int = 0
    newest: int = 0
    newest_build: str = ""
    schema: int = SCHEMA
    staging: str = ""
    counts: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """A published build that readers can be sent back to. ``published_at`` is in epoch milliseconds."""

    id: int
    build: str
    published_at: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Switch:
    """Readers were sent from one build to another; ``seconds`` is what that one transaction took."""

    before: str
    build: str
    generation: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed: ``deleted`` nodes and relationships; ``kept`` ones have something of somebody else's on them.

    They stay until that is gone. ``left`` batches are for the next time, because the time was up.
    """

    deleted: int = 0
    kept: int = 0
    left: int = 0


def current(store: GraphStore) -> Served | None:
    """Return what the graph holds; ``None`` when nothing was ever loaded."""
    row = next(iter(store.read("read/current")), None)
    if row is None:
        return None
    known = {name: value for name, value in row.items() if value is not None}
    return Served(**{**known, "counts": json.loads(known.get("counts", "{}"))})


def generations(store: GraphStore) -> tuple[Generation, ...]:
    """Return the published builds that the graph still holds, newest first."""
    rows = store.read("read/generations")
    return tuple(Generation(**{**row, "counts": json.loads(row["counts"])}) for row in rows)


def publish(writer: Writer, served: Served, build: str, counts: dict[str, int]) -> Switch:
    """Show what was loaded as the next generation: one small transaction. ``served`` is what readers see."""
    generation = served.newest + 1
    text = json.dumps(counts, sort_keys=True)
    made = {"build": build, "published_at": time.time_ns() // 1_000_000, "counts": text}
    meta = {
        "build": build, "generation": generation, "newest": generation, "newest_build": build,
        "schema": SCHEMA, "counts": text, "staging": None,
    }  # fmt: skip
    started = time.monotonic()
    writer.write(
        Step("publish/generation", {"id": generation, "props": made}, 1),
        Step("publish/meta", {"props": meta}, 1),
    )
    return Switch(served.build, build, generation, round(time.monotonic() - started, 4))


def rollback(store: GraphStore, build: str | None = None) -> Switch:
    """Show readers ``build`` again, or the one before the served one. Nothing is copied or deleted.

    A later build that the graph still holds can be gone forward to in the same way.

    Raises:
        StoreBusy: a load is under way.
        StoreError: there is no such build in the graph.
    """
    with only_writer(store) as writer:
        served = current(store)
        held = generations(store)
        if served is None or not served.generation:
            raise StoreError(f"{store.info().where} holds no graph yet", remedy="load one: kg publish")
        return show(writer, served, _target(served, held, build))


def show(writer: Writer, served: Served, target: Generation) -> Switch:
    """Show readers a generation that the graph holds: one small transaction. ``served`` is what they see."""
    meta = {"build": target.build, "generation": target.id, "counts": json.dumps(target.counts, sort_keys=True)}
    started = time.monotonic()
    writer.write(Step("publish/meta", {"props": meta}, 1))
    return Switch(served.build, target.build, target.id, round(time.monotonic() - started, 4))


def _target(served: Served, held: Sequence[Generation], build: str | None) -> Generation:
    if build is None:
        fitting = [each for each in held if each.id < served.generation]
        missing = f"the graph holds no build older than the served one, {served.build}"
    else:
        fitting = [each for each in held if each.build == build and each.id != served.generation]
        missing = f"the graph can be rolled back to no other build {build!r}"
    if not fitting:
        names = ", ".join(dict.fromkeys(each.build for each in held if each.id != served.generation)) or "none"
        raise StoreError(
            f"{missing}; it holds: {names}", remedy="'kg publish BUILD' loads any build there are files of"
        )
    return fitting[0]


def prune(writer: Writer) -> Pruned:
    """Delete what only generations before the kept ones show, until the time for it is up.

    Kept are the newest of :attr:`Policy.keep_builds`, and the served one. Each batch is one transaction; what is left
    is found again by the next call.
    """
    store, served = writer.store, current(writer.store)
    if served is None or not served.generation:
        return Pruned()
    deadline = time.monotonic() + store.policy.prune_s
    held = [each.id for each in generations(store)]
    kept = sorted({*held[: store.policy.keep_builds], served.generation})
    if set(held) - set(kept):
        writer.write(Step("publish/forget", {"kept": kept}))
    notes = store.read("read/retired", {"oldest": kept[0]})
    deleted = spared = 0
    for done, note in enumerate(notes):
        if time.monotonic() > deadline:
            return Pruned(deleted, spared, len(notes) - done)
        gone, stayed = _delete(writer, note)
        deleted, spared = deleted + gone, spared + stayed
    return Pruned(deleted, spared)


def _delete(writer: Writer, note: dict[str, Any]) -> tuple[int, int]:
    """Delete what a note names, and the note unless something stays; return how much is gone and how much stays."""
    kind = _KINDS[note["kind"]]
    keys = writer.store.read("read/retired_keys", {"id": note["id"]})[0]
    rows = [{"id": s, "s": s, "t": t} for s, t in zip(keys["s"], keys["t"] or keys["s"], strict=True)]
    parameters = {"rows": rows, "until": note["until"], "ours": kind.ours}
    counts = writer.write(Step(f"delete/{kind.stem}", parameters))[0][0]
    if counts["found"] == counts["deleted"]:
        writer.write(Step("publish/pruned", {"id": note["id"]}))
    return int(counts["deleted"]), int(counts["found"] - counts["deleted"])
