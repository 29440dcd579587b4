"""curate: statements and links -> verdicts, type-level edges, a review queue."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from extractors.options import ExtractionOptions
from extractors.prompts import example_texts, load_prompt
from kg.build.settings import Workspace
from kg.build.shards import Outcome, Progress, Shard
from kg.build.stages.base import Artefacts, records
from kg.build.stages.link import LinkedStatement
from kg.curation.curate import CurationContext, curate
from kg.curation.decisions import read_decisions
from kg.curation.review import review_queue, write_review
from kg.curation.rules import rules_version
from kg.errors import InputError
from kg.model import Decision, Intent, ProductType, Statement, TypeSupport
from kg.records import digest, file_digest, write_jsonl

__all__ = ["CurateStage"]

_INPUTS = (
    ("extract", "statements.jsonl"),
    ("link", "links.jsonl"),
    ("catalog", "product_types.jsonl"),
    ("catalog", "intents.jsonl"),
    ("catalog", "type_support.jsonl"),
)


@dataclass(frozen=True)
class CurateStage:
    """One shard: a pair can be both complement and substitute only when both are looked at together."""

    workspace: Workspace
    name: str = "curate"
    waits: bool = False

    def plan(self, before: Artefacts) -> list[Shard]:
        """See :class:`Stage`."""
        options = self.workspace.settings.curation.model_dump(mode="json")
        inputs = [before.sha256(*name) for name in _INPUTS]
        decisions = None if (path := self._decisions_file()) is None else file_digest(path)
        key = digest(self.name, rules_version(), options, decisions, self._examples(), inputs)
        return [Shard(self.name, 0, key, payload=[before.files(*name) for name in _INPUTS])]

    def __call__(self, shard: Shard, out: Path, progress: Progress | None = None) -> Outcome:
        """See :class:`Stage`."""
        statements, links, types, intents, support = shard.payload
        context = CurationContext(
            types=list(records(types, ProductType)),
            intents=list(records(intents, Intent)),
            support=list(records(support, TypeSupport)),
            decisions=self._decisions(),
            options=self.workspace.settings.curation,
            examples=self._examples(),
        )
        linked = {line.statement_id: line.link for line in records(links, LinkedStatement)}
        result = curate(records(statements, Statement), linked, context, progress)
        for name, lines in (
            ("verdicts", result.verdicts),
            ("edges", result.edges),
            ("failures", result.failures),
            ("warnings", result.warnings),
        ):
            write_jsonl(out / f"{name}.jsonl", lines)
        write_review(out / "review.csv", review_queue(result))
        return Outcome(result.counts, {"edges": len(result.edges), "warnings": len(result.warnings)})

    def _examples(self) -> list[str]:
        extraction: ExtractionOptions = self.workspace.settings.extraction
        return [text for relation in extraction.relations for text in example_texts(load_prompt(relation))]

    def _decisions_file(self) -> Path | None:
        """Return the decisions file. One that is configured must exist: people's work is never lost silently."""
        name = self.workspace.settings.curation.decisions
        if not name:
            return None
        path = self.workspace.path(name)
        if not path.is_file():
            raise InputError(
                "the decisions file is missing",
                file=str(path),
                remedy="restore it, or set curation.decisions to nothing if there are no decisions",
            )
        return path

    def _decisions(self) -> list[Decision]:
        path = self._decisions_file()
        return [] if path is None else read_decisions(path)
