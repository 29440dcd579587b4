"""enrich: type-level edges that passed every check -> the same with contexts, and themes of intents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from extractors.contexts import Claim, find_contexts
from extractors.grouping import Arrangement, Shelf, brand_keys, find_themes
from extractors.llm.asker import Asker
from extractors.llm.session import Askers
from extractors.llm.stats import Tokens
from extractors.options import ExtractionOptions
from extractors.prompts import load_prompt
from extractors.specs import ROWS
from kg.build.shards import Outcome, Progress, Shard
from kg.build.stages.base import Artefacts, records
from kg.catalog.samples import brand_names
from kg.curation.edges import content_hash
from kg.model import Edge, Failure, Intent, NodeKind, ProductType, Relation, StageCounts, TypeId
from kg.records import digest, write_jsonl

__all__ = ["EnrichStage"]

_VERSION = 3
_INPUTS = (
    ("graph", "edges.jsonl"),
    ("catalog", "product_types.jsonl"),
    ("catalog", "intents.jsonl"),
    ("catalog", "products.parquet"),
)
_SHELVED = (Relation.SATISFIED_BY, Relation.PAIRS_WITH)


@dataclass(frozen=True)
class EnrichStage:
    """One shard: what passed curation is small, and the answer cache makes doing it again cheap.

    With themes and contexts off the edges pass as they are and nothing is asked. Counts are edges, which all pass,
    and the product types to arrange. An edge whose contexts are not known passes without; its failure is listed.
    """

    options: ExtractionOptions
    askers: Askers
    name: str = "enrich"
    waits: bool = True

    def plan(self, before: Artefacts) -> list[Shard]:
        """See :class:`Stage`."""
        inputs = [before.sha256(*name) for name in (_INPUTS if self._asked() else _INPUTS[:1])]
        key = digest(self.name, _VERSION, inputs, self._settings())
        return [Shard(self.name, 0, key, payload=[before.files(*name) for name in _INPUTS])]

    def __call__(self, shard: Shard, out: Path, progress: Progress | None = None) -> Outcome:
        """See :class:`Stage`."""
        edge_files, type_files, intent_files, (products,) = shard.payload
        edges = list(records(edge_files, Edge))
        names = {item.id: item.name for item in records(type_files, ProductType)}
        intents: dict[str, Intent] = {item.id: item for item in records(intent_files, Intent)}
        shelves = self._shelves(edges, names, intents)
        brands = brand_keys(brand_names(products), names.values()) if shelves else frozenset[str]()
        tokens = Tokens()
        arranged = find_themes(self._asker("themes"), shelves, brands, progress, tokens)
        edges, failures = self._with_contexts(edges, _Words(names, intents), progress, tokens)
        write_jsonl(out / "edges.jsonl", edges)
        done = _finish(edges, arranged, failures, out)
        return replace(done, details={**done.details, "tokens": tokens.by_model()})

    def _asked(self) -> dict[str, Any]:
        """Return what is asked, by row, with the options that matter to it."""
        options, asked = self.options, dict[str, Any]()
        if options.themes:
            asked["themes"] = options.themes_from
        if options.contexts.values():
            asked["contexts"] = options.contexts.model_dump(mode="json")
        return asked

    def _settings(self) -> list[object]:
        return [
            (row, options, load_prompt(row).hash, self.askers.model, self._asker(row).temperature)
            for row, options in self._asked().items()
        ]

    def _asker(self, row: str) -> Asker:
        return self.askers.of(ROWS[row].steps[0].role)

    def _shelves(
        self, edges: Iterable[Edge], names: Mapping[TypeId, str], intents: Mapping[str, Intent]
    ) -> list[Shelf]:
        """Return the intents with enough product types, most popular first as in the catalogue, types best first."""
        if not self.options.themes:
            return []
        types: dict[str, dict[TypeId, str]] = {intent: {} for intent in intents}
        ours = [e for e in edges if e.relation in _SHELVED and e.source_kind is NodeKind.INTENT]
        for edge in sorted(ours, key=lambda e: (_SHELVED.index(e.relation), e.rank, e.target_id)):
            types[edge.source_id][TypeId(edge.target_id)] = names[TypeId(edge.target_id)]
        enough = self.options.themes_from
        return [Shelf(intents[intent], tuple(of.items())) for intent, of in types.items() if len(of) >= enough]

    def _with_contexts(
        self, edges: Sequence[Edge], words: _Words, progress: Progress | None, tokens: Tokens
    ) -> tuple[list[Edge], list[Failure]]:
        """Return the edges with the contexts they hold in, and their hash made anew."""
        options = self.options.contexts
        asked = [edge for edge in edges if options.values() and edge.relation in options.relations]
        if not asked:
            return list(edges), []
        claims = [words.claim(edge) for edge in asked]
        found = find_contexts(self.askers, claims, options, progress, tokens)
        contexts = {edge.h: these for edge, these in zip(asked, found, strict=True) if not isinstance(these, Failure)}
        return (
            [_in_contexts(edge, contexts[edge.h]) if edge.h in contexts else edge for edge in edges],
            [these for these in found if isinstance(these, Failure)],
        )


@dataclass(frozen=True, slots=True)
class _Words:
    """What the ends of edges are called."""

    types: Mapping[TypeId, str]
    intents: Mapping[str, Intent]

    def claim(self, edge: Edge) -> Claim:
        """Return an edge in words; an intent in those that its relation's prompt has for its kind."""
        if edge.source_kind is NodeKind.INTENT:
            intent = self.intents[edge.source_id]
            name, subject = intent.name, load_prompt(edge.relation).phrase(intent.kind, intent.name)
        else:
            name = subject = self.types[TypeId(edge.source_id)]
        return Claim(edge.relation, subject, self.types[TypeId(edge.target_id)], name)


def _in_contexts(edge: Edge, contexts: Iterable[str]) -> Edge:
    richer = replace(edge, contexts=tuple(sorted({*edge.contexts, *contexts})))
    return replace(richer, h=content_hash(richer))


def _finish(edges: Sequence[Edge], arranged: Arrangement, failures: Sequence[Failure], out: Path) -> Outcome:
    """Write what is not edges, and count."""
    failed = [*arranged.failures, *failures]
    write_jsonl(out / "themes.jsonl", arranged.themes)
    write_jsonl(out / "drops.jsonl", arranged.drops)
    write_jsonl(out / "failures.jsonl", failed)
    details = {
        "themes": len(arranged.themes),
        "edges_with_contexts": sum(1 for edge in edges if edge.contexts),
        "failed_questions": len(failed),
        "ignored_numbers": dict(sorted(arranged.ignored.items())),
    }
    return Outcome(StageCounts(len(edges), kept=len(edges)) + arranged.counts, details, complete=not failed)
