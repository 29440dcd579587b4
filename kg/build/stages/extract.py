"""extract: intents and product types -> statements, by asking the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from extractors.extract import CODE_VERSION, Extractor
from extractors.llm.asker import Asker
from extractors.options import ExtractionOptions
from extractors.prompts import load_prompt
from extractors.specs import SPECS
from extractors.subjects import Subject, subjects_of
from kg.build.shards import Outcome, Progress, Shard
from kg.build.stages.base import Artefacts, records
from kg.model import Intent, ProductType, Relation
from kg.records import digest, write_jsonl

__all__ = ["ExtractStage"]


@dataclass(frozen=True)
class ExtractStage:
    """Shards of up to ``shard_subjects`` subjects of one relation; the answer cache serves all of them."""

    options: ExtractionOptions
    asker: Asker
    name: str = "extract"
    waits: bool = True

    def plan(self, before: Artefacts) -> list[Shard]:
        """See :class:`Stage`."""
        intents = list(records(before.files("catalog", "intents.jsonl"), Intent))
        types = list(records(before.files("catalog", "product_types.jsonl"), ProductType))
        shards: list[Shard] = []
        for relation in self.options.relations:
            prompt = load_prompt(relation)
            subjects = subjects_of(SPECS[relation], prompt, intents, types, self.options)
            for start in range(0, len(subjects), self.options.shard_subjects):
                chunk = subjects[start : start + self.options.shard_subjects]
                shards.append(self._shard(relation, prompt.hash, chunk, len(shards)))
        return shards

    def __call__(self, shard: Shard, out: Path, progress: Progress | None = None) -> Outcome:
        """See :class:`Stage`."""
        relation, subjects = shard.payload
        done = Extractor(load_prompt(relation), self.asker, self.options.explain_from, progress).extract(subjects)
        write_jsonl(out / "statements.jsonl", done.statements)
        write_jsonl(out / "drops.jsonl", done.drops)
        write_jsonl(out / "failures.jsonl", done.failures)
        details = {"subjects": len(subjects), "failed_questions": len(done.failures)}
        return Outcome(done.counts, details, complete=not done.failures)

    def _shard(self, relation: Relation, prompt_hash: str, subjects: Sequence[Subject], number: int) -> Shard:
        settings = (self.asker.model, self.asker.temperature, self.options.explain_from)
        key = digest(self.name, CODE_VERSION, relation, prompt_hash, settings, list(subjects))
        return Shard(self.name, number, key, payload=(relation, list(subjects)), size=len(subjects))
