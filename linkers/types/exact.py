"""``exact``: the same name or alias, up to case, accents, plural and spacing; else NIL."""

from __future__ import annotations

from collections.abc import Sequence

from kg.model import Link, NodeKind
from kg.records import digest
from kg.text import clean, key
from linkers.base import Linker, Target
from linkers.embeddings import Embedder
from linkers.options import ExactOptions
from linkers.types.disambiguate import Scored, decide
from linkers.types.inventory import check_ids
from linkers.types.reading import Reading
from linkers.types.words import refused

__all__ = ["build"]

_CODE = 1  # raise when the code changes answers


class ExactLinker:
    """A table from comparison keys to targets. A name beats an alias; among equals the more popular is first."""

    name = "exact"

    def __init__(self, options: ExactOptions, targets: Sequence[Target]) -> None:
        self._options = options
        self._table: dict[str, dict[str, Scored]] = {}
        self.version = digest(self.name, _CODE, options.model_dump(mode="json"))[:16]
        for target in check_ids(targets):
            for name in (target.name, *target.aliases):
                score = 1.0 if name is target.name else 0.99
                scored = Scored(target, Reading("name", {"same": 1.0}), score)
                self._table.setdefault(_compact(name), {}).setdefault(target.id, scored)

    def link(self, mention: str) -> Link:
        """Return the answer for one mention."""
        if nil := refused(mention, self._options.max_length):
            return nil
        found = self._table.get(_compact(mention))
        if not found:
            return Link(mention, NodeKind.TYPE, None, 0.0, reason="no target has this name")
        return decide(mention, list(found.values()), threshold=0.0, explain=self._options.explain)

    def link_all(self, mentions: Sequence[str]) -> list[Link]:
        """Return one answer for each mention, in order."""
        return [self.link(mention) for mention in mentions]


def _compact(name: str) -> str:
    return key(clean(name)).replace(" ", "")


def build(options: ExactOptions, targets: Sequence[Target], _: Embedder | None = None) -> Linker:
    """Return the linker over ``targets``; it asks no embedder."""
    return ExactLinker(options, targets)
