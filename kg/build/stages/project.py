"""project: type-level edges x products -> edges between catalogue ids, guarded, top-k, checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kg.build.shards import Outcome, Progress, Shard
from kg.build.stages.base import Artefacts, records
from kg.catalog.vocabulary import Vocabulary, load_vocabulary
from kg.errors import ArtefactError
from kg.graph.features import Catalogue
from kg.graph.options import ProjectionOptions
from kg.graph.projection import project
from kg.graph.sku_checks import check_products
from kg.graph.traits import Traits
from kg.model import Intent
from kg.records import digest

__all__ = ["ProjectStage"]

_VERSION = 3
_INPUTS = (
    ("catalog", "products.parquet"),
    ("tag", "tags.parquet"),
    ("enrich", "edges.jsonl"),
    ("catalog", "intents.jsonl"),
)
_DO_NOT_MATTER = {"memory_limit_mb", "threads"}


@dataclass(frozen=True)
class ProjectStage:
    """One shard: the engine behind it works out of core and uses the cores itself."""

    options: ProjectionOptions
    vocabulary: Vocabulary = field(default_factory=load_vocabulary)
    name: str = "project"
    waits: bool = False

    def plan(self, before: Artefacts) -> list[Shard]:
        """See :class:`Stage`."""
        options = self.options.model_dump(mode="json", exclude=_DO_NOT_MATTER)
        key = digest(self.name, _VERSION, options, self.vocabulary.version, [before.sha256(*name) for name in _INPUTS])
        return [Shard(self.name, 0, key, payload=[before.files(*name) for name in _INPUTS])]

    def __call__(self, shard: Shard, out: Path, progress: Progress | None = None) -> Outcome:
        """See :class:`Stage`.

        Raises:
            ArtefactError: what came out breaks an invariant; nothing is published.
        """
        (products,), tags, (edges,), intents = shard.payload
        catalogue = Catalogue(products, tuple(tags), Traits(self.vocabulary))
        report = project(catalogue, edges, self.options, out, progress)
        ids = {intent.id for intent in records(intents, Intent)}
        violations = check_products(out / "product_edges.parquet", products, ids, self.options)
        if violations:
            first = violations[0]
            raise ArtefactError(
                f"projection broke {len(violations)} invariants, first {first.rule}: {first.item}: {first.reason}",
                remedy="this is a defect of product-kg; please report it with the catalogue row",
            )
        details = {"product_edges": report.rows, "relations": dict(report.relations), "guards": dict(report.guards)}
        return Outcome(report.counts, details)
