"""A fixed set of questions, so that models are compared on the same ones: the first subjects of each relation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from extractors.llm.asker import Asker
from extractors.llm.questions import Question
from extractors.prompts import load_prompt
from extractors.specs import step_of
from extractors.subjects import Subject
from kg.build.shards import Outcome, Progress, Shard
from kg.build.stages.base import Artefacts
from kg.build.stages.extract import ExtractStage
from kg.model import Failure, NodeKind, Relation, Statement
from kg.records import digest

__all__ = ["FixedQuestions", "judge"]

_Name = tuple[Relation, NodeKind, str]


@dataclass(frozen=True)
class FixedQuestions:
    """The extract stage, about the first ``subjects`` of each relation by reach, in the words in which a build asks.

    Where a relation asks about intents and product types, they take turns: their reach cannot be compared. The options
    of ``stage`` must put all subjects of a relation into one shard.
    """

    stage: ExtractStage
    subjects: int
    name: str = "extract"
    waits: bool = True

    def plan(self, before: Artefacts) -> list[Shard]:
        """See :class:`Stage`."""
        shards: list[Shard] = []
        for shard in self.stage.plan(before):
            relation, (subjects, aliases) = shard.payload
            chosen = _first(subjects, self.subjects)
            key = digest(shard.key, self.subjects)
            shards.append(replace(shard, key=key, payload=(relation, (chosen, aliases)), size=len(chosen)))
        return shards

    def __call__(self, shard: Shard, out: Path, progress: Progress | None = None) -> Outcome:
        """See :class:`Stage`."""
        return self.stage(shard, out, progress)

    def asked(self, before: Artefacts) -> dict[_Name, Subject]:
        """Return the subjects by relation, kind and id."""
        planned = (shard.payload for shard in self.plan(before))
        return {(relation, each.kind, each.id): each for relation, (chosen, _) in planned for each in chosen}


def judge(
    asker: Asker,
    statements: Sequence[Statement],
    subjects: dict[_Name, Subject],
    progress: Progress,
) -> dict[str, float]:
    """Return a model's probability of yes (0..1) on another's statements, by id; what it does not answer is left out.

    The question is that of the step ``plausible``, word for word.
    """
    questions: list[Question] = []
    for each in statements:
        prompt, step = load_prompt(each.relation), step_of(each.relation.lower(), "plausible")
        subject = subjects[each.relation, each.subject_kind, each.subject_id]
        questions.append(
            Question(
                item=f"{each.relation.value}: {each.subject} -> {each.mention} [{step.name}]",
                reply=step.reply,
                messages=prompt.messages(step.name, subject.text, mention=each.mention, where=subject.where),
                max_tokens=step.max_tokens,
                temperature=asker.temperature,
                frequency_penalty=step.frequency_penalty,
            )
        )
    answers = asker.ask_all(questions, progress)
    return {
        each.id: answer.yes
        for each, answer in zip(statements, answers, strict=True)
        if not isinstance(answer, Failure) and answer.yes is not None
    }


def _first(subjects: Sequence[Subject], count: int) -> list[Subject]:
    """Return the first subjects, those of different kinds in turn."""
    kinds: dict[NodeKind, list[Subject]] = {}
    for subject in subjects:
        kinds.setdefault(subject.kind, []).append(subject)
    return [each for turn in zip_longest(*kinds.values()) for each in turn if each is not None][:count]
