"""What a linker is: the words every linker and every caller share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kg.model import Link, NodeKind, ProductType, TypeId

__all__ = ["Linker", "Target", "targets_of"]


@dataclass(frozen=True, slots=True)
class Target:
    """Something a mention may mean. Text is as received.

    ``context`` is the category path joined by " > ". ``popularity`` orders the kinds under a broader word, higher
    first. ``titles`` are titles of products of a type (a sample will do): what they say of it counts as known, so
    "strawberry" in "strawberry yogurt" is a qualifier where a yogurt's title says strawberry.
    """

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    context: str = ""
    popularity: float = 0.0
    titles: tuple[str, ...] = ()
    kind: NodeKind = NodeKind.TYPE


class Linker(Protocol):
    """Mention -> target or NIL. Pure: the same targets and options give the same answers, in any order."""

    @property
    def name(self) -> str:
        """The name it is registered under."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever answers may change for the same targets: part of a shard's key."""
        ...

    def link(self, mention: str) -> Link:
        """Return the answer for one mention; never raises on any text."""
        ...

    def link_all(self, mentions: Sequence[str]) -> list[Link]:
        """Return the answers of :meth:`link`, in order; a repeated mention is worked out once."""
        ...


def targets_of(types: Iterable[ProductType], titles: Mapping[TypeId, Sequence[str]] | None = None) -> list[Target]:
    """Return product types as targets, with up to 50 titles of each where given (in the order given)."""
    known = titles or {}
    return [
        Target(
            kind.id,
            kind.name,
            kind.aliases,
            kind.category,
            kind.reach,
            tuple(known.get(kind.id, ())[:50]),
        )
        for kind in types
    ]
