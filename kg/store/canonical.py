"""Compare graphs: what readers see of ours, whole but for the builds that wrote it, in a form of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from kg.records import to_json
from kg.store.driver import GraphStore
from kg.store.kinds import EDGE_KINDS, NODE_KINDS

__all__ = ["digest", "dump"]

T = TypeVar("T")
_VERSION = {"build", "since", "until"}  # how it came to be, not what it is
_OURS = {kind.name: set(kind.ours) - _VERSION for kind in (*NODE_KINDS, *EDGE_KINDS)}
_MODULUS = 2**256


def dump(store: GraphStore) -> list[str]:
    """Return every node and relationship of ours as a JSON line, sorted. Small graphs only: it is a list."""
    return sorted(line.decode() for part in _parts(store, list) for line in part)


def digest(store: GraphStore) -> str:
    """Return 64 hex digits that are the same for the same graph, in flat memory.

    The sum of the lines' sha256 modulo 2^256: it does not depend on their order, and a doubled line counts twice.
    """
    return f"{sum(_parts(store, _sum)) % _MODULUS:064x}"


def _parts(store: GraphStore, consume: Callable[[Iterable[bytes]], T]) -> list[T]:
    files = ("read/dump_nodes", "read/dump_edges")
    return [store.stream(file, None, lambda rows: consume(map(_line, rows))) for file in files]


def _sum(lines: Iterable[bytes]) -> int:
    return sum(int.from_bytes(hashlib.sha256(line).digest()) for line in lines) % _MODULUS


def _line(row: Mapping[str, Any]) -> bytes:
    ours = _OURS[row["kind"]]
    props = {name: value for name, value in row["props"].items() if value is not None and name in ours}
    return to_json({**row, "props": props})
