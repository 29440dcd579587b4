"""link: statements -> for each mention a product type of the catalogue, or NIL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.build.settings import LinkingOptions
from kg.build.shards import Outcome, Progress, Shard
from kg.build.stages.base import Artefacts
from kg.catalog.samples import sample_titles
from kg.model import Link, ProductType, StageCounts, Statement
from kg.records import digest, read_jsonl, write_jsonl
from linkers.base import Linker, targets_of
from linkers.embeddings import Embedder
from linkers.registry import build_linker

__all__ = ["LinkStage", "LinkedStatement", "open_linker"]


@dataclass(frozen=True, slots=True)
class LinkedStatement:
    """One line of ``links.jsonl``."""

    statement_id: str
    link: Link


@dataclass(frozen=True, slots=True)
class _Payload:
    statements: Path
    types: Path
    products: Path


@dataclass(frozen=True)
class LinkStage:
    """One shard for each part of the statements; every shard builds the same index of product types.

    ``embedder`` takes the place of the static embeddings.
    """

    options: LinkingOptions
    embedder: Embedder | None = None
    name: str = "link"
    waits: bool = False

    def plan(self, before: Artefacts) -> list[Shard]:
        """See :class:`Stage`."""
        types, products = before.file("catalog", "product_types.jsonl"), before.file("catalog", "products.parquet")
        index = (before.sha256("catalog", "product_types.jsonl"), before.sha256("catalog", "products.parquet"))
        version = build_linker(self.options.linker, self.options.chosen(), [], self.embedder).version
        settings = (self.options.linker, version, self.options.chosen())
        parts = zip(
            before.files("extract", "statements.jsonl"), before.sha256("extract", "statements.jsonl"), strict=True
        )
        return [
            Shard(self.name, number, digest(self.name, settings, index, part), _Payload(path, types, products))
            for number, (path, part) in enumerate(parts)
        ]

    def __call__(self, shard: Shard, out: Path, progress: Progress | None = None) -> Outcome:
        """See :class:`Stage`."""
        payload: _Payload = shard.payload
        linker = open_linker(self.options, payload.types, payload.products, self.embedder)
        statements = list(read_jsonl(payload.statements, Statement))
        mentions = list(dict.fromkeys(statement.mention for statement in statements))
        links = dict(zip(mentions, linker.link_all(mentions), strict=True))
        write_jsonl(out / "links.jsonl", (LinkedStatement(s.id, links[s.mention]) for s in statements))
        if progress:
            progress(shard.size)
        kept = sum(1 for s in statements if links[s.mention].target_id is not None)
        details: dict[str, Any] = {"distinct_mentions": len(mentions)}
        return Outcome(StageCounts(len(statements), kept=kept, dropped=len(statements) - kept), details)


def open_linker(options: LinkingOptions, types: Path, products: Path, embedder: Embedder | None = None) -> Linker:
    """Return the configured linker over a build's product types, with ``embedder`` or the static embeddings."""
    targets = targets_of(read_jsonl(types, ProductType), sample_titles(products))
    return build_linker(options.linker, options.chosen(), targets, embedder)
