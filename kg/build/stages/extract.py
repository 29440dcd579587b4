"""extract: intents and product types -> statements, by asking the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from extractors.concepts import Alias, Concept, concept_key, share
from extractors.extract import CODE_VERSION, Extractor
from extractors.llm.session import Askers
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
    askers: Askers
    name: str = "extract"
    waits: bool = True

    def plan(self, before: Artefacts) -> list[Shard]:
        """See :class:`Stage`. Subjects that are equal, or near enough, are asked about in the words of the first."""
        intents = list(records(before.files("catalog", "intents.jsonl"), Intent))
        types = list(records(before.files("catalog", "product_types.jsonl"), ProductType))
        shards: list[Shard] = []
        for relation in self.options.relations:
            prompt = load_prompt(relation)
            subjects = subjects_of(SPECS[relation], prompt, intents, types, self.options)
            subjects, aliases = self._shared(subjects)
            for start in range(0, len(subjects), self.options.shard_subjects):
                chunk = subjects[start : start + self.options.shard_subjects]
                known = [aliases[_name(subject)] for subject in chunk if _name(subject) in aliases]
                shards.append(self._shard(relation, prompt.hash, (chunk, known), len(shards)))
        return shards

    def __call__(self, shard: Shard, out: Path, progress: Progress | None = None) -> Outcome:
        """See :class:`Stage`."""
        relation, (subjects, aliases) = shard.payload
        done = Extractor(load_prompt(relation), self.askers, self.options, progress).extract(subjects)
        write_jsonl(out / "statements.jsonl", done.statements)
        write_jsonl(out / "drops.jsonl", done.drops)
        write_jsonl(out / "failures.jsonl", done.failures)
        write_jsonl(out / "aliases.jsonl", aliases)
        details: dict[str, Any] = {
            "subjects": len(subjects),
            "failed_questions": len(done.failures),
            "shared": len(aliases),
        }
        details |= {"tokens": done.tokens}
        return Outcome(done.counts, details, complete=not done.failures)

    def _shared(self, subjects: Sequence[Subject]) -> tuple[list[Subject], dict[str, Alias]]:
        """Return the subjects in the words they are asked about, and whose words those are where not their own."""
        concepts = [Concept(_name(s), s.text, f"{s.kind}:{s.where}") for s in subjects]
        aliases = share(concepts, self.options.share_above)
        texts = {_name(subject): subject.text for subject in subjects}
        asked = [texts[aliases[_name(s)].asked_as_id] if _name(s) in aliases else s.text for s in subjects]
        # The words of an earlier build are kept where only their spelling has changed: its answers hold.
        names = [(concept.scope, concept_key(text), text) for concept, text in zip(concepts, asked, strict=True)]
        kept = self.askers.propose.cache.spellings(names)
        return [replace(s, text=text) for s, text in zip(subjects, kept, strict=True)], aliases

    def _shard(
        self, relation: Relation, prompt_hash: str, payload: tuple[list[Subject], list[Alias]], number: int
    ) -> Shard:
        options = self.options
        settings = (
            [
                (asker.model, asker.temperature)
                for asker in (self.askers.propose, self.askers.verify, self.askers.explain)
            ],
            (options.explain_from, options.samples, options.agreed_from(), options.sample_temperature),
            options.concepts_per_prompt,
        )
        key = digest(self.name, CODE_VERSION, relation, prompt_hash, settings, *payload)
        return Shard(self.name, number, key, payload=(relation, payload), size=len(payload[0]))


def _name(subject: Subject) -> str:
    """Return what tells a subject from all others: an intent and a type may have the same id."""
    return f"{subject.kind}:{subject.id}"
