"""graph: type-level edges -> the edges that are sound as a whole. Runs before projection: it is cheaper there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from kg.build.shards import Outcome, Progress, Shard
from kg.build.stages.base import Artefacts, records
from kg.graph.checks import check_types, write_check
from kg.graph.options import CheckOptions
from kg.model import Edge, Intent, ProductType
from kg.records import digest

__all__ = ["GraphStage"]

_VERSION = 1
_INPUTS = (("curate", "edges.jsonl"), ("catalog", "product_types.jsonl"), ("catalog", "intents.jsonl"))


@dataclass(frozen=True)
class GraphStage:
    """One shard: soundness is a property of the whole graph."""

    options: CheckOptions
    name: str = "graph"
    waits: bool = False

    def plan(self, before: Artefacts) -> list[Shard]:
        """See :class:`Stage`."""
        options = self.options.model_dump(mode="json")
        key = digest(self.name, _VERSION, options, [before.sha256(*name) for name in _INPUTS])
        return [Shard(self.name, 0, key, payload=[before.files(*name) for name in _INPUTS])]

    def __call__(self, shard: Shard, out: Path, progress: Progress | None = None) -> Outcome:
        """See :class:`Stage`."""
        edges, types, intents = shard.payload
        check = check_types(
            list(records(edges, Edge)),
            list(records(types, ProductType)),
            list(records(intents, Intent)),
            self.options,
        )
        write_check(check, out)
        if progress:
            progress(shard.size)
        return Outcome(check.counts, {"shape": asdict(check.shape), "warnings": len(check.warnings)})
